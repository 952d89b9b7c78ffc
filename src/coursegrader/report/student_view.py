"""Each student's own figures: how every assignment went, what is late or missing, which ideas to look at again, the project's milestones.

A view is cut from the frames by student once for all, so that ten thousand pages take seconds. It holds nothing about anybody else, not even a mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from coursegrader.feedback.plain import shorten
from coursegrader.report.data import ReportData
from coursegrader.report.markup import row_markup
from coursegrader.report.parts import Cell, Tile
from coursegrader.report.student_chart import student_chart
from coursegrader.report.student_rows import Handed, StudentRows
from coursegrader.report.texts import NONE, day, mood_of, percent, state, t

MOST_IDEAS = 8
Row = dict[str, Any]


@dataclass(frozen=True)
class StudentView:
    """One person's page. `assignments`, `milestones` and, by title, `exercises` are lines of tables."""

    language: str
    course: str
    student: str
    name: str
    tiles: tuple[Tile, ...]
    chart: Markup
    assignments: Markup
    exercises: tuple[tuple[str, Markup], ...]
    ideas: tuple[tuple[str, str], ...]
    more_ideas: int
    milestones: Markup

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the page shows about the person, and not of the day on which it is written."""
        return hashlib.sha256(repr(self).encode("utf-8", "backslashreplace")).hexdigest()


class Views:
    """Makes the views of a class's students.

    Args:
        data: the class.
        rows: its rows.
    """

    def __init__(self, data: ReportData, rows: StudentRows) -> None:
        self._data, self._rows = data, rows
        self._course = shorten(data.course.title)
        self._titles = {row["assignment"]: shorten(row["title"]) for row in data.assignment_rows}
        self._dates = {
            row["assignment"]: day(row["due"], data.course.tz, hour=True).text for row in data.assignment_rows
        }
        self._over = {row["assignment"]: bool(row["over"]) for row in data.assignment_rows}

    def view(self, number: int) -> StudentView:
        """The view of the student with this number in the rows."""
        rows, titles = self._rows, self._titles
        own, ideas, exercises = rows.handed_in(number), rows.ideas(number), rows.exercises(number)
        shown = [name for name, over in self._over.items() if over or name in own]
        results = [
            (self._data.labels[name], own[name].percent if name in own else float("nan"))
            for name in shown
            if name not in own or own[name].points != NONE  # what is not graded is no gap in the chart
        ]
        lines = [_assignment(titles[name], self._dates[name], over, own.get(name)) for name, over in self._over.items()]
        return StudentView(
            language=self._data.course.language,
            course=self._course,
            student=rows.students[number],
            name=shorten(rows.names[number], 80),
            tiles=_tiles([name for name in shown if self._over[name]], own),
            chart=student_chart(results),
            assignments=_lines(lines, (3, 4)),
            exercises=tuple((titles[name], Markup("".join(exercises[name]))) for name in titles if name in exercises),
            ideas=tuple(ideas[:MOST_IDEAS]),
            more_ideas=max(0, len(ideas) - MOST_IDEAS),
            milestones=_lines([_milestone(row) for row in rows.milestones(number)]),
        )


def _lines(rows: Sequence[Sequence[Cell]], numeric: tuple[int, ...] = ()) -> Markup:
    return Markup("".join(f"<tr>{row_markup(row, numeric)}</tr>\n" for row in rows))


def _tiles(over: Sequence[str], own: Mapping[str, Handed]) -> tuple[Tile, ...]:
    results = [one.percent for one in own.values() if one.percent == one.percent]
    there = sum(name in own for name in over)
    late = sum(one.late_hours > 0 for one in own.values())
    return (
        Tile(str(there), t("own_handed_in", total=len(over))),
        Tile(percent(sum(results) / len(results)).text if results else NONE, t("own_mean")),
        Tile(str(late), t("own_late")),
        Tile(str(len(over) - there), t("own_missing"), "bad" if len(over) > there else ""),
    )


def _assignment(title: str, due: str, over: bool, handed: Handed | None) -> tuple[Cell, ...]:
    if handed is None:
        said = Cell(t("state_missing"), mood="bad") if over else Cell(t("state_open"))
        return Cell(title), Cell(due), Cell(NONE), Cell(NONE), Cell(NONE), said
    said = Cell(t("state_in_time"))
    if handed.late_hours > 0:
        said = Cell(t("state_late", hours=_span(handed.late_hours)), mood="mid")
    elif handed.at == NONE:  # nobody knows when
        said = Cell(t("state_handed_in"))
    if handed.points == NONE:
        said = Cell(f"{said.text}, {t('state_ungraded')}", mood=said.mood)
    elif handed.waiting:
        said = Cell(f"{said.text}, {t('state_waiting')}", mood=said.mood)
    result = percent(handed.percent, mood_of(handed.percent))
    return Cell(title), Cell(handed.due), Cell(handed.at), Cell(handed.points), result, said


def _span(hours: float) -> str:
    return t("days", count=round(hours / 24)) if hours >= 36 else t("hours", count=max(1, round(hours)))


def _milestone(row: Row) -> tuple[Cell, ...]:
    if row["state"] == "not_started" and row["waiting_for"] == "teacher":  # nothing that the student could hand in
        return Cell(shorten(row["title"])), Cell(row["due"]), Cell(t("ms_deciding")), Cell(shorten(row["next_step"]))
    mood = "bad" if row["overdue"] else ""
    said = state(row["state"]) + (f" ({t('mark_overdue')})" if row["overdue"] else "")
    return Cell(shorten(row["title"])), Cell(row["due"]), Cell(said, mood=mood), Cell(shorten(row["next_step"]))
