"""Every student's page and figures into files, by several processes, and only where something has changed.

A page carries the digest of what it shows. Where a file has the digest of today's figures it stays, so that the second report of a class costs
little more than reading the gradebook.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.feedback import figures
from coursegrader.files import write_changed
from coursegrader.report import student_page
from coursegrader.report.data import ReportData
from coursegrader.report.student_rows import StudentRows
from coursegrader.report.student_view import StudentView, Views
from coursegrader.report.texts import t

PORTION = 250  # students that a process takes at a time; fewer than two portions are not worth a process


@dataclass(frozen=True)
class Count:
    """Pages and feedback pages that are up to date now, and how many of both had to be written for it."""

    students: int = 0
    feedback: int = 0
    written: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.students + other.students, self.feedback + other.feedback, self.written + other.written)


@dataclass(frozen=True)
class Job:
    """What to write: pages into `folder` under their names (student -> file; empty for none), figures into feedback pages where asked."""

    data: ReportData
    rows: StudentRows
    folder: Path
    names: dict[str, str]
    feedback: bool

    def run(self, numbers: Sequence[int]) -> Count:
        """Write what belongs to these students."""
        lead, count = t("own_lead", date=self.data.today), Count()
        views = Views(self.data, self.rows)
        for view in map(views.view, numbers):
            digest = student_page.page_digest(view)
            if self.names:
                count += Count(students=1, written=self._page(view, lead, digest))
            if self.feedback:
                count += into_feedback(self.data.course, view, lead, digest)
        return count

    def _page(self, view: StudentView, lead: str, digest: str) -> int:
        path = self.folder / self.names[view.student]
        if student_page.digest_of(figures.beginning(path, student_page.HEAD_BYTES)) == digest:
            return 0
        write_changed(path, student_page.student_page(view, lead, digest))
        return 1


def write_all(job: Job, processes: int = 0) -> Count:
    """Write everybody's.

    Args:
        job: what, and where to.
        processes: how many; 0 for one a core. They are forked: what was read is there in all of them.

    Raises:
        OSError: a folder cannot be written.
        MachineFault: a process died.
    """
    numbers = range(len(job.rows.students))
    portions = [numbers[start : start + PORTION] for start in range(0, len(numbers), PORTION)]
    processes = min(processes or len(os.sched_getaffinity(0)), len(portions))
    if processes <= 1:
        return job.run(numbers)
    global _job  # handed to the processes by the fork
    _job = job
    try:
        with ProcessPoolExecutor(processes, get_context("fork")) as pool:
            return sum(pool.map(_portion, portions), Count())
    except BrokenExecutor as error:
        raise MachineFault(
            "a process that writes students' pages died", hint="Is memory short? Run the same command with --workers 1."
        ) from error
    finally:
        _job = None


_job: Job | None = None


def _portion(numbers: Sequence[int]) -> Count:
    assert _job is not None
    return _job.run(numbers)


def into_feedback(course: Course, view: StudentView, lead: str, digest: str) -> Count:
    """Put a student's figures into their feedback pages; pages of other programs stay as they are."""
    base = course.root / "feedback"
    folder, count = base / view.student, Count()
    if folder.parent != base or not view.student or view.student.startswith(".") or not folder.is_dir():
        return count
    for assignment in course.assignments:
        path = folder / assignment.id / f"{assignment.id}.html"
        if figures.digest_of(figures.beginning(path, figures.HEAD_BYTES)) == digest:
            count += Count(feedback=1)
        elif path.is_file():
            page = student_page.with_own_figures(path.read_text(encoding="utf-8"), view, lead, digest)
            if page is not None:
                write_changed(path, page)
                count += Count(feedback=1, written=1)
    return count


def unwritable(folder: Path, error: OSError) -> MachineFault:
    """What to say when a page cannot be written."""
    return MachineFault(
        f"{error.filename or folder} cannot be written: {error.strerror or error}",
        hint="Mend that, or choose another --output; then run the same command.",
    )
