"""`coursegrader policy`: what a change of the policies does to grades, and its writing down."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from coursegrader.commands import add_command, confirm, grading
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader policy                               what course_config.py would change; asks before it writes\n"
        "  coursegrader policy 01-compter-generer --diff     the same, for one assignment\n"
        "  coursegrader policy --yes                         write without asking, for scripts\n"
        "  coursegrader policy --json                        the differences as JSON lines; written only with --yes\n"
        "\n"
        "exit codes: 0 nothing differs, or it is written; 1 something differs and is not written."
    )
    parser = add_command(
        commands, "policy", "recompute grades after a change of deadlines, penalties, attempts or extensions", example
    )
    parser.add_argument("assignment", nargs="?", metavar="ASSIGNMENT", help="id (default: all)")
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    confirm.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, show, ask, write."""
    from coursegrader.gradebook import GradebookWriter
    from coursegrader.policy_changes import apply, plans
    from coursegrader.store import VerdictStore

    course = load_course(options.root, only=[])
    ids = [course.assignment(options.assignment).id] if options.assignment else [one.id for one in course.assignments]
    with (
        VerdictStore(course.root / "verdicts.db") as store,
        GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook,
    ):
        found, faults = plans(course, store, gradebook, ids, options.student)
        confirm.show([one.change for one in found], options, detail=False)
        for line in kept_deadlines(course, gradebook, ids):
            confirm.note(line, options)
        for student, fault in faults.items():
            print(f"{student}: cannot be computed: {fault}", file=sys.stderr)
        code = confirm.finish(found, options, lambda: apply(course, store, gradebook, found))
    if code == 0:
        grading.refresh_figures(course, {one.change.student for one in found}, ids)
    return 1 if faults else code


def kept_deadlines(course: Any, gradebook: Any, ids: list[str]) -> list[str]:
    """Deadlines that a teacher entered in formgrader, and that therefore do not follow the configuration."""
    lines = []
    for name in ids:
        own = gradebook.teachers_due(course.assignment(name))
        if own is not None:
            lines.append(
                f"{name}: the deadline entered in formgrader stands, {own.astimezone(course.tz):%Y-%m-%d %H:%M}; "
                f"course_config.py says {course.assignment(name).due:%Y-%m-%d %H:%M}"
            )
    return lines
