"""The class's rows cut by student, once for all: ten thousand pages of a hundred rows are a million rows, most of which read alike.

An exercise has few possible results, so that each line of the table of exercises is set once and every page takes it from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coursegrader.feedback.plain import decimal, shorten
from coursegrader.report.data import ReportData
from coursegrader.report.markup import row_markup
from coursegrader.report.parts import Cell
from coursegrader.report.texts import NONE, mood_of, percent, t

Whole = np.ndarray[Any, np.dtype[np.int64]]


class Handed(NamedTuple):
    """One submission: percent (NaN: none), lateness in hours, whether a teacher has to look, and points (NONE: not graded) and dates as text."""

    percent: float
    late_hours: float
    waiting: bool
    points: str
    due: str
    at: str


class StudentRows:
    """What each student's page is made of.

    Args:
        data: the class.
        only: whose rows; all when None.
    """

    def __init__(self, data: ReportData, only: frozenset[str] | None = None) -> None:
        self._data = data
        everybody = zip(data.frames.students["student"], data.frames.students["name"], strict=True)
        chosen = [(student, name) for student, name in everybody if only is None or student in only]
        self.students = [student for student, _ in chosen]
        self.names = [name for _, name in chosen]
        self._handed = self._submissions(data.handed_in)
        self._kinds, self._lines, self._of = self._exercises(data.frames.exercises)
        checks = data.frames.checks
        self._ideas_of, self._ideas = self._misconceptions(checks[checks["misconception"] != ""])
        self._milestones = self._project(data.milestones)

    def handed_in(self, number: int) -> dict[str, Handed]:
        """assignment -> what the student of this number handed in."""
        return self._handed[number]

    def exercises(self, number: int) -> dict[str, list[str]]:
        """assignment -> the lines of its exercises, in course order."""
        found: dict[str, list[str]] = {}
        for kind in self._kinds[number].tolist():
            found.setdefault(self._of[kind], []).append(self._lines[kind])
        return found

    def ideas(self, number: int) -> list[tuple[str, str]]:
        """(idea, exercise), each once, the latest assignment first."""
        return list(dict.fromkeys(self._ideas[kind] for kind in self._ideas_of[number].tolist()))

    def milestones(self, number: int) -> list[dict[str, Any]]:
        """The rows of `milestone_frame`."""
        return self._milestones[number]

    def _cut(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, Whole]:
        """A frame's rows by student, in their order, and where each student's begin; the last number is where all end."""
        places = pd.Index(self.students, dtype="str").get_indexer(frame["student"]) if len(frame) else np.array([], int)
        order = np.argsort(places, kind="stable")
        order = order[np.searchsorted(places[order], 0) :]  # those who are not asked for come first, at -1
        starts = np.searchsorted(places[order], np.arange(len(self.students) + 1))
        return frame.iloc[order], starts

    def _submissions(self, frame: pd.DataFrame) -> list[dict[str, Handed]]:
        frame, starts = self._cut(frame)
        zone = self._data.course.tz
        points = [
            f"{decimal(score)} / {decimal(most)}" if score == score else NONE
            for score, most in zip(frame["score"].tolist(), frame["max_score"].tolist(), strict=True)
        ]
        values = zip(
            frame["percent"].tolist(),
            frame["late_hours"].tolist(),
            frame["needs_manual_grade"].tolist(),
            points,
            minutes(frame["due"], zone),
            minutes(frame["submitted_at"], zone),
            strict=True,
        )
        pairs = list(zip(frame["assignment"].tolist(), (Handed(*row) for row in values), strict=True))
        return [dict(pairs[start:end]) for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]

    def _exercises(self, frame: pd.DataFrame) -> tuple[list[Whole], list[str], list[str]]:
        """Each student's kinds of line; of each kind the line, and its assignment."""
        frame, starts = self._cut(frame)
        names = ["assignment", "exercise", "score", "max_score", "needs_manual_grade"]
        kinds, first = _alike(frame, names)
        lines, of = [], []
        for assignment, exercise, score, most, waiting in frame[names].iloc[first].itertuples(index=False):
            share = 100 * score / most if most else float("nan")
            points = f"{decimal(score)} / {decimal(most)}"
            said = t("state_waiting") if waiting else ""
            cells = (Cell(exercise), Cell(points), percent(share, mood_of(share)), Cell(said))
            lines.append(f"<tr>{row_markup(cells, (1, 2))}</tr>\n")
            of.append(assignment)
        return _parts(kinds, starts), lines, of

    def _misconceptions(self, frame: pd.DataFrame) -> tuple[list[Whole], list[tuple[str, str]]]:
        places = frame["assignment"].map(self._data.positions).fillna(0).to_numpy()
        frame, starts = self._cut(frame.iloc[np.argsort(-places, kind="stable")])
        names = ["assignment", "exercise", "misconception"]
        kinds, first = _alike(frame, names)
        ideas = [
            (shorten(self._data.idea(assignment, idea)), exercise)
            for assignment, exercise, idea in frame[names].iloc[first].itertuples(index=False)
        ]
        return _parts(kinds, starts), ideas

    def _project(self, frame: pd.DataFrame) -> list[list[dict[str, Any]]]:
        if frame.empty:
            return [[] for _ in self.students]
        frame, starts = self._cut(frame)
        frame = frame[["title", "due", "state", "overdue", "waiting_for", "next_step"]].assign(
            due=minutes(frame["due"], self._data.course.tz)
        )
        rows = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
        return [rows[start:end] for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]


def _alike(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Whole, Whole]:
    """Numbers of rows that are equal in these columns, and a row of each."""
    kinds, many = np.zeros(len(frame), dtype=np.int64), 1
    for name in names:
        codes, values = pd.factorize(frame[name], use_na_sentinel=False)
        if many * len(values) >= 2**62:  # numbers are packed tighter before they overflow
            present, kinds = np.unique(kinds, return_inverse=True)
            many = len(present)
        kinds, many = kinds * len(values) + codes, many * max(1, len(values))
    _, first, kinds = np.unique(kinds, return_index=True, return_inverse=True)
    return kinds, first


def _parts(values: Whole, starts: Whole) -> list[Whole]:
    return [values[start:end] for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]


def minutes(dates: pd.Series[pd.Timestamp], zone: tzinfo) -> list[str]:
    """Dates in a time zone, to the minute, as French readers write them.

    Example:
        >>> minutes(pd.Series(pd.to_datetime(["2026-09-07T06:30Z", None])), ZoneInfo("Europe/Zurich"))
        ['07.09.2026 08:30', '–']
    """
    local = dates.dt.tz_convert(zone).dt.tz_localize(None).to_numpy().astype("datetime64[m]")
    texts = np.datetime_as_string(local).tolist()
    return [NONE if s == "NaT" else f"{s[8:10]}.{s[5:7]}.{s[:4]} {s[11:16]}" for s in texts]
