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
