"""Each student's own figures: how every assignment went, what is late or missing, which ideas to look at again, the project's milestones.

A view is cut from the frames by student once for all, so that ten thousand pages take seconds. It holds nothing about anybody else, not even a mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coursegrader.feedback.plain import decimal, shorten
from coursegrader.report.data import ReportData
from coursegrader.report.parts import Cell, Tile
from coursegrader.report.texts import NONE, day, mood_of, percent, state, t

MOST_IDEAS = 8
Row = dict[str, Any]
Exercises = tuple[tuple[str, tuple[tuple[Cell, ...], ...]], ...]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 220, 44, 16, 24, 30  # of the small chart, in SVG units


@dataclass(frozen=True)
class Mark:
    """An assignment in the small chart: where it stands, its label, and its percentage (None: missing)."""

    x: float
    y: float
    label: str
    value: str | None


@dataclass(frozen=True)
class StudentView:
    """One person's page. `assignments` and `milestones` are rows of cells; `marks` make the chart, `path` joins them."""

    language: str
    course: str
    student: str
    name: str
    lead: str
    tiles: tuple[Tile, ...]
    assignments: tuple[tuple[Cell, ...], ...]
    exercises: Exercises
    ideas: tuple[tuple[str, str], ...]
    more_ideas: int
    milestones: tuple[tuple[Cell, ...], ...]
    marks: tuple[Mark, ...]
    path: str
    summary: str


def student_views(data: ReportData, only: frozenset[str] | None = None) -> Iterator[StudentView]:
    """The view of every student, or of some, in the order of ids."""
    frames = data.frames
    checks = frames.checks
    mine = _Rows(
        submissions=_by_student(frames.submissions, only),
        exercises=_by_student(frames.exercises, only),
        ideas=_by_student(checks[checks["misconception"] != ""], only),
        milestones=_by_student(data.milestones, only),
    )
    for student, name in zip(frames.students["student"], frames.students["name"], strict=True):
        if only is None or student in only:
            yield _view(data, student, name, mine)


@dataclass(frozen=True)
class _Rows:
    """student -> rows of a frame."""

    submissions: dict[str, list[Row]]
    exercises: dict[str, list[Row]]
    ideas: dict[str, list[Row]]
    milestones: dict[str, list[Row]]


def _by_student(frame: pd.DataFrame, only: frozenset[str] | None) -> dict[str, list[Row]]:
    if frame.empty:
        return {}
    if only is not None:
        frame = frame[frame["student"].isin(only)]
    rows: dict[str, list[Row]] = {}
    columns = list(frame.columns)
    for values in zip(*(frame[name].tolist() for name in columns), strict=True):
        row = dict(zip(columns, values, strict=True))
        rows.setdefault(row["student"], []).append(row)
    return rows


def _view(data: ReportData, student: str, name: str, mine: _Rows) -> StudentView:
    own = {row["assignment"]: row for row in mine.submissions.get(student, ())}
    shown = [row for row in data.assignment_rows if row["over"] or row["assignment"] in own]
    ideas = _ideas(data, mine.ideas.get(student, ()))
    marks, path, summary = _chart(data, shown, own)
    return StudentView(
        language=data.course.language,
        course=shorten(data.course.title),
        student=student,
        name=shorten(name, 80),
        lead=t("own_lead", date=data.today),
        tiles=_tiles(shown, own),
        assignments=tuple(_assignment(data, row, own.get(row["assignment"])) for row in data.assignment_rows),
        exercises=_exercises(data, mine.exercises.get(student, ())),
        ideas=ideas[:MOST_IDEAS],
        more_ideas=max(0, len(ideas) - MOST_IDEAS),
        milestones=tuple(_milestone(data, row) for row in mine.milestones.get(student, ())),
        marks=marks,
        path=path,
        summary=summary,
    )


def _tiles(shown: Sequence[Row], own: Mapping[str, Row]) -> tuple[Tile, ...]:
    over = [row for row in shown if row["over"]]
    results = [row["percent"] for row in own.values() if row["percent"] == row["percent"]]
    there = sum(row["assignment"] in own for row in over)
    late = sum(row["late_hours"] > 0 for row in own.values())
    return (
        Tile(str(there), t("own_handed_in", total=len(over))),
        Tile(percent(sum(results) / len(results)).text if results else NONE, t("own_mean")),
        Tile(str(late), t("own_late")),
        Tile(str(len(over) - there), t("own_missing"), "bad" if len(over) > there else ""),
    )


def _assignment(data: ReportData, row: Row, submission: Row | None) -> tuple[Cell, ...]:
    title, zone = Cell(shorten(row["title"])), data.course.tz
    if submission is None:
        said = Cell(t("state_missing"), mood="bad") if row["over"] else Cell(t("state_open"))
        return title, day(row["due"], zone, hour=True), Cell(NONE), Cell(NONE), Cell(NONE), said
    result = submission["percent"]
    points = f"{decimal(submission['score'])} / {decimal(submission['max_score'])}"
    said = Cell(t("state_in_time"))
    if submission["late_hours"] > 0:
        said = Cell(t("state_late", hours=_span(submission["late_hours"])), mood="mid")
    if submission["needs_manual_grade"]:
        said = Cell(f"{said.text}, {t('state_waiting')}", mood=said.mood)
    due, at = (day(submission[name], zone, hour=True) for name in ("due", "submitted_at"))
    return title, due, at, Cell(points), percent(result, mood_of(result)), said


def _span(hours: float) -> str:
    return t("days", count=round(hours / 24)) if hours >= 36 else t("hours", count=max(1, round(hours)))


def _exercises(data: ReportData, rows: Sequence[Row]) -> Exercises:
    """By assignment, in course order: each exercise with its points."""
    groups: dict[str, list[tuple[int, tuple[Cell, ...]]]] = {}
    for row in rows:
        share = 100 * row["score"] / row["max_score"] if row["max_score"] else float("nan")
        points = f"{decimal(row['score'])} / {decimal(row['max_score'])}"
        said = t("state_waiting") if row["needs_manual_grade"] else ""
        cells = (Cell(row["exercise"]), Cell(points), percent(share, mood_of(share)), Cell(said))
        place = data.places.get((row["assignment"], row["exercise"]), 999)
        groups.setdefault(row["assignment"], []).append((place, cells))
    titles = {row["assignment"]: row["title"] for row in data.assignment_rows}
    found = []
    for name in titles:
        if name in groups:
            found.append(
                (shorten(titles[name]), tuple(cells for _, cells in sorted(groups[name], key=lambda pair: pair[0])))
            )
    return tuple(found)


def _ideas(data: ReportData, rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """(idea, exercise), each once, the latest assignment first."""
    latest = sorted(rows, key=lambda row: -data.positions.get(row["assignment"], 0))
    found = {(shorten(data.idea(row["assignment"], row["misconception"])), row["exercise"]): None for row in latest}
    return tuple(found)


def _milestone(data: ReportData, row: Row) -> tuple[Cell, ...]:
    mood = "bad" if row["overdue"] else ""
    said = state(row["state"]) + (f" ({t('mark_overdue')})" if row["overdue"] else "")
    due = day(row["due"], data.course.tz, hour=True)
    return Cell(shorten(row["title"])), due, Cell(said, mood=mood), Cell(shorten(row["next_step"]))


def _chart(data: ReportData, shown: Sequence[Row], own: Mapping[str, Row]) -> tuple[tuple[Mark, ...], str, str]:
    """Percent by assignment; a missing one is a hollow mark on the ground line and breaks the path."""
    marks, path, broken = [], [], True
    step = (WIDTH - LEFT - RIGHT) / max(1, len(shown))
    for number, row in enumerate(shown):
        submission = own.get(row["assignment"])
        result = submission["percent"] if submission is not None else float("nan")
        there = result == result
        x = round(LEFT + step * (number + 0.5), 1)
        y = (
            round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(max(result, 0.0), 100.0) / 100), 1)
            if there
            else HEIGHT - BOTTOM
        )
        marks.append(Mark(x, y, data.labels[row["assignment"]], f"{result:.0f}" if there else None))
        if there:
            path.append(f"{'M' if broken else 'L'}{x:g} {y:g}")
        broken = not there
    values = ", ".join(
        f"{mark.label} {mark.value + chr(160) + '%' if mark.value else t('state_missing')}" for mark in marks
    )
    return tuple(marks), " ".join(path), t("own_chart", values=values) if marks else ""
