"""Figures and dates as French readers write them, and the cells of tables."""

from __future__ import annotations

import math
from datetime import tzinfo
from functools import cache

import pandas as pd

from coursegrader.feedback.plain import grouped, shorten, typeset
from coursegrader.messages import has_text, language, text
from coursegrader.report.parts import Cell

NONE = "–"


def t(name: str, /, **fields: object) -> str:
    """A text of the section `report`, set as French is."""
    return _set(name, **fields) if fields else _plain(language(), name)


def _set(name: str, /, **fields: object) -> str:
    return typeset(text(f"report.{name}", **fields))


@cache
def _plain(language: str, name: str) -> str:
    """A text without fields, which ten thousand pages ask for."""
    return _set(name)


def count(number: float) -> Cell:
    """A whole number."""
    return Cell(grouped(int(number)), float(number))


def rounded(value: float) -> int:
    """The nearest whole number; a half goes up, as people and charts round, and not to the even one.

    Example:
        >>> rounded(62.5), rounded(87.5)
        (63, 88)
    """
    return math.floor(value + 0.5)


def percent(value: float | None, mood: str = "") -> Cell:
    """A percentage without decimals.

    Example:
        >>> percent(66.6).text, percent(None).text
        ('67\\xa0%', '–')
    """
    if value is None or math.isnan(value):
        return Cell(NONE, -1.0)
    return Cell(f"{rounded(value)}\u00a0%", round(float(value), 2), mood=mood)


def decimals(value: float, mood: str = "") -> Cell:
    """Two decimals, with a comma and a true minus."""
    if math.isnan(value):
        return Cell(NONE, -9.0)
    return Cell(f"{value:.2f}".replace(".", ",").replace("-", "\u2212"), round(value, 4), mood=mood)


def words(value: str) -> Cell:
    """A text that comes from elsewhere: nothing invisible, not endless."""
    return Cell(shorten(value))


def day(moment: pd.Timestamp, zone: tzinfo, *, hour: bool = False) -> Cell:
    """A date in the course's time zone."""
    if pd.isna(moment):
        return Cell(NONE, "")
    local = moment.tz_convert(zone)
    return Cell(local.strftime("%d.%m.%Y %H:%M" if hour else "%d.%m.%Y"), local.isoformat())


def state(name: str) -> str:
    """A milestone's state in words."""
    return text(f"report.ms_{name}") if has_text(f"report.ms_{name}") else name


def mood_of(value: float | None) -> str:
    """How a result is coloured, besides its figure."""
    if value is None or math.isnan(value):
        return ""
    return "bad" if value < 40 else "mid" if value < 60 else ""
