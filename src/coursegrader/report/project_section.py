"""Milestones of the final project: a timeline by student, or counts where they are many."""

from __future__ import annotations

import pandas as pd

from coursegrader.feedback.plain import grouped, shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.parts import Cell, Chart, Section, Table
from coursegrader.report.texts import count, day, state, t, words

MOST_LINES = 40
SHOWN = 200
DONE = frozenset({"submitted", "late", "validated", "presented", "accepted", "not_accepted", "excused"})

LOOK = {  # of a mark: colour and form
    "done": ("var(--c1)", "circle"),
    "open": ("var(--c4)", "circle-open"),
    "deciding": ("var(--c2)", "diamond-open"),
    "overdue": ("var(--c3)", "x"),
}


def milestones(data: ReportData) -> Section | None:
    """The section; None for a course without milestones."""
    frame = data.milestones
    if frame.empty:
        return None
    names = dict(zip(data.frames.students["student"], data.frames.students["name"], strict=True))
    people = frame["student"].drop_duplicates().tolist()
    frame = frame.assign(shown=frame["state"].map(state).mask(to_decide(frame), t("ms_deciding")))
    deciding = int(to_decide(frame).sum())
    summary = t("milestones_chart", people=grouped(len(people)), overdue=int(frame["overdue"].sum()), deciding=deciding)
    counts = _counts(frame)
    overdue = _overdue(data, frame, names)
    tables = (counts, *((overdue,) if overdue.rows else ()))
    if len(people) > MOST_LINES:
        figure, height = _bars(frame)
        intro = (t("milestones_many"),)
        return Section("jalons", t("milestones"), intro, Chart("jalons-figure", summary, figure, height), tables)
    figure, height = _timeline(data, frame, names, people)
    chart = Chart("jalons-figure", summary, figure, height)
    return Section("jalons", t("milestones"), (t("milestones_intro"),), chart, (_by_student(frame, names), *tables))


def to_decide(frame: pd.DataFrame) -> pd.Series[bool]:
    """What is not handed in and whose date is past: it waits for the teacher, and the student is late with nothing."""
    return (frame["state"] == "not_started") & (frame["waiting_for"] == "teacher")


def _bars(frame: pd.DataFrame) -> tuple[charts.Figure, int]:
    """How many are where, a bar a milestone; those who are overdue in a part of their own, as in `_timeline`."""
    order = frame.drop_duplicates("milestone").sort_values("position")
    shown = frame["shown"].mask(frame["overdue"], t("mark_overdue"))
    table = pd.crosstab(frame["milestone"], shown).reindex(order["milestone"])
    late = [name for name in table.columns if name == t("mark_overdue")]
    others = [name for name in shown.value_counts().index if name not in late]
    colours = ("var(--c1)", "var(--c2)", "var(--c4)", "var(--c5)")
    parts = [(name, table[name].tolist(), colours[n % len(colours)]) for n, name in enumerate(others)]
    parts += [(name, table[name].tolist(), "var(--c3)") for name in late]
    return charts.stacked([shorten(title, 40) for title in order["title"]], parts)


def _timeline(
    data: ReportData, frame: pd.DataFrame, names: dict[str, str], people: list[str]
) -> tuple[charts.Figure, int]:
    place = {student: number for number, student in enumerate(people)}
    kinds: dict[str, tuple[list[str], list[int], list[str]]] = {k: ([], [], []) for k in LOOK}
    for row in rows_of(frame):
        done = row.state in DONE
        waits = row.state == "not_started" and row.waiting_for == "teacher"
        kind = "done" if done else "overdue" if row.overdue else "deciding" if waits else "open"
        when = row.submitted_at if done and pd.notna(row.submitted_at) else row.changed_at if done else row.due
        if pd.isna(when):
            when = row.due
        dates, places, texts = kinds[kind]
        dates.append(when.tz_convert(data.course.tz).date().isoformat())
        places.append(place[row.student])
        who = charts.label(shorten(names.get(row.student, row.student), 60))
        texts.append(f"{who}<br>{charts.label(shorten(row.title, 60))} : {row.shown}")
    marks = [(t(f"mark_{kind}"), *LOOK[kind], *values) for kind, values in kinds.items()]
    return charts.timeline([shorten(names.get(s, s), 40) for s in people], marks)


def _by_student(frame: pd.DataFrame, names: dict[str, str]) -> Table:
    order = frame.drop_duplicates("milestone").sort_values("position")
    table = frame.pivot(index="student", columns="milestone", values="shown").reindex(columns=order["milestone"])
    overdue = set(zip(frame.loc[frame["overdue"], "student"], frame.loc[frame["overdue"], "milestone"], strict=True))
    rows = []
    for student, values in zip(table.index, table.to_numpy(), strict=True):
        cells = []
        for milestone, value in zip(table.columns, values, strict=True):
            late = (student, milestone) in overdue
            shown = str(value) + (f" ({t('mark_overdue')})" if late else "")
            cells.append(Cell(shown, mood="bad" if late else ""))
        rows.append((words(names.get(student, student)), *cells))
    head = (t("h_student"), *(shorten(title, 40) for title in order["title"]))
    return Table("jalons-etudiants", t("milestones"), head, tuple(rows), sortable=True, folded=True)


def _counts(frame: pd.DataFrame) -> Table:
    order = frame.drop_duplicates("milestone").sort_values("position")
    table = pd.crosstab(frame["milestone"], frame["shown"]).reindex(order["milestone"])
    overdue = frame.groupby("milestone")["overdue"].sum().reindex(order["milestone"])
    rows = tuple(
        (words(title), *(count(n) for n in values), count(over))
        for title, values, over in zip(order["title"], table.to_numpy(), overdue, strict=True)
    )
    head = (t("h_milestone"), *table.columns, t("mark_overdue"))
    numeric = frozenset(range(1, len(head)))
    return Table("jalons-etats", t("milestones_counts"), head, rows, numeric, folded=True)


def _overdue(data: ReportData, frame: pd.DataFrame, names: dict[str, str]) -> Table:
    overdue = frame[frame["overdue"]].sort_values("due", kind="stable").head(SHOWN)
    rows = tuple(
        (words(names.get(r.student, r.student)), words(r.title), day(r.due, data.course.tz), words(r.next_step))
        for r in rows_of(overdue)
    )
    head = (t("h_student"), t("h_milestone"), t("h_due"), t("h_next"))
    return Table("jalons-retards", t("milestones_overdue"), head, rows, sortable=True, folded=True)
