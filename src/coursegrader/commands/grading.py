"""What the commands that grade an assignment have in common: which one, whose, on how many processes, how confined."""

from __future__ import annotations

import argparse

from coursegrader.commands import isolation


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the assignment, `--student`, `--workers` and `--no-isolation`."""
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="id of the assignment")
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a core)")
    isolation.add_options(parser)
