"""Reading policies and extensions of COURSE; a wrong value is noted with what to write instead."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.model import Assignment
from coursegrader.course.policy import COUNTS, FEEDBACK, LONGEST_DAYS, Late, Policy
from coursegrader.course.table import Table

POLICY_EXAMPLE = '{"attempts": 5, "counts": "best", "late": {"percent_per_day": 10}}'
LATE_EXAMPLE = '{"percent_per_day": 10, "grace_minutes": 15, "max_days": 7}'
LONGEST_MINUTES = 60 * 24 * LONGEST_DAYS
KEYS = [field.name for field in dataclasses.fields(Policy)]
LATE_KEYS = [field.name for field in dataclasses.fields(Late)]


def read_policy(data: Any, where: str, base: Policy, mistakes: Mistakes) -> Policy:
    """`base` with what `data` changes.

    Args:
        data: a dict such as {"attempts": 5}.
        where: named in every mistake.
        base: the values of the keys that `data` leaves out.
        mistakes: receives what is wrong; a wrong key keeps the value of `base`.
    """
    if not isinstance(data, dict):
        mistakes.add(where, f"{data!r} is no dict; write {POLICY_EXAMPLE}")
        return base
    table = Table(data, where, mistakes)
    table.keys([], KEYS)
    return Policy(
        late=_late(data, where, base.late, mistakes),
        attempts=_count(table, "attempts", base.attempts, "no limit"),
        cooldown_minutes=_number(table, "cooldown_minutes", base.cooldown_minutes, LONGEST_MINUTES),
        counts=_word(table, "counts", base.counts, COUNTS),
        feedback=_word(table, "feedback", base.feedback, FEEDBACK),
    )


def _late(data: Mapping[Any, Any], where: str, base: Late, mistakes: Mistakes) -> Late:
    if "late" not in data:
        return base
    if data["late"] is None:
        return Late()
    if not isinstance(data["late"], dict):
        mistakes.add(f"{where}, late", f"{data['late']!r} is no dict; write {LATE_EXAMPLE}, or None for no penalty")
        return base
    table = Table(data["late"], f"{where}, late", mistakes)
    table.keys([], LATE_KEYS)
    return Late(
        percent_per_day=_number(table, "percent_per_day", base.percent_per_day, 100),
        grace_minutes=_number(table, "grace_minutes", base.grace_minutes, LONGEST_MINUTES),
        max_days=_count(table, "max_days", base.max_days, "no limit"),
    )


def _number(table: Table, key: str, default: float, most: float) -> float:
    value = table.data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        table.wrong(key, f"{value!r} is no number; write one without quotes")
    elif not 0 <= value <= most:  # nan is not either
        table.wrong(key, f"{value!r} is out of range; write a number from 0 to {most:g}")
    else:
        return float(value)
    return default


def _count(table: Table, key: str, default: int | None, without: str) -> int | None:
    value = table.data.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        table.wrong(key, f"{value!r} is no whole number; write one without quotes, or None for {without}")
    elif not 1 <= value <= LONGEST_DAYS:
        table.wrong(key, f"{value!r} is out of range; write 1 or more, or None for {without}")
    else:
        return value
    return default


def _word(table: Table, key: str, default: str, known: Iterable[str]) -> str:
    value = table.data.get(key, default)
    words = list(known)
    if value not in words:
        choices = ", ".join(f'"{word}"' for word in words)
        meant = did_you_mean(value, words) if isinstance(value, str) else ""
        hint = meant if meant.startswith("Did") else f"write one of {choices}"
        table.wrong(key, f"{value!r} is unknown; {hint}")
        return default
    return str(value)


def read_extensions(
    data: Any, assignments: Iterable[Assignment], zone: ZoneInfo, mistakes: Mistakes
) -> dict[str, dict[str, datetime]]:
    """Later deadlines of single students, `{"student": {"assignment": date}}`.

    Which students exist is not known here; everything else that can be wrong is noted.

    Returns:
        student -> assignment -> deadline, in the course's time zone.
    """
    if not isinstance(data, dict):
        mistakes.add(
            "extensions", f'{data!r} is no dict; write {{"marley": {{"01-compter-generer": "2026-12-10 23:59"}}}}'
        )
        return {}
    known = {assignment.id: assignment for assignment in assignments}
    extensions: dict[str, dict[str, datetime]] = {}
    for student, dates in data.items():
        where = f"extensions, {student}"
        if not isinstance(student, str) or not student.strip() or student != student.strip() or "/" in student:
            mistakes.add(where, f"{student!r} is no student id; write the name of the student's folder between quotes")
            continue
        if not isinstance(dates, dict):
            mistakes.add(where, f'{dates!r} is no dict; write {{"assignment": "2026-12-10 23:59"}}')
            continue
        table = Table(dates, where, mistakes)
        for name in dates:
            if name not in known:
                table.wrong(name, f"the course has no such assignment. {did_you_mean(str(name), known)}")
            elif (date := table.deadline(name, zone)) is not None:
                if date.astimezone(UTC) <= known[name].due.astimezone(UTC):
                    due = f"{known[name].due:%Y-%m-%d %H:%M}"
                    table.wrong(name, f'"{dates[name]}" is not after the deadline, "{due}"; write a later date')
                else:
                    extensions.setdefault(student, {})[name] = date
    return extensions
