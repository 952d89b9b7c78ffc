"""`coursegrader grade`: grade what was submitted."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from coursegrader.commands import add_command, isolation
from coursegrader.course import load_course
from coursegrader.terminal import progress_bar


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader grade 01-compter-generer                     everybody who is not graded yet\n"
        "  coursegrader grade 01-compter-generer --student marley    one student\n"
        "  coursegrader grade 01-compter-generer --force --workers 2\n"
        "\n"
        "Submissions lie in submitted/<student>/<assignment>/, as `nbgrader collect` or `nbgrader zip_collect` puts them."
    )
    parser = add_command(
        commands, "grade", "run submissions in the sandbox, check them, write grades and feedback", example
    )
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="id of the assignment")
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    parser.add_argument("--force", action="store_true", help="grade again what has not changed")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--json", action="store_true", help="verdicts as JSON lines on standard output")
    isolation.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade, show progress, and sum up."""
    from coursegrader.sandbox.warm import shared

    shared()  # warms up while the rest is imported
    from coursegrader.grade import feedback_path, grade
    from coursegrader.terminal import verdict_table

    course = load_course(options.root, only=[options.assignment])
    mode = isolation.chosen_mode(options)
    with progress_bar("grading", quiet=options.json) as progress:
        done = grade(
            course,
            options.assignment,
            mode,
            students=options.student,
            force=options.force,
            workers=options.workers,
            progress=progress,
        )
    if options.json:
        for verdict in [*done.verdicts, *done.unchanged]:
            print(verdict.to_json())
        for student, fault in done.faults.items():
            print(json.dumps({"student": student, "status": "fault", "reason": fault}, ensure_ascii=False))
    else:
        if not (done.verdicts or done.unchanged or done.faults):
            print(f"No submission of {options.assignment} in {course.root / 'submitted'}.")
        if done.verdicts:
            print(verdict_table(done.verdicts))
            print(f"feedback: {feedback_path(course, done.verdicts[0])}")
        if done.unchanged:
            print(f"{len(done.unchanged)} unchanged since they were graded; --force grades them again.")
        for student, fault in done.faults.items():
            print(f"{student}: not graded, the machine failed: {fault}", file=sys.stderr)
    absent = set(options.student or ()) - {v.student for v in (*done.verdicts, *done.unchanged)} - set(done.faults)
    for student in sorted(absent):
        print(f"{student}: has handed in nothing for {options.assignment}", file=sys.stderr)
    return 1 if done.faults or absent else 0
