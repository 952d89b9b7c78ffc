"""The notebook that is graded: rebuilt from the course's own release, with only the answers taken from the submission.

Ids, points, order and given cells come from the release. A deleted, copied, moved, retyped or repriced cell costs at most its own points.
A student's extra cells are kept, each behind the cell it stood behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coursegrader.submission import StudentNotebook


@dataclass(frozen=True)
class RebuiltCell:
    """A cell of the notebook that is graded.

    Attributes:
        kind: "code" or "markdown".
        role: "solution", "check", "given" or "extra".
        exercise: id, for solution and check cells.
        grade_id: nbgrader's id; None for a cell of the student's own.
        changed: a solution cell that differs from the released one.
    """

    kind: str
    source: str
    role: str
    grade_id: str | None = None
    exercise: str | None = None
    changed: bool = False
    metadata: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """What tracebacks call the cell: an answer goes by its exercise, every other cell by a name that no answer has."""
        if self.role == "check":
            return f"{self.exercise}, vérification"
        return self.exercise or self.grade_id or "cellule"


def rebuild(release: dict[str, Any], submitted: StudentNotebook | None) -> list[RebuiltCell]:
    """The release's cells with the submission's answers and extra cells.

    Args:
        release: the released notebook, nbformat 4 JSON, made by the course.
        submitted: None rebuilds the release itself.
    """
    template = [_template_cell(cell) for cell in release["cells"]]
    if submitted is None:
        return template
    known = {cell.grade_id for cell in template if cell.grade_id is not None}
    answers, extras = _sort(submitted, known)
    rebuilt = [_extra(kind, source) for kind, source in extras.get(None, ())]
    for cell in template:
        if cell.grade_id is None:
            continue  # a cell left to the student: what became of it is among the extra cells
        if cell.role == "solution" and cell.grade_id in answers:
            source = answers[cell.grade_id]
            cell = RebuiltCell(
                cell.kind,
                source,
                cell.role,
                cell.grade_id,
                cell.exercise,
                source.strip() != cell.source.strip(),
                cell.metadata,
            )
        rebuilt.append(cell)
        if cell.grade_id is not None:
            rebuilt += [_extra(kind, source) for kind, source in extras.get(cell.grade_id, ())]
    return rebuilt


def _sort(
    submitted: StudentNotebook, known: set[str]
) -> tuple[dict[str, str], dict[str | None, list[tuple[str, str]]]]:
    """Answers by grade id, and extra cells by the id of the known cell before them.

    Of cells with the same id the last is the answer, as in nbgrader's DeduplicateIds; the others still run, as extra cells.
    """
    last = {
        cell.grade_id: position
        for position, cell in enumerate(submitted.cells)
        if cell.grade_id and cell.grade_id in known
    }
    answers: dict[str, str] = {}
    extras: dict[str | None, list[tuple[str, str]]] = {}
    anchor: str | None = None
    for position, cell in enumerate(submitted.cells):
        if cell.grade_id is not None and last.get(cell.grade_id) == position:
            anchor = cell.grade_id
            answers[anchor] = cell.source
        elif cell.source.strip() and cell.kind in ("code", "markdown"):
            extras.setdefault(anchor, []).append((cell.kind, cell.source))
    return answers, extras


def _template_cell(cell: dict[str, Any]) -> RebuiltCell:
    source = "".join(cell["source"])
    nbgrader = cell["metadata"].get("nbgrader", {})
    grade_id = nbgrader.get("grade_id")
    role, exercise = "given", None
    if nbgrader.get("solution"):
        role, exercise = "solution", str(grade_id).removesuffix("-solution")
    elif nbgrader.get("grade"):
        role, exercise = "check", grade_id
    return RebuiltCell(cell["cell_type"], source, role, grade_id, exercise, False, cell["metadata"])


def _extra(kind: str, source: str) -> RebuiltCell:
    return RebuiltCell(kind, source, "extra")


def unanswered(cells: Sequence[RebuiltCell]) -> set[str]:
    """Exercises whose solution cells are all as released."""
    changed = {cell.exercise for cell in cells if cell.role == "solution" and cell.changed}
    return {cell.exercise for cell in cells if cell.role == "solution" and cell.exercise is not None} - changed


def exercise_titles(cells: Sequence[RebuiltCell]) -> dict[str, str]:
    """Each exercise's title: the section (a heading of level 2) that its cell stands in."""
    titles: dict[str, str] = {}
    heading = ""
    for cell in cells:
        if cell.kind == "markdown" and cell.role == "given":
            headings = re.findall(r"^## +(.+?) *#*$", cell.source, re.MULTILINE)
            heading = headings[-1] if headings else heading
        elif cell.role == "solution" and cell.exercise is not None and heading:
            titles.setdefault(cell.exercise, heading)
    return titles
