"""The one writer of verdicts to nbgrader's database: a submission in one transaction, set beside what a teacher entered there.

Manual scores, extra credit, manual comments and extensions are never touched. The rows are nbgrader's own, so formgrader and every nbgrader
command read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple

import sqlalchemy
import sqlalchemy.exc

from coursegrader import nbgrader_models

nbgrader_models.prepare()  # before the first import of nbgrader

from nbgrader.api import (  # noqa: E402
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.utils import parse_utc  # noqa: E402

import coursegrader.gradebook.deadlines as deadlines  # noqa: E402
from coursegrader.course import Assignment as CourseAssignment  # noqa: E402
from coursegrader.errors import CourseFault, MachineFault  # noqa: E402
from coursegrader.gradebook.address import first_line, refuse_foreign, without_password  # noqa: E402
from coursegrader.gradebook.deadlines import Deadline  # noqa: E402
from coursegrader.gradebook.points import CellRow, Points, cells_of, find_notebook, points_of, students_of  # noqa: E402
from coursegrader.messages import text  # noqa: E402
from coursegrader.scripts_path import own_scripts_on_path  # noqa: E402
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict  # noqa: E402

Penalty = Callable[[float, datetime, datetime], float]  # (score, due, submitted at) -> points to take off


class GradebookWriter:
    """Writes verdicts.

    Args:
        db_url: SQLAlchemy address of nbgrader's database.
        course_id: as in course_config.py.
        config: traitlets configuration, for the late-penalty plugin.

    Example:
        >>> with GradebookWriter("sqlite:///gradebook.db", "ia-appliquee") as writer:     # doctest: +SKIP
        ...     writer.write(verdict, submitted_at)
    """

    def __init__(self, db_url: str, course_id: str, config: Any = None) -> None:
        self._url = without_password(db_url)
        self._joined = False
        with self._explained(), own_scripts_on_path():
            if refuse_foreign(db_url, self._url):
                from coursegrader.gradebook.heal import heal

                heal(db_url, course_id)
            self._gradebook = Gradebook(db_url, course_id)
            deadlines.METADATA.create_all(self._gradebook.engine)
        self._config = config

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Whatever the database refuses is undone and is the machine's fault, in words."""
        try:
            yield
        except (sqlalchemy.exc.SQLAlchemyError, InvalidEntry, ImportError) as error:
            raise MachineFault(
                f"the gradebook {self._url} cannot be used: {first_line(error)}",
                hint="Is it nbgrader's own, up to date (nbgrader db upgrade), not locked by another program, and ours to write?",
            ) from error
        finally:
            if hasattr(self, "_gradebook") and not self._joined:
                with suppress(sqlalchemy.exc.SQLAlchemyError):
                    self._gradebook.db.rollback()  # nothing, after a commit

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for the rows of several students: all of them are there afterwards, or after an exception none.

        Raises:
            MachineFault: the database did not take them.
        """
        with self._explained(), self._held():
            yield
            self._gradebook.db.commit()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """What is written within is neither committed nor undone one by one."""
        self._joined = True
        try:
            yield
        finally:
            self._joined = False

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gradebook.close()

    def has_assignment(self, assignment: str) -> bool:
        """Whether `nbgrader generate_assignment` has registered the assignment here."""
        with self._explained():
            return bool(self._gradebook.db.query(Assignment).filter_by(name=assignment).count())

    def set_due(self, assignment: str, due: datetime) -> bool:
        """Give a registered assignment the configuration's deadline; one that a teacher entered in formgrader stays.

        Returns:
            Whether this deadline stands in the gradebook now.
        """
        with self._explained():
            done = deadlines.set_due(self._gradebook.db, assignment, due)
            self._gradebook.db.commit()
            return done

    def deadline(self, assignment: CourseAssignment, student: str) -> Deadline:
        """A student's deadline: the latest of what the configuration and the gradebook grant. Nothing is written."""
        with self._explained():
            return deadlines.deadline(self._gradebook.db, assignment, student)

    def write(
        self,
        verdict: Verdict,
        submitted_at: datetime | None = None,
        *,
        deadline: Deadline | None = None,
        penalise: Penalty | None = None,
    ) -> None:
        """Write one verdict, all of it or nothing.

        Args:
            verdict: with status "graded" or "rejected"; a fault is written by `mark_stale`.
            submitted_at: aware or UTC time of the submission, for late penalties.
            deadline: the student's own, to be shown by formgrader as an extension; None to leave what is there.
            penalise: the course's policy; None for nbgrader's late-penalty plugin.

        Raises:
            CourseFault: the assignment is not registered.
            MachineFault: the database did not take it.
        """
        with self._explained():
            rows = self._submitted(verdict.student, verdict.assignment, submitted_at)
            grades, comments = self._cells(rows.notebook)
            for exercise in verdict.exercises:
                grade = grades.get(exercise.id)
                if grade is None:
                    raise CourseFault(
                        f"{verdict.assignment}: the database knows no grade cell {exercise.id}",
                        hint=f"run `coursegrader build {verdict.assignment}`",
                    )
                _write_grade(grade, exercise)
                comment = comments.get(f"{exercise.id}-solution") or comments.get(exercise.id)
                if comment is not None:
                    comment.auto_comment = summary(exercise, verdict)
            self._write_late(rows, deadline, penalise)
            self._commit()

    def move(
        self,
        student: str,
        assignment: str,
        submitted_at: datetime | None,
        deadline: Deadline,
        penalise: Penalty | None,
    ) -> None:
        """Write what a policy decides, and leave every score as it is: time of the attempt that counts, extension, penalty.

        Raises:
            MachineFault: the database did not take it.
        """
        with self._explained():
            rows = self._submitted(student, assignment, submitted_at)
            self._write_late(rows, deadline, penalise)
            self._commit()

    def if_done(self, write: Callable[[], None], student: str, assignment: str) -> Points:
        """What would stand there for a student after a `write` or `move`; everything is undone. It raises what that does."""
        with self._explained(), self._held():
            write()
            self._gradebook.db.flush()
            found = find_notebook(self._gradebook.db, student, assignment)
            self._gradebook.db.refresh(found)
            return points_of(found)

    def points(self, student: str, assignment: str) -> Points | None:
        """What stands for a student; None where nothing was graded."""
        with self._explained():
            found = find_notebook(self._gradebook.db, student, assignment)
            return None if found is None else points_of(found)

    def cells(self, student: str, assignment: str) -> dict[str, CellRow]:
        """exercise -> what stands there, a teacher's marks included; empty where nothing was graded."""
        with self._explained():
            found = find_notebook(self._gradebook.db, student, assignment)
            return {} if found is None else cells_of(self._gradebook.db, found)

    def students(self, assignment: str) -> list[str]:
        """Everybody who has a row for the assignment."""
        with self._explained():
            return students_of(self._gradebook.db, assignment)

    def teachers_due(self, assignment: CourseAssignment) -> datetime | None:
        """The deadline that a teacher entered in formgrader, which the configuration does not move; None where there is none."""
        with self._explained():
            return deadlines.teachers_due(self._gradebook.db, assignment)

    def mark_stale(self, student: str, assignment: str, reason: str, submitted_at: datetime | None = None) -> None:
        """Say in the gradebook that a submission could not be graded: what stands there is of an older grading, if any.

        The scores stay (a fault of the machine or the course lowers no grade) but wait for a teacher, with the reason beside them. Where
        the assignment is not registered there is no row to mark.

        Raises:
            MachineFault: the database did not take it.
        """
        if not self.has_assignment(assignment):
            return
        with self._explained():
            grades, comments = self._cells(self._submitted(student, assignment, submitted_at).notebook)
            for grade in grades.values():
                grade.needs_manual_grade = True
            for comment in comments.values():
                comment.auto_comment = reason
            self._gradebook.db.commit()

    def _submitted(self, student: str, assignment: str, submitted_at: datetime | None) -> _Rows:
        """The student's rows for the assignment's notebook, made with all grades and comments if they are not there yet."""
        db = self._gradebook.db
        try:
            source = self._gradebook.find_assignment(assignment)
        except MissingEntry as error:
            raise CourseFault(
                f"the database does not know {assignment}", hint=f"run `coursegrader build {assignment}`"
            ) from error
        theirs = db.query(SubmittedAssignment).filter_by(assignment_id=source.id, student_id=student)
        submission = theirs.one_or_none()
        if submission is None:
            _add_rows(db, source, student)
            submission = theirs.one()
        if submitted_at is not None:
            submission.timestamp = parse_utc(submitted_at)
        db.flush()
        row = (
            db.query(SubmittedNotebook)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .filter(SubmittedNotebook.assignment_id == submission.id, Notebook.name == assignment)
            .one()
        )
        return _Rows(source, submission, row)

    def _cells(self, notebook: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        db = self._gradebook.db

        def by_name(table: Any) -> dict[str, Any]:
            query = db.query(BaseCell.name, table).join(table, table.cell_id == BaseCell.id)
            return dict(tuple(row) for row in query.filter(table.notebook_id == notebook.id))

        return by_name(Grade), by_name(Comment)

    def _commit(self) -> None:
        if not self._joined:
            self._gradebook.db.commit()

    def _write_late(self, rows: _Rows, deadline: Deadline | None, penalise: Penalty | None) -> None:
        """Extension and late penalty; the latter by the course's policy or by nbgrader's plugin, as `nbgrader autograde` assigns it."""
        db, submission, notebook = self._gradebook.db, rows.submission, rows.notebook
        if deadline is not None:
            deadlines.extend(db, submission, deadline)
        notebook.late_submission_penalty = None
        db.flush()
        late = submission.total_seconds_late
        if late <= 0:
            return
        db.refresh(notebook)
        if penalise is not None:
            due, at = (moment.replace(tzinfo=UTC) for moment in (submission.duedate, submission.timestamp))
            notebook.late_submission_penalty = min(penalise(notebook.score, due, at), notebook.score)
            return
        from nbgrader.preprocessors import AssignLatePenalties  # imports nbconvert; most submissions are in time

        assigner = AssignLatePenalties(config=self._config)
        assigner.init_plugin()
        penalty = assigner.plugin_inst.late_submission_penalty(notebook.student.id, notebook.score, late)
        if penalty is not None:
            notebook.late_submission_penalty = assigner._check_late_penalty(notebook, penalty)


class _Rows(NamedTuple):
    """A student's rows for an assignment. Held together, for SQLAlchemy reads anew what nobody holds."""

    assignment: Any
    submission: Any
    notebook: Any


def _add_rows(db: Any, source: Any, student: str) -> None:
    """The rows of a student who hands in an assignment for the first time, as nbgrader makes them; but not object by object, which takes thrice as long."""
    if db.get(Student, student) is None:
        db.execute(sqlalchemy.insert(Student), [{"id": student}])
    submission = new_uuid()
    db.execute(
        sqlalchemy.insert(SubmittedAssignment),
        [{"id": submission, "assignment_id": source.id, "student_id": student}],
    )
    for notebook in source.notebooks:
        row = new_uuid()
        db.execute(
            sqlalchemy.insert(SubmittedNotebook),
            [{"id": row, "assignment_id": submission, "notebook_id": notebook.id}],
        )
        graded = [*notebook.grade_cells, *notebook.task_cells]
        commented = [*notebook.solution_cells, *notebook.task_cells]
        for table, cells in ((Grade, graded), (Comment, commented)):
            if cells:
                db.execute(sqlalchemy.insert(table), [{"cell_id": cell.id, "notebook_id": row} for cell in cells])


def _write_grade(grade: Any, exercise: ExerciseResult) -> None:
    grade.auto_score = exercise.score
    # as nbgrader's SaveAutoGrades does: a score that a teacher set by hand is kept, and shown for another look
    grade.needs_manual_grade = exercise.needs_teacher or grade.manual_score is not None


def summary(exercise: ExerciseResult, verdict: Verdict) -> str:
    """What formgrader and the student read beside the answer: the failed checks' messages."""
    if verdict.status == "rejected":
        return verdict.reason
    if exercise.manual:
        return "" if exercise.answered else text("record.no_answer")
    lines = [_line(check) for check in exercise.checks if not check.passed]
    return "\n".join(lines)


def _line(check: CheckResult) -> str:
    return f"{check.message} {check.reason}".strip()
