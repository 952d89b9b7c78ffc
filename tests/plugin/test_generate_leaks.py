"""nbgrader's own ways of making a release look for leaks, too: its command and formgrader's Generate button."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from tests.pipeline.small_course import NAME, Class

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's, of SQLAlchemy

LINE = "        self.count  +=  number"


def generate(klass: Class) -> dict[str, Any]:
    """What formgrader's button does."""
    config = klass.course.nbgrader
    coursedir = CourseDirectory(config=config, root=str(klass.root), course_id="petit", db_url=klass.course.db_url)
    done: dict[str, Any] = NbGraderAPI(coursedir, config=config).generate_assignment(NAME, force=True)
    return done


def plant(klass: Class, name: str = f"{NAME}.ipynb") -> str:
    """Show a solution's line in the source notebook, as a teacher does who edits it in JupyterLab; the cell's id."""
    path = klass.root / "source" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"].insert(
        0, {"cell_type": "markdown", "id": "indice", "metadata": {}, "source": ["Un indice :\n", LINE]}
    )
    (path.parent / name).write_text(json.dumps(notebook))
    return "indice"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_command_names_the_line_and_releases_nothing(klass: Class) -> None:
    where = f"{NAME}.ipynb, cell 1 ({plant(klass)}), line 2: solution of Tally (reference/sums.py, line"
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--force"]
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    done = subprocess.run(command, cwd=klass.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert where in done.stderr, done.stderr
    assert not (klass.root / "release" / NAME).exists()


def test_the_button_names_the_line_and_releases_nothing(klass: Class) -> None:
    where = f"{NAME}.ipynb, cell 1 ({plant(klass)}), line 2: solution of Tally"
    done = generate(klass)
    assert not done["success"]
    assert where in done["error"] + done["log"]
    assert not (klass.root / "release" / NAME).exists()


def test_a_file_or_another_notebook_beside_it_counts_too(klass: Class) -> None:
    plant(klass, "annexe.ipynb")
    done = generate(klass)
    assert not done["success"]
    assert "annexe.ipynb, cell 1 (indice), line 2: solution of Tally" in done["error"] + done["log"]
    (klass.root / "source" / NAME / "annexe.ipynb").unlink()
    (klass.root / "source" / NAME / "aide.txt").write_text(f"Un indice :\n\n{LINE}\n")
    done = generate(klass)
    assert not done["success"]
    assert "aide.txt, line 3: solution of Tally" in done["error"] + done["log"]
    assert not (klass.root / "release" / NAME).exists()


def test_a_release_without_leaks_is_the_one_that_build_makes(klass: Class) -> None:
    built = files(klass.root / "release" / NAME)
    done = generate(klass)
    assert done["success"], done
    assert files(klass.root / "release" / NAME) == built
