"""Verdicts in nbgrader's database, and the database as pandas frames.

The names are looked up when they are first used: grading needs the writer alone, and no pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursegrader.gradebook.export import defuse, write_csv
    from coursegrader.gradebook.frames import (
        Frames,
        assignment_frame,
        check_frame,
        exercise_frame,
        history_frame,
        milestone_frame,
        student_frame,
        submission_frame,
    )
    from coursegrader.gradebook.record import GradebookWriter
    from coursegrader.gradebook.tables import course_table, score_table, with_everybody

_HOMES = {
    "GradebookWriter": "record",
    "defuse": "export",
    "write_csv": "export",
    "course_table": "tables",
    "score_table": "tables",
    "with_everybody": "tables",
}

__all__ = [
    "Frames",
    "GradebookWriter",
    "assignment_frame",
    "check_frame",
    "course_table",
    "defuse",
    "exercise_frame",
    "history_frame",
    "milestone_frame",
    "score_table",
    "student_frame",
    "submission_frame",
    "with_everybody",
    "write_csv",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'frames')}"), name)
