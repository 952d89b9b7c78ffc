"""nbgrader's database as pandas frames, by set-based SQL and never by walking its objects."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import sqlalchemy
import sqlalchemy.exc
from nbgrader.api import Base

from coursegrader.course import Course
from coursegrader.errors import MachineFault

_EXERCISES = """
SELECT student.id AS student, student.last_name AS last_name, student.first_name AS first_name,
       assignment.name AS assignment, base_cell.name AS exercise,
       grade.auto_score AS auto_score, grade.manual_score AS manual_score, grade.extra_credit AS extra_credit,
       grade_cells.max_score AS max_score, grade.needs_manual_grade AS needs_manual_grade
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN grade_cells ON grade_cells.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
JOIN student ON student.id = submitted_assignment.student_id
ORDER BY student.id, assignment.name, base_cell.id
"""

_ASSIGNMENTS = """
SELECT student.id AS student, assignment.name AS assignment, submitted_assignment.timestamp AS submitted_at,
       SUM(submitted_notebook.late_submission_penalty) AS penalty
FROM submitted_assignment
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
JOIN student ON student.id = submitted_assignment.student_id
LEFT JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
GROUP BY student.id, assignment.name, submitted_assignment.timestamp
ORDER BY student.id, assignment.name
"""


def exercise_frame(db_url: str) -> pd.DataFrame:
    """One row for each exercise of each submission.

    Returns:
        Columns student, last_name, first_name, assignment, exercise (str); auto_score, manual_score, extra_credit, score, max_score
        (float64, points); needs_manual_grade (bool). `score` is the manual score where there is one, else the automatic one, plus
        extra credit, as in nbgrader.
    """
    frame = _read(db_url, _EXERCISES)
    for column in ("auto_score", "manual_score", "extra_credit", "max_score"):
        frame[column] = frame[column].astype("float64")
    frame["needs_manual_grade"] = frame["needs_manual_grade"].astype(bool)
    frame["score"] = frame["manual_score"].fillna(frame["auto_score"]).fillna(0.0) + frame["extra_credit"].fillna(0.0)
    return frame


def assignment_frame(db_url: str) -> pd.DataFrame:
    """One row for each submission.

    Returns:
        Columns student, assignment (str), submitted_at (datetime64, UTC), penalty, score, max_score (float64, points; score after the
        penalty), percent (float64, 0 to 100), needs_manual_grade (bool).
    """
    submissions = _read(db_url, _ASSIGNMENTS)
    exercises = exercise_frame(db_url)
    sums = exercises.groupby(["student", "assignment"], as_index=False).agg(
        score=("score", "sum"), max_score=("max_score", "sum"), needs_manual_grade=("needs_manual_grade", "any")
    )
    frame = submissions.merge(sums, on=["student", "assignment"], how="left")
    frame["penalty"] = frame["penalty"].astype("float64").fillna(0.0)
    frame["submitted_at"] = pd.to_datetime(frame["submitted_at"], utc=True)
    frame["score"] = (frame["score"].fillna(0.0) - frame["penalty"]).clip(lower=0.0)
    frame["percent"] = 100 * frame["score"] / frame["max_score"]
    return frame


def score_table(course: Course, assignment: str) -> pd.DataFrame:
    """The gradebook of an assignment as people read it.

    Returns:
        A row a student (index `student`), a column an exercise in the order of the course (points), then `total` (points;
        `total of all` where an exercise is called total) and `%`.
    """
    exercises = exercise_frame(course.db_url)
    rows = exercises[exercises["assignment"] == assignment]
    order = [exercise.id for exercise in course.assignment(assignment).exercises]
    table = rows.pivot(index="student", columns="exercise", values="score").reindex(columns=order)
    totals = assignment_frame(course.db_url)
    totals = totals[totals["assignment"] == assignment].set_index("student")
    table["total" if "total" not in order else "total of all"] = totals["score"]  # an exercise may have that name
    table["%"] = totals["percent"].round(1)
    table.columns.name = None
    return table


def course_table(course: Course) -> pd.DataFrame:
    """The whole course: a row a student (index `student`), a column an assignment (percent), NaN where nothing was handed in."""
    frame = assignment_frame(course.db_url)
    table = frame.pivot(index="student", columns="assignment", values="percent").round(1)
    table = table.reindex(columns=[assignment.id for assignment in course.assignments])
    table.columns.name = None
    return table


def _read(db_url: str, query: str) -> pd.DataFrame:
    """A query's rows; none where there is no gradebook yet.

    Raises:
        MachineFault: the database does not answer, or is not nbgrader's.
    """
    try:
        file = sqlalchemy.make_url(db_url)
        missing = file.get_backend_name() == "sqlite" and not Path(file.database or "").is_file()
        engine = sqlalchemy.create_engine("sqlite://" if missing else db_url)
        try:
            with engine.connect() as connection:
                if missing:
                    Base.metadata.create_all(connection)
                return pd.read_sql(sqlalchemy.text(query), connection)
        finally:
            engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError) as error:
        said = str(error.__cause__ or error).splitlines()[0]
        raise MachineFault(
            f"the gradebook cannot be read: {said}", hint="Is it nbgrader's own, and up to date?"
        ) from error
