"""Read the instructor's MyST text into cells with a role."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursegrader.course import Assignment, Course
from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.errors import CourseFault

ROLES = {
    "exercise": "code",
    "check": "code",
    "given": "code",
    "manual": "markdown",
    "free": None,
    "solution-only": None,
}


@dataclass(frozen=True)
class SourceCell:
    """A cell of the instructor's text.

    Attributes:
        kind: "code" or "markdown".
        source: its text.
        line: where it starts in the file, counted from 1.
        role: a key of ROLES, or "text" for what is shown and locked. "given" shows definitions of the reference in full.
        exercise: id, for the roles exercise, check and manual.
        tags: Jupyter's cell tags.
    """

    kind: str
    source: str
    line: int
    role: str = "text"
    exercise: str | None = None
    tags: tuple[str, ...] = ()


def read_source(course: Course, assignment: Assignment, mistakes: Mistakes) -> list[SourceCell]:
    """All cells of an assignment's text, in order.

    Args:
        course: the course.
        assignment: the assignment.
        mistakes: receives cells whose options are wrong; they are read as plain text.

    Raises:
        CourseFault: the file is missing or jupytext cannot read it.
    """
    path = course.source_text(assignment.id)
    place = path.relative_to(course.root).as_posix()
    if not path.is_file():
        raise CourseFault(f"{place} is missing.", hint="Write the assignment's text there.")
    notebook = _parse(path, place)
    starts = notebook.metadata.get("source_map", [])
    cells = []
    for cell, start in zip(notebook.cells, starts, strict=True):
        where = f"{place}, line {start + 1}"
        if cell.cell_type not in {"code", "markdown"}:
            mistakes.add(where, f"a {cell.cell_type} cell; write code or markdown")
        role, exercise = _role(cell.cell_type, dict(cell.metadata), where, mistakes)
        tags = tuple(cell.metadata.get("tags", ()))
        cells.append(SourceCell(cell.cell_type, cell.source, start + 1, role, exercise, tags))
    return cells


def imported_names(source: str) -> tuple[str, list[str]] | None:
    """Module and names of an exercise or given cell, which is one import from the reference; None if it is anything else.

    Example:
        >>> imported_names("from reference.count_model import count_bigrams, normalize_rows")
        ('reference.count_model', ['count_bigrams', 'normalize_rows'])
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    match tree.body:
        case [ast.ImportFrom(module=str(module), names=names, level=0)] if module.startswith("reference."):
            if all(alias.asname is None and alias.name != "*" for alias in names):
                return module, [alias.name for alias in names]
    return None


def _parse(path: Path, place: str) -> Any:
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook
    from nbformat import ValidationError

    try:
        return myst_to_notebook(path.read_text(encoding="utf-8"), add_source_map=True)
    except (MystMetadataParsingError, ValidationError, UnicodeDecodeError) as error:
        raise CourseFault(f"{place} cannot be read as a notebook: {error}") from error


def _role(kind: str, options: dict[str, Any], where: str, mistakes: Mistakes) -> tuple[str, str | None]:
    for key in options:
        if key not in {*ROLES, "tags"}:
            mistakes.add(where, f'unknown cell option "{key}". {did_you_mean(str(key), ROLES)}')
    chosen = [key for key in ROLES if key in options]
    if len(chosen) > 1:
        mistakes.add(where, f"a cell is only one of {', '.join(chosen)}; keep one")
    if not chosen:
        return "text", None
    role, value = chosen[0], options[chosen[0]]
    wanted = ROLES[role]
    if wanted not in {None, kind}:
        mistakes.add(where, f'"{role}" belongs to a {wanted} cell, this is a {kind} cell')
        return "text", None
    if role in {"free", "given", "solution-only"}:
        if not isinstance(value, bool):
            mistakes.add(where, f'"{role}" is {value!r}; write true')
        return (role, None) if value else ("text", None)
    if not isinstance(value, str):
        mistakes.add(where, f'"{role}" is {value!r}; write the id of an exercise')
        return "text", None
    return role, value
