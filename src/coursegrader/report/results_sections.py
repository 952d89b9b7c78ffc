"""How results are spread and how they move: dots for a small class, histograms and quartiles for a large one."""

from __future__ import annotations

import pandas as pd

from coursegrader.feedback.plain import shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.parts import Chart, Section, Table
from coursegrader.report.statistics import FEW_FOR_MEDIAN, SMALL
from coursegrader.report.texts import count, percent, rounded, t, words

BINS = 10


def distribution(data: ReportData) -> Section:
    """Dots for a small class, histograms for a large one."""
    title, begun = t("distribution"), data.begun
    if begun.empty:
        return Section("repartition", title, (t("empty"),))
    medians = ", ".join(f"{data.labels[r.assignment]} {percent(r.median).text}" for r in rows_of(begun))
    summary = t("distribution_chart", count=len(begun), medians=medians)
    if begun["graded"].max() < SMALL:
        figure, height = charts.dots(_dot_rows(data), {"result": t("one"), "median": t("median")})
        chart = Chart("repartition-figure", summary, figure, height)
        return Section("repartition", title, (t("distribution_small", small=SMALL),), chart, (_results_table(data),))
    counts = bins(data)
    middle = dict(zip(begun["assignment"], begun["median"], strict=True))
    panels = [
        (
            t("panel", label=data.labels[name], median=percent(middle[name]).text),
            [(10.0 * n, 10.0 * n + 10, number) for n, number in enumerate(row)],
        )
        for name, row in counts.items()
    ]
    figure, height = charts.histograms(panels, t("person"))
    head = (t("h_assignment"), *(t("range", low=10 * n, high=10 * n + 10) for n in range(BINS)))
    titles = dict(zip(begun["assignment"], begun["title"], strict=True))
    rows = tuple((words(titles[name]), *map(count, row)) for name, row in counts.items())
    table = Table("tranches", t("distribution"), head, rows, frozenset(range(1, BINS + 1)), folded=True)
    chart = Chart("repartition-figure", summary, figure, height)
    return Section("repartition", title, (t("distribution_large"),), chart, (table,))


def _dot_rows(data: ReportData) -> list[tuple[str, list[tuple[float, str]], float | None]]:
    names = dict(zip(data.frames.students["student"], data.frames.students["name"], strict=True))
    results = data.frames.submissions.dropna(subset=["percent"])
    rows: list[tuple[str, list[tuple[float, str]], float | None]] = []
    for row in rows_of(data.begun):
        own = results[results["assignment"] == row.assignment]
        pairs = [(float(p), shorten(names[s], 60)) for s, p in zip(own["student"], own["percent"], strict=True)]
        rows.append((data.labels[row.assignment], pairs, row.median if len(pairs) >= FEW_FOR_MEDIAN else None))
    return rows


def _results_table(data: ReportData) -> Table:
    """A row a student, a column an assignment: what the dots show."""
    names = dict(zip(data.frames.students["student"], data.frames.students["name"], strict=True))
    results = data.frames.submissions.pivot(index="student", columns="assignment", values="percent")
    results = results.reindex(columns=data.begun["assignment"])
    rows = tuple(
        (words(names[student]), *(percent(value) for value in values))
        for student, values in zip(results.index, results.to_numpy(dtype=float), strict=True)
    )
    head = (t("h_student"), *(data.labels[name] for name in results.columns))
    numeric = frozenset(range(1, len(head)))
    return Table("points", t("distribution"), head, rows, numeric, folded=True)


def bins(data: ReportData) -> dict[str, list[int]]:
    """assignment -> how many results lie in each tenth; 100 percent and more in the last."""
    results = data.frames.submissions.dropna(subset=["percent"])
    tenth = (results["percent"] // 10).clip(0, BINS - 1).astype(int)
    table = pd.crosstab(results["assignment"], tenth).reindex(columns=range(BINS), fill_value=0)
    return {name: [int(n) for n in table.loc[name]] for name in data.begun["assignment"] if name in table.index}


def progress(data: ReportData) -> Section | None:
    """The class over time."""
    dated = data.begun[data.begun["due"].notna()].sort_values("due")
    if len(dated) < 2:
        return None
    dates = [moment.tz_convert(data.course.tz).date().isoformat() for moment in dated["due"]]
    small = data.begun["graded"].max() < SMALL
    people: list[tuple[str, list[float | None]]] = []
    if small:
        names = dict(zip(data.frames.students["student"], data.frames.students["name"], strict=True))
        table = data.frames.submissions.pivot(index="student", columns="assignment", values="percent")
        for student, values in zip(
            table.index, table.reindex(columns=dated["assignment"]).to_numpy(dtype=float), strict=True
        ):
            people.append((shorten(names[student], 60), [None if v != v else float(v) for v in values]))
    enough = dated["graded"] >= FEW_FOR_MEDIAN
    middle = [float(v) if ok else None for v, ok in zip(dated["median"], enough, strict=True)]
    band = None
    if not small:
        wide = dated["graded"] >= SMALL
        low, high = (
            [float(v) if ok else None for v, ok in zip(dated[c], wide, strict=True)] for c in ("lower", "upper")
        )
        band = (low, high)
    texts = {"median": t("median"), "half": t("half")}
    figure, height = charts.progress(dates, dated["title"].tolist(), middle, band, people, texts)
    medians = ", ".join(f"{rounded(v)}\u00a0%" for v in middle if v is not None)
    chart = Chart("progression-figure", t("progress_chart", medians=medians), figure, height)
    return Section("progression", t("progress"), (t("progress_small" if small else "progress_large"),), chart)
