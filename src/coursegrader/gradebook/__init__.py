"""Verdicts in nbgrader's database, and the database as pandas frames."""

from coursegrader.gradebook.export import defuse, write_csv
from coursegrader.gradebook.frames import assignment_frame, course_table, exercise_frame, score_table
from coursegrader.gradebook.record import GradebookWriter

__all__ = [
    "GradebookWriter",
    "assignment_frame",
    "course_table",
    "defuse",
    "exercise_frame",
    "score_table",
    "write_csv",
]
