"""The graded notebook as nbgrader and formgrader expect it: the rebuilt cells with their outputs, and the score in each grade cell.

No hidden check is in it. The output of a grade cell is written here, on the trusted side: nbgrader reads a score out of it.
"""

from __future__ import annotations

import json
from typing import Any

from coursegrader.engine import Graded
from coursegrader.messages import text
from coursegrader.rebuild import RebuiltCell
from coursegrader.session import CellOutcome
from coursegrader.student.keycheck import without_keys
from coursegrader.verdict import CheckResult, ExerciseResult


def autograded_notebook(graded: Graded, metadata: dict[str, Any]) -> str:
    """The notebook as nbformat 4 JSON text.

    Args:
        graded: a verdict with its cells and outcomes.
        metadata: of the released notebook (kernel and language).
    """
    results = {exercise.id: exercise for exercise in graded.verdict.exercises}
    cells = [_cell(n, *pair, results) for n, pair in enumerate(zip(graded.cells, graded.outcomes, strict=True))]
    # Plain JSON: importing nbformat takes longer than grading does, and the form is a few keys. A cell a line: `indent` would be
    # Python's encoder instead of C's, and take a quarter of what the trusted side does for a submission.
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False, sort_keys=True) for cell in cells)
    rest = json.dumps({"metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False, sort_keys=True)
    # A key that the student's code put together as it ran would be in an output.
    return without_keys(f'{{"cells": [\n{lines}\n],\n{rest[1:]}\n')[0]


def _cell(
    number: int, cell: RebuiltCell, outcome: CellOutcome | None, results: dict[str, ExerciseResult]
) -> dict[str, Any]:
    # The id is the cell's place, so that the same verdict gives the same bytes.
    made: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"cell-{number:04d}",
        "metadata": cell.metadata or {},
        "source": cell.source,
    }
    if cell.kind == "code":
        outputs = outcome.outputs if outcome is not None else []
        if cell.role == "check" and cell.exercise in results:
            outputs = _grade_outputs(outputs, results[cell.exercise])
        made |= {"outputs": outputs, "execution_count": outcome.count if outcome is not None else None}
    return made


def _grade_outputs(outputs: list[dict[str, Any]], exercise: ExerciseResult) -> list[dict[str, Any]]:
    """What the visible self-check printed, then the hidden checks' messages and the score.

    nbgrader takes the first error or stderr for zero and the first result for the score, so neither is left of what the student's code
    put out.
    """
    kept = [output for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"]
    lines = [text("autograded.score", score=f"{exercise.score or 0:g}", points=f"{exercise.max_points:g}")]
    lines += [_line(check) for check in exercise.checks]
    shown = {"output_type": "display_data", "data": {"text/plain": "\n".join(lines)}, "metadata": {}}
    score = {
        "output_type": "execute_result",
        "data": {"text/plain": repr(float(exercise.score or 0.0))},
        "metadata": {},
    }
    return [*kept, shown, score | {"execution_count": None}]


def _line(check: CheckResult) -> str:
    mark = {True: "✓", False: "✗", None: "?"}[check.passed]
    return mark if check.passed else f"{mark} {check.message} {check.reason}".rstrip()
