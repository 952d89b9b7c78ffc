"""What a student reads about a submission besides its verdict, French: a page of its own while there is none, and lines at its top."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from coursegrader.course import Assignment, Course
from coursegrader.feedback import notice_page
from coursegrader.messages import set_language, text
from coursegrader.watch.state import Row

_MAIN = '<main id="contenu" tabindex="-1">\n'


def local(course: Course, moment: datetime | float) -> str:
    """A moment as the course's students read it.

    Example:
        >>> local(course, 0.0)                                          # doctest: +SKIP
        '01.01.1970 à 01:00'
    """
    at = datetime.fromtimestamp(moment, course.tz) if isinstance(moment, float) else moment.astimezone(course.tz)
    return f"{at:%d.%m.%Y} à {at:%H:%M}"


def notice(course: Course, row: Row, name: str, **fields: object) -> str:
    """A page that says what became of a submission: `watch.<name>` of the texts."""
    set_language(course.language)
    assignment = course.assignment(row.arrival.assignment)
    received = text("watch.received", at=local(course, row.arrival.stamp))
    return notice_page(
        course_title=course.title,
        assignment_title=assignment.title,
        student=row.arrival.student,
        headline=text(f"watch.{name}_title"),
        sentences=[received, text(f"watch.{name}", **fields), *remarks(course, assignment, row)],
        language=course.language,
    )


def remarks(course: Course, assignment: Assignment, row: Row) -> list[str]:
    """What was odd about a submission: late, or with files that were left out."""
    lines = []
    due = assignment.due_for(row.arrival.student)
    if row.arrival.stamp > due:
        lines.append(text("watch.late", due=local(course, due)))
    if row.left_out:
        names = ", ".join(row.left_out[:5]) + (" …" if len(row.left_out) > 5 else "")
        lines.append(text("watch.left_out", names=names))
    return lines


def with_remarks(page: str, lines: Sequence[str]) -> str:
    """A feedback page with lines about the submission at its top."""
    if not lines or _MAIN not in page:
        return page
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    heading = escape(text("watch.heading"))
    section = f'<section class="warnings" aria-labelledby="depot">\n<h2 id="depot">{heading}</h2>\n<ul>\n{items}</ul>\n</section>\n'
    return page.replace(_MAIN, _MAIN + section, 1)
