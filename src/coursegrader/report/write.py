"""Pages into files: the class's, one for each student, and each student's figures into the feedback pages that are waiting to be released."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from coursegrader.course import Course
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook.frames import Frames
from coursegrader.report.class_view import class_view
from coursegrader.report.data import ReportData
from coursegrader.report.page import class_page
from coursegrader.report.shared_view import shared_view
from coursegrader.report.student_page import figures_part, student_page, with_own_figures
from coursegrader.report.student_view import StudentView, student_views

TEACHER, CLASS = "teacher", "class"
STUDENTS = "etudiants"
_NAMES = {TEACHER: "classe.html", CLASS: "classe-partagee.html"}


@dataclass
class Written:
    """What a run wrote: the class's page, how many students' pages and feedback pages, and what was left out of the figures."""

    page: Path
    students: int = 0
    feedback: int = 0
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

    Raises:
        CourseFault: `only` names somebody who is not in the gradebook.
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
            write_page(written.page, class_page(shared_view(data)))
        else:
            names = file_names(data.frames.students["student"].tolist()) if pages else {}
            href = {student: f"{STUDENTS}/{quote(name)}" for student, name in names.items()}
            write_page(written.page, class_page(class_view(data, href)))
            if pages or feedback:
                for view in student_views(data, chosen):
                    if pages:
                        write_page(folder / STUDENTS / names[view.student], student_page(view))
                        written.students += 1
                    if feedback:
                        written.feedback += _into_feedback(course, view)
    except OSError as error:
        raise MachineFault(
            f"{error.filename or folder} cannot be written: {error.strerror or error}",
            hint="Mend that, or choose another --output; then run the same command.",
        ) from error
    written.problems = data.frames.problems
    return written


def _refuse_strangers(data: ReportData, chosen: frozenset[str] | None) -> None:
    strangers = sorted((chosen or frozenset()) - set(data.frames.students["student"]))
    if strangers:
        raise CourseFault(
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


def _into_feedback(course: Course, view: StudentView) -> int:
    """Put a student's figures into their feedback pages; how many there were."""
    base = course.root / "feedback"
    folder, done = base / view.student, 0
    if folder.parent != base or not view.student or view.student.startswith(".") or not folder.is_dir():
        return 0
    part = ""
    for assignment in course.assignments:
        path = folder / assignment.id / f"{assignment.id}.html"
        if not path.is_file():
            continue
        part = part or figures_part(view)
        old = path.read_text(encoding="utf-8")
        new = with_own_figures(old, part)
        if new is not None:
            done += 1
            if new != old:
                write_page(path, new)
    return done


def write_page(path: Path, text: str) -> None:
    """Write a file whole or not at all; one that says the same already stays."""
    data = text.encode("utf-8")
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{hashlib.sha256(path.name.encode()).hexdigest()[:16]}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
