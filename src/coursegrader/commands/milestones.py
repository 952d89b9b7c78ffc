"""`coursegrader milestones`: where each project stands, who changed it and why, and what a hand-in lacks."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursegrader.commands import add_command, isolation
from coursegrader.course import Course, Milestone, load_course
from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.table import DATE_EXAMPLE, Table
from coursegrader.errors import CourseFault

if TYPE_CHECKING:
    import pandas as pd

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


def _course(options: argparse.Namespace) -> Course:
    course = load_course(options.root, only=[])
    if not course.milestones:
        raise CourseFault("The course has no milestones.", hint='Write "milestones": [...] in course_config.py.')
    return course


def show(options: argparse.Namespace) -> int:
    """The table of the class, or one student's."""
    from coursegrader.milestones import Ledger, milestone_frame
    from coursegrader.milestones.collecting import note_hand_ins
    from coursegrader.milestones.texts import class_text, student_text

    course = _course(options)
    with Ledger(course) as ledger:
        note_hand_ins(course, ledger)
    frame = milestone_frame(course)
    if options.student:
        _known(course, frame, options.student)
        frame = frame[frame["student"] == options.student]
    if options.json:
        print(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    elif frame.empty:
        print("Nobody is in the gradebook and nothing is handed in yet.")
    elif options.student:
        print(student_text(course, frame))
    else:
        print(class_text(course, frame))
    return 0


def history(options: argparse.Namespace) -> int:
    """Every change, oldest first."""
    from coursegrader.milestones import milestone_frame, milestone_history_frame

    course = _course(options)
    frame = milestone_history_frame(course)
    if options.student:
        _known(course, milestone_frame(course), options.student)
        frame = frame[frame["student"] == options.student]
    if options.json:
        print(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    else:
        columns = ["at", "student", "milestone", "before", "state", "by", "why"]
        frame = frame.assign(at=frame["at"].dt.tz_convert(course.tz).dt.strftime("%Y-%m-%d %H:%M"))
        print(frame[columns].to_string(index=False) if len(frame) else "Nothing has happened yet.")
    return 0


def decide(options: argparse.Namespace) -> int:
    """One decision."""
    from coursegrader.milestones import Ledger, milestone_frame
    from coursegrader.milestones.collecting import note_hand_ins
    from coursegrader.milestones.left_open import left_open
    from coursegrader.milestones.states import OVER

    course = _course(options)
    _known(course, milestone_frame(course), options.student)
    _milestone(course, options.milestone)
    with Ledger(course) as ledger:
        note_hand_ins(course, ledger, [options.student])
        event = ledger.change(
            options.student, options.milestone, options.state, by=options.by, why=options.why, expected=options.expected
        )
        flags = ledger.flags(options.student)
    print(f"{event.student}, {event.milestone}: {event.before} -> {event.state}, by {event.by}")
    if event.state in OVER - {"excused"}:
        frame = milestone_frame(course)
        for note in left_open(course, frame[frame["student"] == event.student], event.milestone, flags):
            print(f"note: {note}", file=sys.stderr)
    return 0


def extend(options: argparse.Namespace) -> int:
    """Another date for one student."""
    from coursegrader.milestones import Ledger, milestone_frame
    from coursegrader.milestones.ledger import Refused

    course = _course(options)
    _known(course, milestone_frame(course), options.student)
    _milestone(course, options.milestone)
    mistakes, whose = Mistakes(), f"{options.student}, {options.milestone}"
    due = Table({"DATE": options.date}, whose, mistakes).deadline("DATE", course.tz)
    if due is None:
        raise Refused(mistakes.items[0])
    if due < datetime.now(UTC) and not options.past:
        raise Refused(f"{whose}: {options.date} is past already.", hint="Write a later date, or --past if it is meant.")
    with Ledger(course) as ledger:
        ledger.extend(options.student, options.milestone, due, by=options.by, why=options.why)
    print(f"{options.student}, {options.milestone}: due {options.date}, by {options.by}")
    return 0


def check(options: argparse.Namespace) -> int:
    """The precheck of hand-ins; writes down what was found and the student's page, and decides where the course says so."""
    from coursegrader.milestones import Ledger, milestone_frame
    from coursegrader.milestones.collecting import note_hand_ins
    from coursegrader.milestones.looking import look_at, not_looked_at
    from coursegrader.milestones.page import write_page
    from coursegrader.milestones.repository import Online
    from coursegrader.milestones.texts import check_text
    from coursegrader.sandbox.warm import shared

    course = _course(options)
    if options.student:
        _known(course, milestone_frame(course), options.student)
    mode, ask = isolation.chosen_mode(options), Online() if options.online else None
    found: dict[str, dict[str, list[Any]]] = {}
    missing = False
    with Ledger(course) as ledger:
        note_hand_ins(course, ledger, [options.student] if options.student else None)
        if options.student:
            todo = [(options.student, one) for one in _to_check(course, options.student, options.milestone)]
        else:
            todo = not_looked_at(course, milestone_frame(course))
        for student, milestone in todo:
            one, decided = look_at(course, ledger, student, milestone, mode, shared(), ask)
            page = write_page(course, student, milestone.id, one)
            found.setdefault(student, {})[milestone.id] = [finding.to_dict() for finding in one.findings]
            missing = missing or one.missing > 0
            if not options.json:
                print(check_text(milestone.id if options.student else f"{student}, {milestone.id}", one, decided, page))
    if options.json:
        print(json.dumps(found.get(options.student, {}) if options.student else found, ensure_ascii=False))
    elif not todo:
        print("Nothing that was handed in waits to be looked at.")
    if ask is not None and ask.missing:
        print(
            "note: there is no network: no name can be resolved. Links were judged by their form alone.",
            file=sys.stderr,
        )
    return 1 if missing else 0


def _to_check(course: Course, student: str, wanted: str | None) -> list[Milestone]:
    from coursegrader.milestones.ledger import Refused

    if wanted:
        milestone = _milestone(course, wanted)
        if not milestone.assignment:
            raise Refused(f"{wanted} is not handed in: there is nothing to check.", hint="Decide it with `set`.")
        return [milestone]
    folder = course.root / "submitted" / student
    there = [m for m in course.milestones if m.assignment and (folder / m.assignment).is_dir()]
    if not there:
        raise Refused(f"{student} has handed in nothing for any milestone.")
    return there


def _milestone(course: Course, name: str) -> Milestone:
    """A milestone that does not exist is one, too."""
    from coursegrader.milestones.ledger import Refused

    try:
        return course.milestone(name)
    except CourseFault as fault:
        raise Refused(fault.message, hint=fault.hint) from None


def _known(course: Course, frame: pd.DataFrame, student: str) -> None:
    """A decision about somebody who does not exist is a slip of the pen."""
    from coursegrader.milestones.collecting import students_in
    from coursegrader.milestones.ledger import Refused

    names = sorted({*frame["student"], *students_in(course)})
    if student not in names:
        hint = did_you_mean(student, names) if names else "Add students with `nbgrader db student add`."
        raise Refused(f"There is no student {student!r}.", hint=hint)
