"""The instructor's notebook: the text with the reference solutions spliced in and nbgrader's metadata on every cell."""

from __future__ import annotations

import ast
from typing import Any

from coursegrader.build.free_names import defined_names, needed_names, plain_python
from coursegrader.build.read import SourceCell, imported_names, read_source
from coursegrader.build.splice import Splice, splice, whole
from coursegrader.course import Assignment, Course, check_files
from coursegrader.course.mistakes import Mistakes
from coursegrader.errors import CourseFault

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}


def build_source(course: Course, assignment: Assignment | str) -> Any:
    """Make the notebook with solutions.

    Cells get these nbgrader ids: `<exercise>-solution` for what the student writes, `<exercise>` for what is graded,
    and for locked cells the id of the named cell before them and a number, so that an edited sentence keeps every id
    and a new cell changes none beyond its own section.

    Args:
        course: the course.
        assignment: the assignment or its id.

    Returns:
        A `nbformat.NotebookNode`, the same one for the same files.

    Raises:
        CourseFault: with every mistake of the text and of the reference functions it names.

    Example:
        >>> notebook = build_source(course, "01-compter-generer")       # doctest: +SKIP
        >>> notebook.cells[2].metadata.nbgrader.grade_id                # doctest: +SKIP
        'start-3'
    """
    import nbformat

    chosen = course.assignment(assignment) if isinstance(assignment, str) else assignment
    check_files(course, [chosen.id])
    mistakes = Mistakes()
    cells = [cell for cell in read_source(course, chosen, mistakes) if cell.role != "solution-only"]
    place = course.source_text(chosen.id).relative_to(course.root).as_posix()
    codes = [_code(course, cell, place, mistakes) for cell in cells]
    _note_given_away(course, chosen, cells, place, mistakes)
    _note_order(cells, place, mistakes)
    _note_unknown_names(cells, codes, place, mistakes)
    if mistakes.items:
        raise CourseFault.collected(f"{chosen.id} cannot be built:", mistakes.items)
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    notebook.nbformat_minor = 5
    anchor, count = "", 0
    for cell, code in zip(cells, codes, strict=True):
        if cell.role in {"exercise", "check", "manual"}:
            exercise = chosen.exercise(str(cell.exercise))
            name = exercise.id if cell.role == "check" else exercise.solution_cell
            anchor, count = name, 0
            points: float | None = None if cell.role == "exercise" else exercise.points
        else:
            count += 1
            name, points = (f"after-{anchor}-{count}" if anchor else f"start-{count}"), None
        notebook.cells.append(_cell(cell, code, name, points))
    return notebook


def exercise_splices(course: Course, cell: SourceCell) -> list[Splice]:
    """The reference definitions that an exercise cell imports, in the order of the import.

    Raises:
        CourseFault: the cell is no such import, or the reference is not as it should be.
    """
    source, place, names = _imported(course, cell)
    if cell.exercise not in names:
        raise CourseFault(f"the cell of {cell.exercise} imports {', '.join(names)}; import {cell.exercise}")
    return [splice(source, name, place) for name in names]


def _imported(course: Course, cell: SourceCell) -> tuple[str, str, list[str]]:
    """Text and place of the module of the reference that a cell imports from, and the names."""
    imported = imported_names(cell.source)
    if imported is None:
        raise CourseFault(f"write exactly: from reference.<module> import {cell.exercise or '<name>'}")
    module, names = imported
    path = course.root.joinpath(*module.split(".")).with_suffix(".py")
    place = path.relative_to(course.root).as_posix()
    if not path.is_file():
        raise CourseFault(f"there is no {place}")
    return path.read_text(encoding="utf-8"), place, names


def given_text(course: Course, cell: SourceCell) -> str:
    """What a given cell holds: the definitions it imports, whole.

    Raises:
        CourseFault: the cell is no such import, or the reference is not as it should be.
    """
    source, module, names = _imported(course, cell)
    return "\n\n\n".join(whole(source, name, module) for name in names)


def _code(course: Course, cell: SourceCell, place: str, mistakes: Mistakes) -> str:
    """What the notebook's cell holds; for an exercise, the solution, for a given cell the definitions it imports."""
    where = f"{place}, line {cell.line}"
    if cell.role in {"exercise", "given"}:
        try:
            if cell.role == "given":
                return given_text(course, cell)
            return "\n\n\n".join(part.text for part in exercise_splices(course, cell))
        except CourseFault as fault:
            mistakes.add(where, str(fault))
            return ""
    if cell.kind == "code":
        try:
            ast.parse(plain_python(cell.source))
        except SyntaxError as error:
            mistakes.add(where, f"line {error.lineno} of the cell: {error.msg}")
            return ""
    return cell.source


def _note_given_away(
    course: Course, assignment: Assignment, cells: list[SourceCell], place: str, mistakes: Mistakes
) -> None:
    """What is still to be solved, here or in a later assignment, is no cell to be shown in full."""
    later = course.assignments[course.assignments.index(assignment) :]
    home = {exercise.id: one.id for one in later for exercise in one.exercises}
    for cell in cells:
        imported = imported_names(cell.source) if cell.role == "given" else None
        for name in imported[1] if imported is not None else ():
            if name in home:
                text = f"this given cell shows the solution of {name}, an exercise of {home[name]}; leave it out"
                mistakes.add(f"{place}, line {cell.line}", text)


def _note_order(cells: list[SourceCell], place: str, mistakes: Mistakes) -> None:
    solved: set[str | None] = set()
    for cell in cells:
        if cell.role == "exercise":
            solved.add(cell.exercise)
        elif cell.role == "check" and cell.exercise not in solved:
            mistakes.add(
                f"{place}, line {cell.line}", f"the check of {cell.exercise} stands above its exercise; move it"
            )


def _note_unknown_names(cells: list[SourceCell], codes: list[str], place: str, mistakes: Mistakes) -> None:
    """A solution may only use what an earlier given cell or an earlier exercise defines."""
    known: set[str] = set()
    for cell, code in zip(cells, codes, strict=True):
        if cell.kind != "code" or cell.role not in {"text", "given", "exercise"}:
            continue
        if cell.role == "exercise":
            for name in sorted(needed_names(code) - known):
                text = f"{cell.exercise} uses {name}, which no earlier cell defines; import it in a cell above"
                mistakes.add(f"{place}, line {cell.line}", text)
        known |= defined_names(code)


def _cell(cell: SourceCell, code: str, name: str, points: float | None) -> Any:
    import nbformat

    metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.role != "free":
        metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": name,
            "grade": points is not None,
            "solution": cell.role in {"exercise", "manual"},
            "locked": cell.role in {"text", "given", "check"},
            "task": False,
        }
        if points is not None:
            metadata["nbgrader"]["points"] = int(points) if points.is_integer() else points
    make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
    return make(code, id=name, metadata=metadata)
