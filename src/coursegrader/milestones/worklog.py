"""The work log: a table of dates, hours and work in a written answer; its hours added up."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DAY = 16.0
_NUMBER = re.compile(r"^(\d+)(?:[.,](\d+))?\s*(h|heures?|hours?)?$", re.IGNORECASE)
_CLOCK = re.compile(r"^(\d+)\s*(?:h|:)\s*([0-5]?\d)\s*(?:min|m)?$", re.IGNORECASE)
_MINUTES = re.compile(r"^(\d+)\s*(?:min|minutes?)$", re.IGNORECASE)


@dataclass(frozen=True)
class WorkLog:
    """Hours of all rows together, the number of rows, and the rows whose hours cannot be read or cannot be meant."""

    hours: float
    rows: int
    wrong: tuple[str, ...]


def read_hours(text: str) -> float | None:
    """Hours as people write them; None for anything else.

    Example:
        >>> [read_hours(text) for text in ("2", "1,5", "2.25 h", "1h30", "2:45", "90 min", "beaucoup", "-3")]
        [2.0, 1.5, 2.25, 1.5, 2.75, 1.5, None, None]
    """
    text = text.strip().strip("*").strip()
    if len(text) > 20:
        return None
    if match := _CLOCK.match(text):
        return int(match[1]) + int(match[2]) / 60
    if match := _MINUTES.match(text):
        return int(match[1]) / 60
    if match := _NUMBER.match(text):
        return float(f"{match[1]}.{match[2] or 0}")
    return None


def read_work_log(answer: str) -> WorkLog:
    """The log in an answer: the rows of its Markdown table, whose second column is the hours; a row that says "total" is not added.

    Example:
        >>> read_work_log("| Date | Heures | Travail |\\n|---|---|---|\\n| 4 janv. | 2 | lire |\\n| 5 janv. | 1,5 | coder |")
        WorkLog(hours=3.5, rows=2, wrong=())
    """
    total, rows, wrong = 0.0, 0, []
    for line in answer.splitlines():
        if not line.strip().startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 2 or not any(cells) or set("".join(cells)) <= set("-: "):
            continue
        first = cells[0].strip("* ").lower()
        if first.startswith("total") or first == "date":
            continue
        hours = read_hours(cells[1])
        if hours is None or not 0 < hours <= MAX_DAY:
            wrong.append(line.strip()[:80])
            continue
        total, rows = total + hours, rows + 1
    return WorkLog(round(total, 2), rows, tuple(wrong))
