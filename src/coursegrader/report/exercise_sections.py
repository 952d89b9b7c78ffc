"""Each exercise's difficulty and discrimination, and the commonest misconceptions."""

from __future__ import annotations

from coursegrader.feedback.plain import shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.parts import Cell, Chart, Section, Table
from coursegrader.report.statistics import SMALL
from coursegrader.report.texts import count, decimals, mood_of, percent, rounded, t, words

MOST_IDEAS = 60
IDEAS_IN_CHART = 12
LOW_DISCRIMINATION = 0.15


def difficulty(data: ReportData) -> Section | None:
    """Each exercise's success and how well it tells those apart who master the rest."""
    items = data.items
    if items.empty:
        return None
    known = items.dropna(subset=["discrimination"])
    titles = dict(zip(data.overview["assignment"], data.overview["title"], strict=True))
    rows = []
    for item in rows_of(items):
        remark = _remark(item.success, item.discrimination)
        rows.append(
            (
                Cell(str(item.exercise), f"{item.Index:05d}"),
                words(titles.get(item.assignment, item.assignment)),
                count(item.count),
                percent(100 * item.success, mood_of(100 * item.success)),
                count(item.full),
                count(item.none),
                decimals(item.discrimination, "bad" if item.discrimination < 0 else ""),
                Cell(t(f"look_{remark}") if remark else "", remark or "~"),
            )
        )
    names = ("exercise", "assignment", "count", "success", "full", "none", "discrimination", "remark")
    head, numeric = tuple(t(f"h_{name}") for name in names), frozenset(range(2, 7))
    table = Table("exercices", t("difficulty"), head, tuple(rows), numeric, sortable=True, folded=len(rows) > 12)
    intro, chart = [t("difficulty_intro")], None
    success = 100 * items["success"]
    low, high = rounded(success.min()), rounded(success.max())
    if len(known):
        points = [
            (
                str(i.exercise),
                100 * i.success,
                i.discrimination,
                _remark(i.success, i.discrimination) in ("negative", "low"),
            )
            for i in rows_of(known)
        ]
        look = sum(point[3] for point in points)
        texts = {
            "x": t("success"),
            "y": t("discrimination"),
            "fine": t("difficulty_fine"),
            "look": t("difficulty_look"),
        }
        figure, height = charts.difficulty(points, texts)
        summary = t("difficulty_chart", count=len(points), low=low, high=high, look=look)
        chart = Chart("difficulte-figure", summary, figure, height)
    else:
        intro.append(t("difficulty_small", small=SMALL))
        hardest = items.sort_values("success").head(15)
        labels = [f"{i.exercise} ({data.labels.get(i.assignment, i.assignment)})" for i in rows_of(hardest)]
        figure, height = charts.bars(labels, [rounded(100 * v) for v in hardest["success"]], "\u00a0%")
        summary = t("difficulty_chart", count=len(items), low=low, high=high, look=0)
        chart = Chart("difficulte-figure", summary, figure, height)
    return Section("difficulte", t("difficulty"), tuple(intro), chart, (table,))


def _remark(success: float, discrimination: float) -> str:
    """Why an exercise deserves a look; "" where it does not."""
    if discrimination < 0:
        return "negative"
    if success > 0.97:
        return "easy"
    if success < 0.1:
        return "hard"
    return "low" if discrimination < LOW_DISCRIMINATION else ""


def ideas(data: ReportData) -> Section:
    """The commonest misconceptions."""
    frame = data.ideas.head(MOST_IDEAS)
    if frame.empty:
        return Section("idees", t("misconceptions"), (t("misconceptions_none"),))
    rows = tuple(
        (words(i.title), Cell(str(i.exercise)), Cell(data.labels.get(i.assignment, i.assignment)), count(i.students))
        for i in rows_of(frame)
    )
    head = (t("h_misconception"), t("h_exercise"), t("h_assignment"), t("h_people"))
    table = Table("idees-tableau", t("misconceptions"), head, rows, frozenset({3}), sortable=True, folded=True)
    top = frame.head(IDEAS_IN_CHART)
    labels = [shorten(f"{i.title} ({data.labels.get(i.assignment, i.assignment)})", 60) for i in rows_of(top)]
    figure, height = charts.bars(labels, top["students"].tolist(), "", "var(--c3)")
    first = top.iloc[0]
    summary = t("misconceptions_chart", first=shorten(str(first["title"])), count=int(first["students"]))
    chart = Chart("idees-figure", summary, figure, height)
    return Section("idees", t("misconceptions"), (t("misconceptions_intro"),), chart, (table,))
