"""Releases made by nbgrader itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursegrader.build import build_release, release_differences, release_is_current
from coursegrader.build import release as release_module
from coursegrader.course import Course, load_course
from coursegrader.errors import CourseFault, MachineFault
from tests.build.tiny import course_data, edit, write_config, write_course

TEXT = "source/01-mini/01-mini.md"


@pytest.fixture(scope="module")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty gradebook: nbgrader takes a second to make one, so that most tests copy it."""
    path = tmp_path_factory.mktemp("db") / "gradebook.db"
    build_release(load_course(write_course(path.parent / "course")), "01-mini", db_url=f"sqlite:///{path}")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{path}") as book:
        book.remove_assignment("01-mini")
    return path.read_bytes()


@pytest.fixture(autouse=True)
def gradebook_in_place(root: Path, empty_gradebook: bytes) -> None:
    (root / "gradebook.db").write_bytes(empty_gradebook)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def released(folder: Path) -> dict[str, Any]:
    notebook = nbformat.read(folder / "01-mini.ipynb", as_version=4)
    return {cell.id: cell for cell in notebook.cells}


def gradebook(course: Course) -> Any:
    from nbgrader.api import Gradebook

    return Gradebook(course.db_url)


def test_students_get_stubs_and_specifications(load: Callable[[], Course]) -> None:
    folder = build_release(load(), "01-mini")
    cells = released(folder)
    source = cells["scale_all-solution"].source
    assert source.startswith("def scale_all(values: list[float], factor: float = 2.0) -> list[float]:\n")
    assert ">>> scale_all([1.0, 3.0])" in source
    assert source.endswith("    # VOTRE CODE ICI\n    raise NotImplementedError('À compléter.')")
    assert cells["Scaler-solution"].source.count("raise NotImplementedError") == 3
    assert cells["explain"].source == "VOTRE RÉPONSE ICI"
    assert cells["after-explain-1"].source == "# À vous."
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells.values())


def test_given_and_graded_cells_are_locked(load: Callable[[], Course]) -> None:
    cells = released(build_release(load(), "01-mini"))
    for name in ("start-1", "start-2", "scale_all", "Scaler"):
        assert (cells[name].metadata.editable, cells[name].metadata.deletable) == (False, False)
    assert cells["scale_all-solution"].metadata.deletable is False
    assert "editable" not in cells["scale_all-solution"].metadata
    assert "nbgrader" not in cells["after-explain-1"].metadata


def test_a_release_is_self_contained(root: Path, load: Callable[[], Course]) -> None:
    folder = build_release(load(), "01-mini")
    assert folder == root / "release/01-mini"
    assert set(snapshot(folder)) == {"01-mini.ipynb", "mots.txt", "selfcheck.py", "figures/regle.svg"}
    assert (folder / "selfcheck.py").read_bytes() == release_module.helper_path().read_bytes()
    kernel = nbformat.read(folder / "01-mini.ipynb", as_version=4).metadata.kernelspec
    assert (kernel.name, kernel.language) == ("python3", "python")


def test_a_helper_goes_with_the_notebook_that_imports_it(root: Path, load: Callable[[], Course]) -> None:
    edit(root / TEXT, "import selfcheck\n", "import keycheck\nimport selfcheck\n")
    folder = build_release(load(), "01-mini")
    assert (folder / "keycheck.py").read_bytes() == release_module.helper_path("keycheck.py").read_bytes()


def test_nbgrader_knows_the_assignment(load: Callable[[], Course]) -> None:
    course = load()
    build_release(course, "01-mini")
    with gradebook(course) as book:
        notebook = book.find_notebook("01-mini", "01-mini")
        assert {cell.name: cell.max_score for cell in notebook.grade_cells} == {
            "scale_all": 2.0,
            "Scaler": 3.5,
            "explain": 1.0,
        }
        assert {cell.name for cell in notebook.solution_cells} == {"scale_all-solution", "Scaler-solution", "explain"}
        assert book.find_assignment("01-mini").max_score == 6.5


def test_a_database_of_ones_own(tmp_path: Path, root: Path, load: Callable[[], Course], empty_gradebook: bytes) -> None:
    build_release(load(), "01-mini", db_url=f"sqlite:///{tmp_path / 'other.db'}", out=tmp_path / "out")
    assert (tmp_path / "other.db").is_file()
    assert (tmp_path / "out/release/01-mini/01-mini.ipynb").is_file()
    assert (root / "gradebook.db").read_bytes() == empty_gradebook
    assert not (root / "release").exists()


def test_the_same_course_gives_the_same_bytes(tmp_path: Path, load: Callable[[], Course]) -> None:
    course = load()
    other = load_course(write_course(tmp_path / "elsewhere"))
    first, again, elsewhere = (snapshot(build_release(c, "01-mini")) for c in (course, course, other))
    assert first == again == elsewhere


def test_nbgraders_own_command_makes_the_same_release(root: Path, load: Callable[[], Course]) -> None:
    ours = snapshot(build_release(load(), "01-mini"))
    shutil.rmtree(root / "release")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "01-mini"]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env={**os.environ, "PATH": path})
    assert snapshot(root / "release/01-mini") == ours


def test_a_stale_release_is_noticed(root: Path, load: Callable[[], Course]) -> None:
    everything = {"01-mini.ipynb", "mots.txt", "selfcheck.py", "figures/regle.svg"}
    assert set(release_differences(load(), "01-mini")) == everything, "nothing was released yet"
    assert not (root / "release").exists(), "checking writes nothing"
    build_release(load(), "01-mini")
    assert release_is_current(load(), "01-mini")

    edit(root / TEXT, "Et maintenant un objet.", "Et voici un objet.")
    assert release_differences(load(), "01-mini") == ("01-mini.ipynb",)
    build_release(load(), "01-mini")
    database = (root / "gradebook.db").read_bytes()
    (root / "data/mots.txt").write_text("quatre\n")
    (root / "release/01-mini/old.txt").write_text("left over")
    assert release_differences(load(), "01-mini") == ("mots.txt", "old.txt")
    assert (root / "gradebook.db").read_bytes() == database, "checking records nothing"
    build_release(load(), "01-mini")
    assert release_is_current(load(), "01-mini")


def test_a_hidden_check_alone_leaves_the_release_current(root: Path, load: Callable[[], Course]) -> None:
    build_release(load(), "01-mini")
    edit(root / "grading_tests/01-mini/test_scale_all.py", "-1.5", "-2.5")
    assert release_is_current(load(), "01-mini")


def test_a_build_that_fails_leaves_the_last_release_and_the_gradebook(root: Path, load: Callable[[], Course]) -> None:
    before = snapshot(build_release(load(), "01-mini"))
    database = (root / "gradebook.db").read_bytes()
    edit(root / TEXT, "Et maintenant un objet.", "Comparez avec test_scale_negative_numbers.")
    with pytest.raises(CourseFault, match="name of a hidden check"):
        build_release(load(), "01-mini")
    assert snapshot(root / "release/01-mini") == before
    assert (root / "gradebook.db").read_bytes() == database


def collect_submission(course: Course) -> None:
    with gradebook(course) as book:
        book.add_student("alice")
        book.add_submission("01-mini", "alice")


def test_texts_may_change_after_submissions_and_cells_may_not(root: Path, load: Callable[[], Course]) -> None:
    course = load()
    before = snapshot(build_release(course, "01-mini"))
    collect_submission(course)
    edit(root / TEXT, "Et maintenant un objet.", "Et voici un objet.")
    changed = snapshot(build_release(load(), "01-mini"))
    assert changed != before

    edit(root / TEXT, "Et voici un objet.", "Et voici un objet.\n\n+++\n\nEncore une cellule.")
    with pytest.raises(CourseFault, match="has submissions already") as caught:
        build_release(load(), "01-mini")
    said = str(caught.value)
    assert re.search(r"\n  - new: \S+ \(Encore une cellule\.\)\nPut them back in source/01-mini/01-mini\.md;", said), (
        said
    )
    assert snapshot(root / "release/01-mini") == changed


def test_a_missing_image_is_named(root: Path, load: Callable[[], Course]) -> None:
    edit(root / TEXT, "figures/regle.svg", "figures/absente.svg")
    with pytest.raises(CourseFault, match=r'start-3: the image "figures/absente.svg" is not released'):
        build_release(load(), "01-mini")


def test_a_stub_that_strips_nothing_is_noticed(root: Path, load: Callable[[], Course]) -> None:
    traits = (root / "course_config.py").read_text().split("\n", 1)[1]
    write_config(root, course_data(), traits + "c.ClearSolutions.enabled = False\n")
    with pytest.raises(CourseFault, match="nothing to fill in"):
        build_release(load(), "01-mini")


def test_points_that_nbgrader_changed_are_noticed(root: Path, load: Callable[[], Course]) -> None:
    from coursegrader.build import build_source
    from coursegrader.build.validate import check_release

    course = load()
    folder = build_release(course, "01-mini")
    edit(folder / "01-mini.ipynb", '"points": 3.5', '"points": 4.5')
    names = set(snapshot(folder))
    with pytest.raises(CourseFault, match="COURSE says"):
        check_release(course.assignments[0], folder, build_source(course, "01-mini"), names, "")


def test_a_solution_marker_in_a_given_cell_is_nbgraders_error(root: Path, load: Callable[[], Course]) -> None:
    edit(root / TEXT, "import math\n", "import math\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n")
    with pytest.raises(CourseFault, match="non-solution cell"):
        build_release(load(), "01-mini")


def test_a_missing_helper_is_the_installations_fault(
    load: Callable[[], Course], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(release_module, "helper_path", lambda name: tmp_path / name)
    with pytest.raises(MachineFault, match=r"selfcheck\.py"):
        build_release(load(), "01-mini")


def test_a_database_that_cannot_be_opened_is_the_machines_fault(root: Path, load: Callable[[], Course]) -> None:
    with pytest.raises(MachineFault, match="database"):
        build_release(load(), "01-mini", db_url=f"sqlite:///{root / 'no' / 'such' / 'folder.db'}")
    assert not (root / "release").exists()
