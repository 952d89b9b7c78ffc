"""What lies in folders for one student's assignment: the graded notebook, the page, and the time of handing in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from coursegrader import submission
from coursegrader.course import Course
from coursegrader.errors import SubmissionFault
from coursegrader.feedback.figures import keep_figures
from coursegrader.files import remove_file, write_file
from coursegrader.settle import Settled
from coursegrader.store import Entry
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict


def write_files(course: Course, settled: Settled) -> None:
    """The graded notebook and the student's page."""
    verdict, notebook = settled.entry.verdict, settled.entry.notebook
    path = course.root / "autograded" / verdict.student / verdict.assignment / f"{verdict.assignment}.ipynb"
    if notebook is not None:
        write_file(path, notebook)
    else:
        remove_file(path)  # of an earlier, readable submission: it would pass for this one's
    write_page(course, verdict, settled.page)


def write_page(course: Course, verdict: Verdict, page: str) -> None:
    """Write a student's page, and beside it what nbgrader's release_feedback names it by: the receipt of the submission.

    The figures that `coursegrader report` has put into the page before stay in it, with the date that they bear.
    """
    path = feedback_path(course, verdict)
    write_file(path, keep_figures(page, page_at(path)))
    for name in ("timestamp.txt", "submission_secret.txt"):
        receipt = course.root / "submitted" / verdict.student / verdict.assignment / name
        try:
            write_file(path.with_name(name), submission.read_file(receipt, limit=1000).decode())
        except (SubmissionFault, UnicodeDecodeError):
            remove_file(path.with_name(name))  # not handed in through the exchange: nothing to name the page by


def is_written(course: Course, entry: Entry) -> bool:
    """Whether the files of a verdict are where they belong."""
    folder = course.root / "autograded" / entry.verdict.student / entry.verdict.assignment
    notebook = folder / f"{entry.verdict.assignment}.ipynb"
    return feedback_path(course, entry.verdict).is_file() and (entry.notebook is None or notebook.is_file())


def page_at(path: Path) -> str:
    """A page that was written before; "" where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def feedback_path(course: Course, verdict: Verdict) -> Path:
    """Where a student's page lies, as nbgrader's release_feedback expects it."""
    return course.root / "feedback" / verdict.student / verdict.assignment / f"{verdict.assignment}.html"


def submitted_at(course: Course, item: Submission) -> datetime | None:
    """When a submission was handed in, UTC without saying so, by nbgrader's timestamp.txt; None where there is none that can be read."""
    stamp = submission.handed_in_at(course.root / "submitted" / item.student / item.assignment)
    return stamp and stamp.replace(tzinfo=None)
