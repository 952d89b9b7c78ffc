"""Figures in feedback pages brought up to date after grading: what a page carries is to agree with the verdict above it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from coursegrader.course import Course
from coursegrader.gradebook.frames import Frames
from coursegrader.report.data import ReportData
from coursegrader.report.student_files import Job, unwritable, write_all
from coursegrader.report.student_rows import StudentRows

FEW = 400  # students whose rows are asked for by name; of more, the whole gradebook is read


def refresh_figures(course: Course, students: Collection[str]) -> int:
    """Bring the figures of some students up to date, in all of their feedback pages.

    Returns:
        How many pages were written.

    Raises:
        MachineFault: the gradebook does not answer, or a page cannot be written.
    """
    if not students:
        return 0
    frames = Frames(course, sorted(students) if len(students) <= FEW else ())
    data = ReportData(frames, course, datetime.now(UTC))
    rows = StudentRows(data, frozenset(students))
    folder = course.root / "feedback"
    try:
        return write_all(Job(data, rows, folder, {}, feedback=True)).written
    except OSError as error:
        raise unwritable(folder, error) from error
