"""An ordinary nbgrader assignment behind the same engine: its own tests, in the sandbox, scored as nbgrader defines it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from tests.pipeline.small_course import Class

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's, of SQLAlchemy

CLASSIC = "90-classique"


def cell(kind: str, source: str, grade_id: str | None = None, **fields: Any) -> Any:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    if grade_id is not None:
        flags = {"solution": False, "grade": False, "locked": True, "task": False, "schema_version": 3}
        made.metadata["nbgrader"] = {**flags, "grade_id": grade_id, "cell_type": kind, **fields}
    return made


def source() -> Any:
    return nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            cell("code", "data = open('data.txt').read()"),
            cell(
                "code",
                "def square(x):\n    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION",
                "square",
                solution=True,
                locked=False,
            ),
            cell(
                "code",
                "assert square(2) == 4\n### BEGIN HIDDEN TESTS\nassert square(-3) == 9\n### END HIDDEN TESTS",
                "test-square",
                grade=True,
                points=3,
            ),
            cell("code", "0.5 if data == 'abc' else 0", "partial", grade=True, points=1),
            cell("markdown", "Pourquoi ?", "why", grade=True, solution=True, locked=False, points=2),
        ],
    )


ANSWERS = {
    "right": "def square(x):\n    return x * x",
    "visible-only": "def square(x):\n    return 4",
    "warns": "import sys, warnings\ndef square(x):\n    warnings.warn('oh')\n    print('ah', file=sys.stderr)\n    return x * x",
    "leaves": "import os\nos._exit(1)",
    "raises": "1 / 0",
    "writes": "open('left.txt', 'w').write('x')\nopen('data.txt', 'w').write('hacked')\ndef square(x):\n    return x * x",
}


@pytest.fixture(scope="module")
def graded(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, dict[str, Any]]:
    klass = Class.copied(built_course, tmp_path_factory.mktemp("classic") / "course")
    folder = klass.root / "source" / CLASSIC
    folder.mkdir()
    nbformat.write(source(), folder / f"{CLASSIC}.ipynb")
    (folder / "data.txt").write_text("abc")
    config = klass.course.nbgrader
    coursedir = CourseDirectory(config=config, root=str(klass.root), course_id="petit", db_url=klass.course.db_url)
    api = NbGraderAPI(coursedir, config=config)
    made = api.generate_assignment(CLASSIC)
    assert made["success"], made
    release = json.loads((klass.root / "release" / CLASSIC / f"{CLASSIC}.ipynb").read_text())
    results = {}
    for student, answer in ANSWERS.items():
        notebook = copy.deepcopy(release)
        notebook["cells"][1]["source"] = answer
        target = klass.root / "submitted" / student / CLASSIC
        target.mkdir(parents=True)
        (target / f"{CLASSIC}.ipynb").write_text(json.dumps(notebook))
        (target / "data.txt").write_text("abc")
        results[student] = api.autograde(CLASSIC, student)
    return klass, results


def test_every_student_is_graded(graded: tuple[Class, dict[str, Any]]) -> None:
    assert {student: done["success"] for student, done in graded[1].items()} == dict.fromkeys(ANSWERS, True), graded[1]


@pytest.mark.parametrize(
    ("student", "points"),
    [("right", 3.0), ("visible-only", 0.0), ("warns", 3.0), ("leaves", 0.0), ("raises", 0.0), ("writes", 3.0)],
)
def test_points_are_nbgrader_s_and_a_warning_costs_nothing(
    student: str, points: float, graded: tuple[Class, dict[str, Any]]
) -> None:
    rows = graded[0].rows(student)
    assert rows["test-square"] == (points, None, None, 0)
    assert rows["partial"] == (0.5, None, None, 0)
    assert rows["why"][0] in (0.0, None)


def test_outputs_and_files_come_back_and_nothing_is_overwritten(graded: tuple[Class, dict[str, Any]]) -> None:
    folder = graded[0].root / "autograded"
    notebook = json.loads((folder / "warns" / CLASSIC / f"{CLASSIC}.ipynb").read_text())
    outputs = json.dumps(notebook["cells"][2]["outputs"])
    assert "ah" in outputs
    assert "stderr" in outputs
    raised = json.loads((folder / "leaves" / CLASSIC / f"{CLASSIC}.ipynb").read_text())
    assert raised["cells"][1]["outputs"][-1]["ename"] == "DeadKernelError"
    assert (folder / "writes" / CLASSIC / "left.txt").read_text() == "x"
    assert (folder / "writes" / CLASSIC / "data.txt").read_text() == "abc"


def test_a_hidden_test_that_nbgrader_put_back_was_run(graded: tuple[Class, dict[str, Any]]) -> None:
    notebook = (graded[0].root / "autograded" / "visible-only" / CLASSIC / f"{CLASSIC}.ipynb").read_text()
    assert "square(-3) == 9" in notebook
    assert "AssertionError" in notebook
