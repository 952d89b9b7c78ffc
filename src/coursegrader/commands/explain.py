"""`coursegrader explain`: why a student has this grade."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader explain marley 01-compter-generer                      for the terminal\n"
        "  coursegrader explain marley 01-compter-generer --json\n"
        "  coursegrader explain marley 01-compter-generer --html marley.html   one self-contained page\n"
        "\n"
        "For teachers: the output names hidden checks."
    )
    parser = add_command(
        commands, "explain", "explain a grade: submissions, lateness, checks, marks by hand, history", example
    )
    parser.add_argument("student", metavar="STUDENT", help="id of the student")
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="id of the assignment")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read and show."""
    from coursegrader.explain import explain
    from coursegrader.explain_pages import explanation_html, explanation_text
    from coursegrader.files import write_file

    course = load_course(options.root, only=[])
    found = explain(course, options.student, options.assignment)
    if options.json:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif options.html:
        write_file(options.html, explanation_html(found, course.language))
        print(options.html)
    else:
        print(explanation_text(found, shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
    return 0
