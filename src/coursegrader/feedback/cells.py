"""The cells of a graded notebook, as far as the feedback page needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FeedbackCell:
    """One cell of the notebook that was graded.

    Attributes:
        kind: "code" or "markdown".
        exercise: id of the exercise that it belongs to; None for a cell that belongs to none.
        role: "solution", "check" (the visible self-check), "extra" (the student's own) or "given".
        source: as run.
        status: "ok", "error", "timeout", "stopped" or "skipped"; "" for a cell that does not run.
        outputs: as `coursegrader.outputs.clean_outputs` leaves them.

    Example:
        >>> FeedbackCell("code", "decode", "solution", "print(1)", "ok").outputs
        ()
    """

    kind: str
    exercise: str | None
    role: str
    source: str
    status: str = ""
    outputs: Sequence[dict[str, Any]] = ()


def group_by_exercise(cells: Iterable[FeedbackCell]) -> dict[str | None, list[FeedbackCell]]:
    """The cells with something of the student's, by exercise, in notebook order.

    A cell of the student's own stands with the exercise that came last before it. Given cells are left out: the
    course's own text needs no repeating.

    Returns:
        Cells by exercise id; under None those before the first exercise.
    """
    groups: dict[str | None, list[FeedbackCell]] = {}
    current: str | None = None
    for cell in cells:
        current = cell.exercise or current
        if cell.role != "given":
            exercise = cell.exercise or (current if cell.role == "extra" else None)
            groups.setdefault(exercise, []).append(cell)
    return groups
