"""The graded notebook as nbgrader and formgrader expect it: the rebuilt cells with their outputs, and the score in each grade cell.

No hidden check is in it. The output of a grade cell is written here, on the trusted side: nbgrader reads a score out of it.
"""

from __future__ import annotations

import json
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import compute_checksum

from coursegrader.engine import Graded
from coursegrader.messages import text
from coursegrader.rebuild import RebuiltCell
from coursegrader.session import CellOutcome
from coursegrader.verdict import CheckResult, ExerciseResult


def autograded_notebook(graded: Graded, metadata: dict[str, Any]) -> str:
    """The notebook as nbformat 4 JSON text.

    Args:
        graded: a verdict with its cells and outcomes.
        metadata: of the released notebook (kernel and language).
    """
    results = {exercise.id: exercise for exercise in graded.verdict.exercises}
    notebook = new_notebook(metadata=metadata)
    for number, (cell, outcome) in enumerate(zip(graded.cells, graded.outcomes, strict=True)):
        notebook.cells.append(_cell(number, cell, outcome, results))
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)


def _cell(number: int, cell: RebuiltCell, outcome: CellOutcome | None, results: dict[str, ExerciseResult]) -> Any:
    # The id is the cell's place, so that the same verdict gives the same bytes.
    common = {"id": f"cell-{number:04d}", "metadata": cell.metadata or {}}
    if cell.kind == "markdown":
        made = new_markdown_cell(cell.source, **common)
    else:
        outputs = outcome.outputs if outcome is not None else []
        if cell.role == "check" and cell.exercise in results:
            outputs = _grade_outputs(outputs, results[cell.exercise])
        made = new_code_cell(
            cell.source, execution_count=outcome.count if outcome is not None else None, outputs=outputs, **common
        )
    if cell.role == "check" or (cell.role == "given" and cell.grade_id):
        made.metadata["nbgrader"]["checksum"] = compute_checksum(made)
    return made


def _grade_outputs(outputs: list[dict[str, Any]], exercise: ExerciseResult) -> list[Any]:
    """What the visible self-check printed, then the hidden checks' messages and the score.

    nbgrader takes the first error or stderr for zero and the first result for the score, so neither is left of what the student's code
    put out.
    """
    kept = [output for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"]
    lines = [text("autograded.score", score=f"{exercise.score or 0:g}", points=f"{exercise.max_points:g}")]
    lines += [_line(check) for check in exercise.checks]
    shown = new_output("display_data", {"text/plain": "\n".join(lines)})
    score = new_output("execute_result", {"text/plain": repr(float(exercise.score or 0.0))}, execution_count=None)
    return [*kept, shown, score]


def _line(check: CheckResult) -> str:
    mark = {True: "✓", False: "✗", None: "?"}[check.passed]
    return mark if check.passed else f"{mark} {check.message} {check.reason}".rstrip()
