"""Deadlines in nbgrader's database: the assignment's, and each student's extension, as formgrader shows them.

Both may come from `course_config.py` or from a teacher (formgrader, `grant_extension`). What came from the configuration is noted in a table of our
own beside nbgrader's, so that it follows the configuration, and what a teacher entered stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from coursegrader import nbgrader_models

nbgrader_models.prepare()  # before the first import of nbgrader

from nbgrader.api import Assignment as AssignmentRow  # noqa: E402
from nbgrader.api import SubmittedAssignment  # noqa: E402
from nbgrader.utils import parse_utc  # noqa: E402

from coursegrader.course import Assignment  # noqa: E402

METADATA = sa.MetaData()
NOTED = sa.Table(
    "coursegrader_deadline",
    METADATA,
    sa.Column("assignment", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),  # "" for the assignment's own deadline
    sa.Column("due", sa.DateTime, nullable=True),  # UTC
    sa.Column("extension_seconds", sa.Float, nullable=True),
)


@dataclass(frozen=True)
class Deadline:
    """A student's deadline.

    Attributes:
        due: aware, UTC.
        granted: it is an extension of `course_config.py`.
        base: the assignment's own deadline, naive, UTC.
        follows: `base` is the configuration's, not one that a teacher entered.
    """

    due: datetime
    granted: bool
    base: datetime
    follows: bool


def set_due(db: Any, assignment: str, due: datetime) -> bool:
    """Give a registered assignment the configuration's deadline, unless a teacher set another one.

    Returns:
        Whether the deadline in the database is now this one.
    """
    row = db.query(AssignmentRow).filter_by(name=assignment).one_or_none()
    if row is None:
        return False
    noted = _noted(db, row.name)
    base, follows = _base(row, due, noted.get(""))
    if follows:
        _set_base(db, row, base, noted.get(""))
    return follows


def teachers_due(db: Any, assignment: Assignment) -> datetime | None:
    """The deadline that a teacher entered; None where the configuration's holds."""
    row = db.query(AssignmentRow).filter_by(name=assignment.id).one_or_none()
    if row is None:
        return None
    base, follows = _base(row, assignment.due, _noted(db, row.name).get(""))
    return None if follows else base.replace(tzinfo=UTC)


def _base(row: Any, due: datetime, noted: Any) -> tuple[datetime, bool]:
    """The assignment's deadline, and whether it follows the configuration."""
    wanted = parse_utc(due)
    if row.duedate in (None, wanted) or (noted is not None and row.duedate == noted.due):
        return wanted, True
    return row.duedate, False


def _set_base(db: Any, row: Any, base: datetime, noted: Any) -> None:
    row.duedate = base
    if noted is None or noted.due != base:
        _note(db, row.name, "", due=base)


def deadline(db: Any, assignment: Assignment, student: str) -> Deadline:
    """A student's deadline: the latest of what the database and the configuration grant."""
    row = db.query(AssignmentRow).filter_by(name=assignment.id).one_or_none()
    noted = {} if row is None else _noted(db, assignment.id, student)
    base, follows = (parse_utc(assignment.due), True) if row is None else _base(row, assignment.due, noted.get(""))
    due = base
    if row is not None and (submission := _submission(db, row, student)) is not None:
        due = base + (_teachers(submission, noted.get(student)) or timedelta(0))
    granted = assignment.extensions.get(student)
    if granted is not None and parse_utc(granted) > due:
        return Deadline(granted.astimezone(UTC), True, base, follows)
    return Deadline(due.replace(tzinfo=UTC), False, base, follows)


def extend(db: Any, submission: Any, found: Deadline) -> None:
    """Have a student's row in the database carry the deadline that `deadline` found."""
    assignment, student = submission.assignment.name, submission.student_id or submission.student.id
    both = _noted(db, assignment, student)
    if found.follows:
        _set_base(db, submission.assignment, found.base, both.get(""))
    noted = both.get(student)
    if not found.granted:
        if noted is not None:
            if _is(submission.extension, noted.extension_seconds):
                submission.extension = None  # the configuration grants it no longer
            db.execute(sa.delete(NOTED).where(NOTED.c.assignment == assignment, NOTED.c.student == student))
        return
    extension = found.due.replace(tzinfo=None) - found.base
    if submission.extension != extension:
        submission.extension = extension
    if noted is None or not _is(extension, noted.extension_seconds):
        _note(db, assignment, student, extension_seconds=extension.total_seconds())


def _submission(db: Any, row: Any, student: str) -> Any:
    return db.query(SubmittedAssignment).filter_by(assignment_id=row.id, student_id=student).one_or_none()


def _teachers(submission: Any, noted: Any) -> timedelta | None:
    """The extension that a teacher granted in the database; None for one of the configuration's, or none."""
    extension: timedelta | None = submission.extension
    return None if noted is not None and _is(extension, noted.extension_seconds) else extension


def _is(extension: timedelta | None, seconds: float | None) -> bool:
    return extension is not None and seconds is not None and abs(extension.total_seconds() - seconds) < 1


def _noted(db: Any, assignment: str, student: str = "") -> dict[str, Any]:
    """What was noted of the assignment's own deadline ("") and of a student's."""
    query = sa.select(NOTED).where(NOTED.c.assignment == assignment, NOTED.c.student.in_(("", student)))
    return {row.student: row for row in db.execute(query)}


def _note(db: Any, assignment: str, student: str, **values: Any) -> None:
    db.execute(sa.delete(NOTED).where(NOTED.c.assignment == assignment, NOTED.c.student == student))
    db.execute(sa.insert(NOTED).values(assignment=assignment, student=student, **values))
