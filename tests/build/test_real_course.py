"""The course itself: its release can be built, gives nothing away, is committed as built, and its solutions run."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from coursegrader.build import build_release, build_source, find_leaks, release_differences
from coursegrader.course import Assignment, Course, load_course

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted(path.parent.name for path in (ROOT / "source").glob("*/*.md"))

pytestmark = pytest.mark.skipif(not TEXTS, reason="no assignment has a text yet")


@pytest.fixture(scope="module", params=TEXTS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Assignment, Path]:
    """An assignment and its release, built elsewhere."""
    course = load_course(ROOT, only=[request.param])
    out = tmp_path_factory.mktemp("real")
    folder = build_release(course, request.param, db_url=f"sqlite:///{out / 'gradebook.db'}", out=out)
    return course, course.assignment(request.param), folder


def test_every_exercise_is_left_to_the_student(built: tuple[Course, Assignment, Path]) -> None:
    course, assignment, folder = built
    notebook = nbformat.read(folder / f"{assignment.id}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    stub = course.nbgrader.ClearSolutions.code_stub["python"].splitlines()[-1]
    for exercise in assignment.exercises:
        if not exercise.manual:
            source = cells[exercise.solution_cell].source
            assert source.rstrip().endswith(stub)
            assert f" {exercise.id}(" in source
            assert '"""' in source
        assert cells[exercise.id].metadata.nbgrader.points == exercise.points


def test_nothing_is_given_away(built: tuple[Course, Assignment, Path]) -> None:
    assert find_leaks(*built) == []


def test_a_solution_put_back_is_given_away(built: tuple[Course, Assignment, Path]) -> None:
    course, assignment, folder = built
    nbformat.write(build_source(course, assignment), folder / "solutions.ipynb")
    found = {leak.what.split(" (")[0] for leak in find_leaks(course, assignment, folder)}
    (folder / "solutions.ipynb").unlink()
    for exercise in assignment.exercises:
        if not exercise.manual:
            assert f"solution of {exercise.id}" in found or f"whole solution of {exercise.id}" in found


def test_the_committed_release_is_current(built: tuple[Course, Assignment, Path]) -> None:
    course, assignment, folder = built
    assert release_differences(course, assignment, folder) == (), f"run: coursegrader build {assignment.id}"


def test_the_solutions_run_from_top_to_bottom(
    built: tuple[Course, Assignment, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    course, assignment, folder = built
    if assignment.written:
        assert all(cell.cell_type == "markdown" for cell in build_source(course, assignment).cells)
        return  # nothing to run
    monkeypatch.setenv(
        "OMP_NUM_THREADS", "1"
    )  # as when it is graded; two threads beside other tests wait for each other
    client = NotebookClient(build_source(course, assignment), timeout=120, kernel_name="python3")
    client.execute(cwd=str(folder))
