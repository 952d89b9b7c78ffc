"""Hand-ins become events: whoever looks at the milestones first notes what lies in `submitted/` and is new."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from coursegrader.course import Course, Milestone
from coursegrader.messages import text
from coursegrader.milestones.handin import signature
from coursegrader.milestones.ledger import Event, Ledger
from coursegrader.submission import handed_in_at, printable


def students_in(course: Course) -> list[str]:
    """Students who have handed in anything at all; names that cannot be written down are left out."""
    try:
        names = os.listdir(course.root / "submitted")
    except OSError:
        return []
    folder = course.root / "submitted"
    return sorted(
        name for name in names if printable(name) == name and not name.startswith(".") and (folder / name).is_dir()
    )


def note_hand_ins(course: Course, ledger: Ledger, students: Sequence[str] | None = None) -> list[Event]:
    """Note every new hand-in of a milestone: submitted, or late by the student's own date and the assignment's grace.

    Returns:
        The changes made now. What is known already, or decided, changes nothing.
    """
    events = []
    for student in students_in(course) if students is None else students:
        for milestone in course.milestones:
            folder = course.root / "submitted" / student / milestone.assignment
            if not milestone.assignment or folder.is_symlink() or not folder.is_dir():
                continue
            at = handed_in_at(folder)
            late = at is not None and is_late(course, ledger, student, milestone, at)
            why = text("milestones.why_late") if late else text("milestones.why_submitted")
            event = ledger.hand_in(student, milestone, signature(folder, milestone.assignment), at, late, why)
            events += [event] if event is not None else []
    return events


def is_late(course: Course, ledger: Ledger, student: str, milestone: Milestone, at: datetime) -> bool:
    """Whether a moment is after the student's own date, grace included."""
    policy = course.assignment(milestone.assignment).policy
    return policy.late.days(ledger.due(student, milestone), at, course.tz) > 0
