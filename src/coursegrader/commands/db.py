"""`coursegrader db copy`: a course's database to another place."""

from __future__ import annotations

import argparse
from typing import Any

from coursegrader.commands import add_command


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader db copy sqlite:///gradebook.db postgresql+psycopg://teacher@server/course\n"
        "  coursegrader db copy postgresql+psycopg:///course sqlite:///copy.db\n"
        "\n"
        "nbgrader's tables and coursegrader's own; the target has to be empty. Then set db_url in course_config.py.\n"
        "verdicts.db and the folders submitted/, autograded/, feedback/ are files of the course and stay where they are."
    )
    parser = add_command(commands, "db", "copy the course's database, SQLite or PostgreSQL", example, root=False)
    parser.add_argument("action", choices=("copy",), help="copy")
    parser.add_argument("source", metavar="FROM", help="SQLAlchemy address")
    parser.add_argument("target", metavar="TO", help="SQLAlchemy address of an empty database")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Copy, and show what was compared."""
    from coursegrader.gradebook.copying import copy_database

    copied = copy_database(options.source, options.target)
    for item in copied:
        print(f"{item.table:<36} {item.rows:>9} rows  sha256 {item.checksum[:16]}")
    print(f"{sum(item.rows for item in copied)} rows copied and compared")
    return 0
