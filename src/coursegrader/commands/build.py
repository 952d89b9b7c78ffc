"""`coursegrader build`: source and reference in, student release out."""

from __future__ import annotations

import argparse
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader build                        every assignment\n"
        "  coursegrader build 01-compter-generer     one\n"
        "  coursegrader build --check                fail when release/ is not what source/ and reference/ give"
    )
    parser = add_command(
        commands,
        "build",
        "make the student release: solutions spliced, stripped by nbgrader, checked for leaks",
        example,
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="ids (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a release is stale")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build or compare."""
    from coursegrader.build import build_release, release_is_current

    course = load_course(options.root, only=options.assignments or None)
    chosen = [course.assignment(name) for name in options.assignments] or list(course.assignments)
    stale = 0
    for assignment in chosen:
        if options.check:
            current = release_is_current(course, assignment)
            stale += not current
            print(f"{assignment.id}: {'up to date' if current else 'stale: run `coursegrader build`'}")
        else:
            print(f"{assignment.id}: {build_release(course, assignment)}")
    return 1 if stale else 0
