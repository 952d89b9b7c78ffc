"""`coursegrader gradebook`: the grades as a table or a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader gradebook                               every assignment: a row a student, empty where nothing is graded\n"
        "  coursegrader gradebook 01-compter-generer            one assignment: a column an exercise\n"
        "  coursegrader gradebook --csv grades.csv              the same into a file\n"
        "  coursegrader gradebook --json"
    )
    parser = add_command(commands, "gradebook", "show the gradebook as a pandas table", example)
    parser.add_argument("assignment", nargs="?", metavar="ASSIGNMENT", help="id (default: all, in percent)")
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write to a file; cells that a spreadsheet would run as a formula are defused",
    )
    parser.add_argument("--json", action="store_true", help="as JSON, a record a student")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read, show, write."""
    from coursegrader.gradebook import Frames, course_table, score_table, with_everybody, write_csv

    course = load_course(options.root, only=[])
    frames = Frames(course)
    graded = score_table(course, options.assignment, frames) if options.assignment else course_table(course, frames)
    table = with_everybody(graded, frames)
    if options.csv:
        write_csv(table, options.csv)
        print(options.csv)
    elif options.json:
        print(table.reset_index().to_json(orient="records", force_ascii=False))
    else:
        print(table.to_string(na_rep="") if len(graded) else "No grades yet: run `coursegrader grade ASSIGNMENT`.")
    return 0
