"""What the commands that grade an assignment have in common: which one, whose, on how many processes, how confined."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from coursegrader.commands import add_workers, isolation
from coursegrader.course import Course


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the assignment, `--student`, `--workers` and `--no-isolation`."""
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="id of the assignment")
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    add_workers(parser)
    isolation.add_options(parser)


def refresh_figures(course: Course, students: Iterable[str], assignments: Sequence[str]) -> None:
    """Once all is written: the figures that feedback pages have taken over from older ones, as they are now.

    In a course without a report nothing is read but the beginnings of these pages.
    """
    from coursegrader.feedback.figures import carriers

    chosen = carriers(course.root, students, assignments)
    if chosen:
        from coursegrader.report.refresh import refresh_figures

        refresh_figures(course, chosen)
