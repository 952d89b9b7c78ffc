"""`coursegrader report`: the class as a page, and each student's own figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command, add_workers
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader report                              reports/classe.html and a page for each student\n"
        "  coursegrader report --audience class             for students to see: no names, no small groups\n"
        "  coursegrader report --student marley             this student's page and feedback only\n"
        "\n"
        "Each student's own figures also go into the feedback pages, which `nbgrader release_feedback` hands to that student."
    )
    parser = add_command(commands, "report", "write the class as an HTML page, and each student's own figures", example)
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to (default: reports/ in the course)")
    parser.add_argument(
        "--audience",
        choices=("teacher", "class"),
        default="teacher",
        help="teacher: with names, not to be published; class: only groups that hide everybody (default: teacher)",
    )
    parser.add_argument("--student", action="append", metavar="ID", help="only this student's page (may be repeated)")
    parser.add_argument("--no-pages", action="store_true", help="no pages of single students")
    parser.add_argument("--no-feedback", action="store_true", help="leave the feedback pages as they are")
    add_workers(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the report and say where it is."""
    from coursegrader.report import write_report

    course = load_course(options.root, only=[])
    written = write_report(
        course,
        options.output,
        audience=options.audience,
        only=options.student,
        pages=not options.no_pages,
        feedback=not options.no_feedback,
        workers=options.workers,
    )
    print(f"report: {written.page}")
    if written.students:
        print(f"students' own pages: {written.students} in {written.page.parent / 'etudiants'}")
    if written.feedback:
        print(
            f"feedback pages with the student's own figures: {written.feedback}; `nbgrader release_feedback` hands them out"
        )
    if written.students or written.feedback:
        print(f"of these, {written.changed} had changed and were written")
    for problem in written.problems:
        print(f"note: {problem}", file=sys.stderr)
    return 0
