"""Which cells of a notebook are not those that submissions were made from: nbgrader refuses them and does not say which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coursegrader.course import Assignment, Course

SHOWN = 5  # cells of a kind that are named
CHARS = 50  # of a cell that are shown


def cells_that_differ(course: Course, assignment: Assignment, notebook: Path, db_url: str) -> list[str]:
    """Lines that name the cells which are new, gone, or of another kind (graded, to fill in, given) than in the gradebook.

    Args:
        notebook: with solutions, as nbgrader was given it.
        db_url: nbgrader's database.
    """
    import nbformat

    now = _cells_now(nbformat.read(notebook, as_version=4))
    before = _cells_before(course, assignment, db_url)
    kinds = {
        "new": [name for name in now if name not in before],
        "gone": [name for name in before if name not in now],
        "graded or filled in otherwise": [name for name in now if name in before and now[name][0] != before[name][0]],
    }
    return [line for what, names in kinds.items() if names for line in _lines(what, names, {**before, **now})]


def _lines(what: str, names: list[str], cells: dict[str, tuple[frozenset[str], str]]) -> list[str]:
    shown = [f"{what}: {name} ({_beginning(cells[name][1])})" for name in names[:SHOWN]]
    return [*shown, f"{what}: {len(names) - SHOWN} more"] if len(names) > SHOWN else shown


def _beginning(source: str) -> str:
    first = next((line.strip() for line in source.splitlines() if line.strip()), "empty")
    return first if len(first) <= CHARS else f"{first[: CHARS - 1]}…"


def _cells_now(notebook: Any) -> dict[str, tuple[frozenset[str], str]]:
    """Id of each of nbgrader's cells -> what it is, and its source."""
    found = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        kind = frozenset(name for name in ("grade", "solution", "task") if marks.get(name))
        if kind or marks.get("locked"):
            found[str(marks["grade_id"])] = (kind, str(cell.source))
    return found


def _cells_before(course: Course, assignment: Assignment, db_url: str) -> dict[str, tuple[frozenset[str], str]]:
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(db_url, course.id) as book:
        try:
            notebook = book.find_notebook(assignment.id, assignment.id)
        except MissingEntry:
            return {}
        names = {
            "grade": {cell.name for cell in notebook.grade_cells},
            "solution": {cell.name for cell in notebook.solution_cells},
            "task": {cell.name for cell in notebook.task_cells},
        }
        return {
            str(cell.name): (frozenset(kind for kind, those in names.items() if cell.name in those), str(cell.source))
            for cell in notebook.source_cells
        }
