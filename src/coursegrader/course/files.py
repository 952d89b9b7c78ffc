"""What COURSE names must exist: reference functions, hidden checks, cells of the source, data files."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.model import Assignment, Course
from coursegrader.course.source_cells import NamedCell, named_cells
from coursegrader.course.version import tracked_files


def note_missing_files(course: Course, assignments: list[Assignment], mistakes: Mistakes) -> None:
    """Note what is missing or left over for these assignments.

    Args:
        course: the course.
        assignments: those to look at.
        mistakes: receives what is wrong.
    """
    defined = _reference_names(course.root, mistakes) if assignments else {}
    for assignment in assignments:
        _note_reference(assignment, defined, mistakes)
        _note_checks(course, assignment, mistakes)
        _note_source(course, assignment, mistakes)
        for name in assignment.files:
            if not (course.root / name).is_file():
                mistakes.add(f"assignment {assignment.id}, files", f'there is no file "{name}"; make or rename it')


def _reference_names(root: Path, mistakes: Mistakes) -> dict[str, str]:
    """Top-level functions and classes of reference/ and the file that defines each."""
    names: dict[str, str] = {}
    for path in tracked_files(root / "reference"):
        if path.suffix != ".py":
            continue
        place = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            mistakes.add(place, f"line {error.lineno}: {error.msg}")
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names[node.name] = place
    return names


def _note_reference(assignment: Assignment, defined: dict[str, str], mistakes: Mistakes) -> None:
    for exercise in assignment.exercises:
        if not exercise.manual and exercise.id not in defined:
            where = f"assignment {assignment.id}, exercise {exercise.id}"
            public = [name for name in defined if not name.startswith("_")]
            text = "reference/ defines no such function or class; write it or rename the exercise."
            mistakes.add(where, f"{text} {did_you_mean(exercise.id, public)}")


def _note_checks(course: Course, assignment: Assignment, mistakes: Mistakes) -> None:
    folder = course.checks_dir(assignment.id)
    place = folder.relative_to(course.root).as_posix()
    wanted = {exercise.id for exercise in assignment.exercises if not exercise.manual}
    found = {path.stem.removeprefix("test_") for path in folder.glob("test_*.py")}
    for name in sorted(wanted - found):
        mistakes.add(f"assignment {assignment.id}, exercise {name}", f"no hidden checks; write {place}/test_{name}.py")
    for name in sorted(found - wanted):
        meant = did_you_mean(name, sorted(wanted - found) or sorted(wanted))
        mistakes.add(f"{place}/test_{name}.py", f'"{name}" is no exercise that checks can grade. {meant}')


def _note_source(course: Course, assignment: Assignment, mistakes: Mistakes) -> None:
    path = course.source_text(assignment.id)
    place = path.relative_to(course.root).as_posix()
    if not path.is_file():
        mistakes.add(f"assignment {assignment.id}", f"its text is missing; write {place}")
        return
    cells = list(named_cells(path.read_text(encoding="utf-8")))
    known = [exercise.id for exercise in assignment.exercises]
    for cell in cells:
        if cell.exercise not in known:
            meant = did_you_mean(cell.exercise, known)
            mistakes.add(f"{place}, line {cell.line}", f'"{cell.exercise}" is no exercise of {assignment.id}. {meant}')
    for exercise in assignment.exercises:
        for role in ["manual"] if exercise.manual else ["exercise", "check"]:
            _note_count(place, cells, role, exercise.id, mistakes)


def _note_count(place: str, cells: list[NamedCell], role: str, name: str, mistakes: Mistakes) -> None:
    count = Counter((cell.role, cell.exercise) for cell in cells)[role, name]
    if count == 0:
        write = f'+++ {{"manual": "{name}"}}' if role == "manual" else f"a code cell with :{role}: {name}"
        mistakes.add(place, f"no {role} cell for {name}; write {write}")
    elif count > 1:
        lines = ", ".join(str(cell.line) for cell in cells if (cell.role, cell.exercise) == (role, name))
        mistakes.add(place, f"{count} {role} cells for {name} (lines {lines}); keep one")
