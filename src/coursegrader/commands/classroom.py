"""`coursegrader classroom`: a teacher's and a student's JupyterLab on this machine, with everything between them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader classroom                       # the first assignment, in ./classroom\n"
        "  coursegrader classroom --folder /tmp/room --port 9000 --assignment 03-un-neurone"
    )
    parser = add_command(
        commands, "classroom", "start a teacher's and a student's JupyterLab here, with exchange and watcher", example
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="of the classroom (default: classroom/ in the course)",
    )
    parser.add_argument("--port", type=int, default=8890, metavar="N", help="the teacher's; the student's is N+1")
    parser.add_argument(
        "--student", default="camille", metavar="ID", help="name of the student's seat (default: camille)"
    )
    parser.add_argument(
        "--assignment", action="append", metavar="ID", help="to release (may be repeated; default: the first)"
    )
    parser.add_argument("--no-watch", action="store_true", help="grade nothing by itself: the teacher uses formgrader")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the classroom until Ctrl-C."""
    from coursegrader.classroom import run_classroom
    from coursegrader.classroom.room import make_classroom
    from coursegrader.course import load_course

    course = load_course(options.root, only=[])
    chosen = [course.assignment(name).id for name in options.assignment or [course.assignments[0].id]]
    room = make_classroom(course.root, options.folder or course.root / "classroom", options.port, options.student)
    run_classroom(room, chosen, watch=not options.no_watch)
    return 0
