"""`coursegrader export`: the gradebook for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course
from coursegrader.errors import MachineFault

FORMATS = ("csv", "parquet", "xlsx", "moodle", "canvas", "results")


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader export csv tables/                  a file a frame: students, submissions, exercises, checks, ...\n"
        "  coursegrader export parquet tables/              the same with all types, for pandas\n"
        "  coursegrader export xlsx notes.xlsx              a workbook; messages are notes on their cells\n"
        "  coursegrader export moodle grades.csv            Moodle: Grades > Import > CSV file\n"
        "  coursegrader export canvas grades.csv            Canvas: Grades > Import\n"
        "  coursegrader export results out/                 a results.json a submission, as Gradescope reads it\n"
        "\n"
        "No formula in a name or comment runs in a spreadsheet. docs/gradebook.md says what stands in each."
    )
    parser = add_command(commands, "export", "write the gradebook for spreadsheets, pandas and platforms", example)
    parser.add_argument("format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("to", type=Path, metavar="FILE", help="file, or folder for csv, parquet and results")
    parser.add_argument("--assignment", metavar="ID", help="only this assignment")
    parser.add_argument(
        "--separator",
        choices=(",", ";"),
        default=",",
        metavar="SEPARATOR",
        help='of CSV: a comma (the default), or a semicolon in quotes (";") for a French spreadsheet',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write, and say what."""
    course = load_course(options.root, only=[])
    from coursegrader import export
    from coursegrader.gradebook import Frames

    if options.assignment:
        course.assignment(options.assignment)
    frames, to, name = Frames(course), options.to, options.assignment
    notes: list[str] = []
    try:
        if options.format == "csv":
            print(*export.write_csv_tables(frames, to, name, options.separator), sep="\n")
        elif options.format == "parquet":
            print(*export.write_parquet_tables(frames, to, name), sep="\n")
        elif options.format == "results":
            print(f"{export.write_results(frames, to, name)} results in {to}")
        else:
            if options.format == "xlsx":
                notes = export.write_workbook(course, frames, to, name)
            elif options.format == "moodle":
                export.write_moodle(frames, to, name, options.separator)
            else:
                export.write_canvas(frames, to, name)
            print(to)
    except OSError as error:
        raise MachineFault(
            f"{error.filename or to} cannot be written: {error.strerror or error}", hint="Choose another place."
        ) from error
    for note in (*notes, *frames.problems):
        print(f"note: {note}", file=sys.stderr)
    return 0
