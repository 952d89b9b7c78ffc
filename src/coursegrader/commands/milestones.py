"""`coursegrader milestones`: where each project stands, who changed it and why, and what a hand-in lacks. Here is how it is asked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command, isolation
from coursegrader.commands.milestone_actions import check, decide, extend, history, show
from coursegrader.course.table import DATE_EXAMPLE

EXAMPLE = """\
  coursegrader milestones                                        the class: a row a student, a column a milestone
  coursegrader milestones --student lea                          one student, with dates, reasons and what is next
  coursegrader milestones check lea                              look at everything that lea handed in
  coursegrader milestones check lea but                          one milestone; writes the student's page, too
  coursegrader milestones check                                  everything that was handed in and not looked at yet
  coursegrader milestones set lea but validated --by "M. Rochat" --why "But clair et mesurable."
  coursegrader milestones extend lea but "2027-02-08 23:59" --by "M. Rochat" --why "malade"
  coursegrader milestones history --student lea                  who changed what, when and why
  coursegrader milestones --json

exit codes: 0 done; 1 `check` found something missing; 2 wrong usage, or a step that is not allowed; 3 the course needs mending;
4 the machine cannot do it"""


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "milestones", "show, check and decide the milestones of the final project", EXAMPLE)
    _filters(parser)
    parser.set_defaults(run=_explained(show))
    actions = parser.add_subparsers(title="actions", metavar="ACTION")

    deciding = actions.add_parser("set", help="decide: the new state, who says so and why")
    deciding.add_argument("student", metavar="STUDENT")
    deciding.add_argument("milestone", metavar="MILESTONE")
    deciding.add_argument(
        "state", metavar="STATE", help="validated, needs_work, presented, accepted, not_accepted, excused ..."
    )
    deciding.add_argument("--expected", metavar="STATE", help="refuse if it is in another state by now")
    _signed(deciding)
    deciding.set_defaults(run=_explained(decide))

    checking = actions.add_parser("check", help="look at what was handed in, and write the student's page")
    checking.add_argument("student", nargs="?", metavar="STUDENT", help="id (default: everybody not looked at yet)")
    checking.add_argument("milestone", nargs="?", metavar="MILESTONE", help="id (default: all that were handed in)")
    checking.add_argument(
        "--online", action="store_true", help="ask whether repository links answer (needs the network)"
    )
    checking.add_argument("--json", action="store_true", help="findings as JSON")
    isolation.add_options(checking)
    checking.set_defaults(run=_explained(check))

    extending = actions.add_parser("extend", help="give a student another date")
    extending.add_argument("student", metavar="STUDENT")
    extending.add_argument("milestone", metavar="MILESTONE")
    extending.add_argument("date", metavar="DATE", help=f"{DATE_EXAMPLE}, in the course's time zone")
    extending.add_argument("--past", action="store_true", help="take a date that is past already")
    _signed(extending)
    extending.set_defaults(run=_explained(extend))

    past = actions.add_parser("history", help="who changed what, when and why")
    _filters(past)
    past.set_defaults(run=_explained(history))
    for action in (deciding, checking, extending, past):  # `--root` may stand behind the action as well
        action.add_argument("--root", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--student", metavar="ID", help="only this student")
    parser.add_argument("--json", action="store_true", help="as JSON, a record a row")


def _signed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="NAME", help="who says so")
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason; the student reads it")


def _explained(action: Any) -> Any:
    """What a person asked for and cannot have is wrong usage, not a fault of the course."""

    def run(options: argparse.Namespace) -> int:
        from coursegrader.milestones.ledger import Refused

        try:
            return int(action(options))
        except Refused as refused:
            print(f"coursegrader milestones: {refused}", file=sys.stderr)
            return 2

    return run
