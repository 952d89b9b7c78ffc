"""`coursegrader regrade`: old submissions by the checks of today, with a diff."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from coursegrader.commands import add_command, confirm, grading, isolation
from coursegrader.course import load_course
from coursegrader.terminal import progress_bar


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader regrade 01-compter-generer --diff                    whose points move, by exercise and check; asks before it writes\n"
        "  coursegrader regrade 01-compter-generer                           the same, a line a student\n"
        "  coursegrader regrade 01-compter-generer --student marley --yes    one student, without asking\n"
        "  coursegrader regrade 01-compter-generer --json                    JSON lines; written only with --yes\n"
        "\n"
        "Takes every submission that can count from the archive. Manual grades, extra credit and comments stand.\n"
        "exit codes: 0 nothing differs, or it is written; 1 something differs and is not written, or the machine failed."
    )
    parser = add_command(
        commands, "regrade", "grade old submissions again by the checks of today, and show whose points move", example
    )
    grading.add_options(parser)
    confirm.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade, compare, show, ask, write."""
    from coursegrader.start_up import quick_imports, start_warm_parent

    course = load_course(options.root, only=[options.assignment])
    start_warm_parent(course, options.assignment, confined=not options.no_isolation)
    with quick_imports():
        from coursegrader.gradebook import GradebookWriter
        from coursegrader.regrade import apply, regrade
        from coursegrader.store import VerdictStore

    mode = isolation.chosen_mode(options)
    with (
        VerdictStore(course.root / "verdicts.db") as store,
        GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook,
    ):
        with progress_bar("regrading", quiet=options.json) as progress:
            found = regrade(
                course,
                store,
                gradebook,
                options.assignment,
                mode,
                students=options.student,
                workers=options.workers,
                progress=progress,
            )
        confirm.show([one.change for one in found.plans], options, detail=options.diff)
        confirm.note(f"{found.same} students keep every outcome.", options)
        for student, fault in found.faults.items():
            print(f"{student}: not graded, the machine failed: {fault}", file=sys.stderr)
        code = confirm.finish(found.plans, options, lambda: apply(course, store, gradebook, found))
    if code == 0:
        grading.refresh_figures(course, [one.change.student for one in found.plans], [options.assignment])
    return 1 if found.faults else code
