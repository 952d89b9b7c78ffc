"""Milestones of the final project: what course_config.py says of each, read with every mistake named."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.table import STAND_IN, Table

EVIDENCE = ("answers", "hours", "slides", "code")
DECIDES = ("teacher", "precheck")
OUTCOMES = ("validated", "presented", "accepted")
HOURS = (20.0, 40.0)
KEYS = ("id", "title", "due")
OPTIONAL = ("assignment", "evidence", "decides", "decide_by", "outcome", "follows", "weight", "hours")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LONGEST_ID = 40
Dates = Mapping[str, tuple[datetime, datetime]]  # of assignments: release and due


@dataclass(frozen=True)
class Milestone:
    """One dated step of the final project.

    Attributes:
        due: when the student must be there.
        assignment: the nbgrader assignment that it is handed in with; "" for what is not handed in.
        evidence: what the automatic precheck looks at: "answers" (every written answer is there), "hours" (the work log adds up), "slides",
            "code" (repository or archive complete, notebooks run, data, training and evaluation of one's own).
        decides: "teacher", or "precheck": a hand-in in time in which the automatic precheck finds everything is validated by it, all others by
            the teacher.
        decide_by: when the teacher must have decided; None when nothing is promised.
        outcome: what it ends in: "validated", "presented", or "accepted" (or not accepted).
        follows: French, what comes after it; students read it.
        weight: percent of the project.
        hours: least and most hours of a work log.

    Example:
        >>> Milestone("m1", "But", datetime(2027, 1, 25)).outcome
        'validated'
    """

    id: str
    title: str
    due: datetime
    assignment: str = ""
    evidence: tuple[str, ...] = ()
    decides: str = "teacher"
    decide_by: datetime | None = None
    outcome: str = "validated"
    follows: str = ""
    weight: float = 0.0
    hours: tuple[float, float] = HOURS


def read_milestones(entries: list[Any], dates: Dates, zone: ZoneInfo, mistakes: Mistakes) -> tuple[Milestone, ...]:
    """The milestones in their order.

    Args:
        entries: the list under "milestones".
        dates: assignment id -> its release and its due date.
        zone: of the course.
        mistakes: receives what is wrong.
    """
    milestones = [_milestone(number, entry, dates, zone, mistakes) for number, entry in enumerate(entries)]
    for before, after in itertools.pairwise(milestones):
        if STAND_IN not in (before.due, after.due) and after.due < before.due:
            text = f"before that of {before.id}, which stands above it; put them into the order of their dates"
            mistakes.add(f"milestone {after.id}, due", text)
    total = sum(milestone.weight for milestone in milestones)
    if total and not math.isclose(total, 100.0, abs_tol=1e-6):
        mistakes.add("milestones", f"their weights add up to {total:g}; make it 100 (percent of the project)")
    return tuple(milestones)


def _milestone(number: int, entry: Any, dates: Dates, zone: ZoneInfo, mistakes: Mistakes) -> Milestone:
    table = Table(entry, f"milestones[{number}]", mistakes)
    name = table.text("id")
    if name and (not _ID.fullmatch(name) or len(name) > _LONGEST_ID):
        table.wrong("id", f'"{name}" is no id; write at most {_LONGEST_ID} letters, digits, - and _')
    elif name:
        table.where = f"milestone {name}"
    assignment = _assignment(table, dates)
    required = [key for key in KEYS if key != "due" or not assignment]
    table.keys(required, [*KEYS, *OPTIONAL])
    due = _due(table, assignment, dates, zone)
    decide_by = table.deadline("decide_by", zone)
    if decide_by and due != STAND_IN and decide_by < due:
        table.wrong("decide_by", f'"{table.data["decide_by"]}" is before the due date; write a later one')
    evidence = _evidence(table, assignment)
    decides, outcome = _choice(table, "decides", DECIDES), _choice(table, "outcome", OUTCOMES)
    if decides == "precheck" and (not evidence or outcome != "validated"):
        why = "there is nothing for it to look at" if not evidence else f'nobody but a teacher can say "{outcome}"'
        table.wrong("decides", f'{why}; write "teacher", or give evidence and the outcome "validated"')
    return Milestone(
        id=name or f"milestones[{number}]",
        title=table.text("title"),
        due=due,
        assignment=assignment,
        evidence=evidence,
        decides=decides,
        decide_by=decide_by,
        outcome=outcome,
        follows=table.text("follows"),
        weight=_weight(table),
        hours=_hours(table, evidence),
    )


def _assignment(table: Table, dates: Dates) -> str:
    name = table.text("assignment")
    if name and name not in dates:
        table.wrong("assignment", f'the course has no assignment "{name}". {did_you_mean(name, dates)}')
        return ""
    return name


def _due(table: Table, assignment: str, dates: Dates, zone: ZoneInfo) -> datetime:
    """Its own date, or that of the assignment it is handed in with: one date, not two that differ."""
    own = table.deadline("due", zone)
    if not assignment:
        return own or STAND_IN
    of_assignment = dates[assignment][1]
    if own and own != of_assignment and of_assignment != STAND_IN:
        written = of_assignment.strftime("%Y-%m-%d %H:%M")
        table.wrong("due", f'{assignment}, which it is handed in with, is due "{written}"; write that or leave due out')
    return of_assignment


def _evidence(table: Table, assignment: str) -> tuple[str, ...]:
    chosen = []
    for kind in table.items("evidence"):
        if kind not in EVIDENCE:
            hint = did_you_mean(str(kind), EVIDENCE)
            table.wrong("evidence", f"{kind!r} is nothing that can be looked at. {hint}")
        elif kind not in chosen:
            chosen.append(kind)
    if chosen and not assignment and not table.data.get("assignment"):
        table.wrong("evidence", 'there is no hand-in to look at; write "assignment": "..." or leave evidence out')
    return tuple(chosen)


def _choice(table: Table, key: str, known: tuple[str, ...]) -> str:
    value = table.text(key, known[0])
    if value not in known:
        table.wrong(key, f'"{value}" is not known. {did_you_mean(value, known)}')
        return known[0]
    return value


def _weight(table: Table) -> float:
    value = table.data.get("weight", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        table.wrong("weight", f"{value!r} is no percentage; write a number from 0 to 100, without quotes")
        return 0.0
    return float(value)


def _hours(table: Table, evidence: tuple[str, ...]) -> tuple[float, float]:
    if "hours" not in table.data:
        return HOURS
    value = table.data["hours"]
    plain = isinstance(value, list | tuple) and len(value) == 2
    if not plain or not all(type(part) in (int, float) and math.isfinite(part) for part in value):
        table.wrong("hours", f"{value!r} is not the least and the most hours; write [20, 40]")
        return HOURS
    if not 0 <= value[0] < value[1]:
        table.wrong("hours", f"{value!r}: the first must be below the second; write [20, 40]")
        return HOURS
    if "hours" not in evidence:
        table.wrong("hours", 'no work log is looked at; add "hours" to its evidence or leave hours out')
    return float(value[0]), float(value[1])
