"""What stands in nbgrader's database for one student's assignment: points, penalty, deadline, cells with a teacher's marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from coursegrader import nbgrader_models

nbgrader_models.prepare()  # before the first import of nbgrader

from nbgrader.api import Assignment, BaseCell, Comment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook  # noqa: E402


@dataclass(frozen=True)
class Points:
    """The points of a student's assignment.

    Attributes:
        score: manual scores and extra credit included, before the penalty.
        penalty: for lateness.
        due: the student's deadline, aware; None where there is none.
    """

    score: float
    penalty: float
    due: datetime | None

    @property
    def total(self) -> float:
        """After the penalty."""
        return round(max(0.0, self.score - self.penalty), 6)


@dataclass(frozen=True)
class CellRow:
    """One exercise: automatic points, a teacher's marks, whether it waits for a teacher, and both comments."""

    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    waits: bool
    auto_comment: str
    comment: str


def find_notebook(db: Any, student: str, assignment: str) -> Any:
    """The student's row for the assignment's notebook; None where there is none."""
    return (
        db.query(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .filter(Assignment.name == assignment, Notebook.name == assignment, SubmittedAssignment.student_id == student)
        .one_or_none()
    )


def points_of(notebook: Any) -> Points:
    """The points of a student's row."""
    submission = notebook.assignment
    due = submission.duedate.replace(tzinfo=UTC) if submission.assignment.duedate is not None else None
    return Points(float(notebook.score or 0.0), float(notebook.late_submission_penalty or 0.0), due)


def students_of(db: Any, assignment: str) -> list[str]:
    """Everybody who has a row for the assignment."""
    query = db.query(SubmittedAssignment.student_id).join(
        Assignment, SubmittedAssignment.assignment_id == Assignment.id
    )
    return sorted(str(row[0]) for row in query.filter(Assignment.name == assignment))


def cells_of(db: Any, notebook: Any) -> dict[str, CellRow]:
    """exercise -> its cell."""

    def by_name(table: Any) -> dict[str, Any]:
        query = db.query(BaseCell.name, table).join(table, table.cell_id == BaseCell.id)
        return dict(tuple(row) for row in query.filter(table.notebook_id == notebook.id))

    comments = by_name(Comment)
    rows = {}
    for name, grade in by_name(Grade).items():
        comment = comments.get(f"{name}-solution") or comments.get(name)
        texts = (comment.auto_comment or "", comment.manual_comment or "") if comment is not None else ("", "")
        rows[name] = CellRow(
            grade.auto_score, grade.manual_score, grade.extra_credit, bool(grade.needs_manual_grade), *texts
        )
    return rows
