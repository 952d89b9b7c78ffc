"""The questions of a step as its template heads them: what a student is told is missing has the name that the student knows."""

from __future__ import annotations

import re

from coursegrader.course import Course
from coursegrader.errors import SubmissionFault
from coursegrader.submission import parse, read_file

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def headings(course: Course, assignment: str) -> dict[str, str]:
    """Grade id -> the heading that stands before it in the released notebook; nothing where there is no release to read.

    Example:
        >>> headings(course, "projet-1-analyse")["analyse_besoin"]         # doctest: +SKIP
        '1. Le besoin'
    """
    try:
        cells = parse(read_file(course.release_dir(assignment) / f"{assignment}.ipynb")).cells
    except (SubmissionFault, OSError):
        return {}
    found, last = {}, ""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        if cell.grade_id and last:
            found[cell.grade_id] = last
        titles = _HEADING.findall(cell.source)
        last = titles[-1] if titles else last
    return found
