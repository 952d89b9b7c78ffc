"""What teachers wrote in formgrader, by exercise.

A comment hangs on the cell of the answer, which is another one than that of the points where there are tests.
"""

from __future__ import annotations

from collections.abc import Sequence

from coursegrader.gradebook.columns import texts_of
from coursegrader.gradebook.read import TEXT, Reader

_COMMENTS = """
SELECT comment.notebook_id, base_cell.name, comment.manual_comment
FROM comment
JOIN base_cell ON base_cell.id = comment.cell_id
WHERE comment.manual_comment IS NOT NULL AND comment.manual_comment <> '' {which}
ORDER BY comment.id
"""
_SOME = """
AND comment.notebook_id IN (
    SELECT submitted_notebook.id FROM submitted_notebook
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    WHERE student_id IN ({values})
)
"""
SOLUTION = "-solution"  # what the answer's cell is called, after its exercise


def read_comments(db: Reader, only: Sequence[str] = ()) -> dict[tuple[str, str], str]:
    """(id of a submitted notebook, exercise) -> the teacher's comment.

    Args:
        only: these students' alone; everybody's when empty.
    """
    query = _COMMENTS.replace("{which}", _SOME if only else "")
    given = db.columns(query, {"notebook": TEXT, "cell": TEXT, "comment": TEXT}, only)
    found: dict[tuple[str, str], str] = {}
    for notebook, cell, comment in zip(*(texts_of(given[name]) for name in given), strict=True):
        key, said = (notebook, cell.removesuffix(SOLUTION)), comment.strip()
        if said:
            found[key] = f"{found[key]}\n{said}" if key in found else said
    return found
