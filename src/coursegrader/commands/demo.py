"""`coursegrader demo`: the whole way on a class of known submissions, in a folder of its own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command, add_workers, isolation
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = "  coursegrader demo\n  coursegrader demo 01-compter-generer 02-contexte-plus-long\n  coursegrader demo --all --keep /tmp/class"
    parser = add_command(
        commands, "demo", "build, release, hand in, grade and read the gradebook, on known submissions", example
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="which ones (default: the first)")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="where to make the class, or an earlier demo's folder (default: a new temporary one, which stays)",
    )
    add_workers(parser)
    parser.add_argument("--all", action="store_true", help="every assignment, many minutes")
    isolation.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo; 1 when a verdict is not the one it must be."""
    from coursegrader.demo import run_demo

    course = load_course(options.root)
    named = [course.assignment(name) for name in options.assignments]
    chosen = course.assignments if options.all else named or course.assignments[:1]
    return run_demo(course, chosen, isolation.chosen_mode(options), options.keep, options.workers)
