"""Reading one dict of COURSE key by key; a wrong value is noted and replaced, so that reading goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from coursegrader.course.mistakes import Mistakes, did_you_mean

DATE_FORMAT = "%Y-%m-%d %H:%M"
DATE_EXAMPLE = '"2026-12-07 23:59" (year-month-day hour:minute)'
STAND_IN = datetime(2000, 1, 1, tzinfo=UTC)


class Table:
    """One dict of the configuration.

    Args:
        data: what the author wrote there.
        where: named in every mistake.
        mistakes: receives what is wrong.
    """

    def __init__(self, data: Any, where: str, mistakes: Mistakes) -> None:
        self.where = where
        self.mistakes = mistakes
        self.usable = isinstance(data, dict)
        self.data: dict[Any, Any] = data if isinstance(data, dict) else {}
        if not self.usable:
            mistakes.add(where, f'{data!r} is no dict; write {{"key": value}}')

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Note missing and unknown keys."""
        needed, known = list(required), [*required, *optional]
        if not self.usable:
            return
        for key in needed:
            if key not in self.data:
                self.wrong(key, f'missing; write "{key}": ...')
        for key in self.data:
            if key not in known:
                self.wrong(key, f"unknown key. {did_you_mean(str(key), known)}")

    def wrong(self, key: Any, text: str) -> None:
        """Note a mistake in one value."""
        self.mistakes.add(f"{self.where}, {key}", text)

    def text(self, key: str, default: str = "") -> str:
        """A string that is not empty."""
        value = self.data.get(key, default)
        if key in self.data and (not isinstance(value, str) or not value.strip()):
            self.wrong(key, f"{value!r} is no text; write it between quotes")
            return default
        return str(value)

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, f"{value!r} is no whole number; write one without quotes")
            return default
        return value

    def flag(self, key: str) -> bool:
        """True or False; False when left out."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"{value!r} is neither True nor False; write one of them")
        return bool(value)

    def items(self, key: str) -> list[Any]:
        """A list; empty when left out."""
        value = self.data.get(key, [])
        if not isinstance(value, list | tuple):
            self.wrong(key, f"{value!r} is no list; write [...]")
            return []
        return list(value)

    def deadline(self, key: str, zone: ZoneInfo) -> datetime | None:
        """As `date`; an hour that comes twice, where the clocks go back, ends the second time: nobody is late by a change of the clocks."""
        found = self.date(key, zone)
        return None if found is None else found.replace(fold=1)

    def date(self, key: str, zone: ZoneInfo) -> datetime | None:
        """A date with its time, in the course's time zone; None when it is missing or wrong."""
        value = self.data.get(key)
        if key not in self.data:
            return None
        if not isinstance(value, str):
            self.wrong(key, f"{value!r} is no date; write it between quotes: {DATE_EXAMPLE}")
            return None
        try:
            naive = datetime.strptime(value, DATE_FORMAT)
        except ValueError:
            self.wrong(key, f'"{value}" is no date; write {DATE_EXAMPLE}')
            return None
        local = naive.replace(tzinfo=zone)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
            self.wrong(key, f'"{value}" does not exist: the clocks go forward then; write another hour')
            return None
        return local
