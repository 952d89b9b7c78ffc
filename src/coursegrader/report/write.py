"""The report: the class's page, one for each student, and each student's figures in the feedback pages that wait to be released."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from coursegrader.course import Course
from coursegrader.errors import WrongUsage
from coursegrader.files import write_changed
from coursegrader.gradebook.frames import Frames
from coursegrader.report.class_view import class_view
from coursegrader.report.data import ReportData
from coursegrader.report.page import class_page
from coursegrader.report.shared_view import shared_view
from coursegrader.report.student_files import Job, unwritable, write_all
from coursegrader.report.student_rows import StudentRows

TEACHER, CLASS = "teacher", "class"
STUDENTS = "etudiants"
_NAMES = {TEACHER: "classe.html", CLASS: "classe-partagee.html"}


@dataclass
class Written:
    """The class's page, how many students' pages and feedback pages are up to date now, how many of them had changed, and what was left out
    of the figures.
    """

    page: Path
    students: int = 0
    feedback: int = 0
    changed: int = 0
    problems: list[str] = field(default_factory=list)


def write_report(
    course: Course,
    folder: Path | None = None,
    *,
    audience: str = TEACHER,
    only: Sequence[str] | None = None,
    pages: bool = True,
    feedback: bool = True,
    now: datetime | None = None,
    workers: int = 0,
) -> Written:
    """Write the report.

    Args:
        course: its gradebook is read, and nothing of it changed.
        folder: where to; `reports/` in the course when None.
        audience: TEACHER, with names; CLASS, for students to see, without names and small groups, and without students' pages.
        only: students whose pages are written; all when None.
        pages: write students' pages.
        feedback: put each student's figures into their feedback pages, for `nbgrader release_feedback`.
        now: aware; the present time when None.
        workers: processes that write students' pages; 0 for one a core.

    Raises:
        WrongUsage: `only` names somebody who is not in the gradebook.
        MachineFault: the gradebook cannot be read, or the folder not be written.

    Example:
        >>> write_report(course).page                                      # doctest: +SKIP
        PosixPath('reports/classe.html')
    """
    folder = (folder or course.root / "reports").resolve()
    data = ReportData(Frames(course), course, now or datetime.now(UTC))
    chosen = None if only is None else frozenset(only)
    _refuse_strangers(data, chosen)
    written = Written(folder / _NAMES[audience])
    try:
        if audience == CLASS:
            write_changed(written.page, class_page(shared_view(data)))
        else:
            names = file_names(data.frames.students["student"].tolist()) if pages else {}
            href = {student: f"{STUDENTS}/{quote(name)}" for student, name in names.items()}
            write_changed(written.page, class_page(class_view(data, href)))
            if pages or feedback:
                job = Job(data, StudentRows(data, chosen), folder / STUDENTS, names, feedback)
                done = write_all(job, workers)
                written.students, written.feedback, written.changed = done.students, done.feedback, done.written
    except OSError as error:
        raise unwritable(folder, error) from error
    written.problems = data.frames.problems
    return written


def _refuse_strangers(data: ReportData, chosen: frozenset[str] | None) -> None:
    strangers = sorted((chosen or frozenset()) - set(data.frames.students["student"]))
    if strangers:
        raise WrongUsage(
            f"the gradebook knows no student {', '.join(strangers)}", hint="`coursegrader gradebook` shows every id."
        )


def file_names(students: Sequence[str]) -> dict[str, str]:
    """A file name for each student: the id where it can be one, else one made from it; never the same one twice, on no file system.

    Example:
        >>> file_names(["lea", "../x"])["lea"], file_names(["../x"])["../x"].startswith("etudiant-")
        ('lea.html', True)
    """
    names, taken = {}, set()
    for student in students:
        plain = '/\\:*?"<>|%#'
        whole = student and not student.startswith(".") and student.isprintable() and not set(student) & set(plain)
        name = f"{student}.html"
        if not whole or len(name.encode()) > 200 or name.casefold() in taken:
            name = f"etudiant-{hashlib.sha256(student.encode()).hexdigest()[:24]}.html"
        taken.add(name.casefold())
        names[student] = name
    return names
