"""The states of a milestone and which may follow which: a table, so that it can be read at a glance.

    not_started -> submitted | late -> needs_work -> submitted | late -> validated | presented | accepted | not_accepted

`excused` is for a student who need not do it. What is over goes back to work only by a teacher (`needs_work`), never by a hand-in.
"Overdue" is no state: it is the date, and is worked out when somebody looks.
"""

from __future__ import annotations

from coursegrader.course import Milestone

STATES = (
    "not_started",
    "submitted",
    "late",
    "needs_work",
    "validated",
    "presented",
    "accepted",
    "not_accepted",
    "excused",
)
OVER = frozenset({"validated", "presented", "accepted", "not_accepted", "excused"})
HANDED_IN = frozenset({"submitted", "late"})
ENDS = {
    "validated": frozenset({"validated"}),
    "presented": frozenset({"presented"}),
    "accepted": frozenset({"accepted", "not_accepted"}),
}
_ALL_ENDS = OVER - {"excused"}
TRANSITIONS = {
    "not_started": HANDED_IN | _ALL_ENDS | {"needs_work", "excused"},
    "submitted": HANDED_IN | _ALL_ENDS | {"needs_work", "excused", "not_started"},
    "late": HANDED_IN | _ALL_ENDS | {"needs_work", "excused", "not_started"},
    "needs_work": HANDED_IN | _ALL_ENDS | {"excused"},
    "validated": frozenset({"needs_work"}),
    "presented": frozenset({"needs_work"}),
    "accepted": frozenset({"needs_work"}),
    "not_accepted": frozenset({"needs_work"}),
    "excused": frozenset({"not_started"}),
}


def allowed(milestone: Milestone, state: str) -> tuple[str, ...]:
    """The states that may follow, in the order of STATES.

    Example:
        >>> from datetime import datetime
        >>> allowed(Milestone("but", "But", datetime(2027, 1, 25)), "needs_work")
        ('submitted', 'late', 'validated', 'excused')
        >>> allowed(Milestone("but", "But", datetime(2027, 1, 25)), "validated")
        ('needs_work',)
    """
    other_ends = _ALL_ENDS - ENDS[milestone.outcome]
    return tuple(name for name in STATES if name in TRANSITIONS[state] - other_ends)


def taken_by_hand_in(state: str) -> bool:
    """Whether a new hand-in changes this state by itself; a teacher's decision is never undone by a file."""
    return state in {"not_started", "submitted", "late", "needs_work"}


def waiting_for(state: str) -> str:
    """Who is to do the next thing: "student", "teacher" or nobody ("").

    Example:
        >>> waiting_for("late"), waiting_for("needs_work"), waiting_for("validated")
        ('teacher', 'student', '')
    """
    if state in OVER:
        return ""
    return "teacher" if state in HANDED_IN else "student"
