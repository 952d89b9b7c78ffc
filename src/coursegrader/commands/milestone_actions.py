"""What `coursegrader milestones` does: shows, decides, extends, checks. How it is asked is in `milestones`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from coursegrader.commands import isolation
from coursegrader.course import Course, Milestone, load_course
from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.table import Table
from coursegrader.errors import CourseFault

if TYPE_CHECKING:
    import pandas as pd


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
