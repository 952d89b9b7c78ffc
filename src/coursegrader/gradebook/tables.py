"""The gradebook as people read it: a row a student, a column an exercise or an assignment."""

from __future__ import annotations

import pandas as pd

from coursegrader.course import Course
from coursegrader.gradebook.frames import Frames


def score_table(course: Course, assignment: str, frames: Frames | None = None) -> pd.DataFrame:
    """The gradebook of an assignment.

    Returns:
        A row a student (index `student`), a column an exercise in the order of the course (points), then `total` (points;
        `total of all` where an exercise is called total) and `%`.
    """
    frames = frames or Frames(course)
    rows = frames.exercises[frames.exercises["assignment"] == assignment]
    order = [exercise.id for exercise in course.assignment(assignment).exercises]
    table = rows.pivot(index="student", columns="exercise", values="score").reindex(columns=order)
    totals = frames.submissions[frames.submissions["assignment"] == assignment].set_index("student")
    table["total" if "total" not in order else "total of all"] = totals["score"]  # an exercise may have that name
    table["%"] = totals["percent"].round(1)
    table.columns.name = None
    return table


def course_table(course: Course, frames: Frames | None = None) -> pd.DataFrame:
    """The whole course: a row a student (index `student`), a column an assignment (percent), NaN where nothing was handed in."""
    frames = frames or Frames(course)
    table = frames.submissions.pivot(index="student", columns="assignment", values="percent").round(1)
    table = table.reindex(columns=[assignment.id for assignment in course.assignments])
    table.columns.name = None
    return table


def with_everybody(table: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """A table with a row for every student of the gradebook, empty where there is nothing, and who that is beside the id.

    Args:
        table: of `score_table` or `course_table`.

    Returns:
        The rows in the order of ids; the first column is `name` (`name of student` where an exercise is called name).
    """
    people = frames.students.set_index("student")["name"]
    whole = table.reindex(people.index)
    whole.insert(0, "name" if "name" not in table.columns else "name of student", people)
    return whole
