"""The class's page for the class: only groups, never a person. Built from counts that passed the rules of `privacy`; no name is ever at hand."""

from __future__ import annotations

from coursegrader.feedback.plain import grouped, shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.exercise_sections import IDEAS_IN_CHART
from coursegrader.report.parts import Cell, Chart, ClassView, Section, Table, Tile
from coursegrader.report.privacy import (
    CELL,
    ENOUGH,
    ENOUGH_FOR_QUARTILES,
    merged_bins,
    safe_count,
    safe_percent,
    safe_share,
)
from coursegrader.report.results_sections import bins
from coursegrader.report.texts import NONE, count, day, percent, rounded, t, words


def shared_view(data: ReportData) -> ClassView:
    """The page's content: nothing in it can be traced to one person."""
    sections = (_overview(data), _distribution(data), _progress(data), _difficulty(data), _ideas(data))
    return ClassView(
        language=data.course.language,
        course=shorten(data.course.title),
        title=t("title_class"),
        lead=t("lead_class", date=day(data.moment, data.course.tz).text),
        tiles=_tiles(data),
        sections=tuple(section for section in sections if section is not None),
        footer=(t("footer"), t("footer_class", cell=CELL, enough=ENOUGH)),
    )


def _tiles(data: ReportData) -> tuple[Tile, ...]:
    over = data.overview[data.overview["over"]]
    tiles = [Tile(str(len(over)), t("tile_assignments", total=len(data.overview)))]
    if len(data.students) >= ENOUGH:
        tiles.insert(0, Tile(grouped(len(data.students)), t("tile_students")))
    if len(over):
        last = over.iloc[-1]
        tiles.append(Tile(_percent(last["median"], last["graded"]).text, t("tile_median")))
    return tuple(tiles)


def _percent(value: float, total: int, enough: int = ENOUGH) -> Cell:
    return percent(safe_percent(float(value), int(total), enough))


def _count(number: int, total: int) -> Cell:
    shown = safe_count(int(number), int(total))
    return Cell(NONE, -1.0) if shown is None else count(int(shown))


def _overview(data: ReportData) -> Section:
    rows = []
    for row in rows_of(data.overview):
        low, high = (safe_percent(v, row.graded, ENOUGH_FOR_QUARTILES) for v in (row.lower, row.upper))
        middle = NONE if low is None or high is None else t("range", low=rounded(low), high=rounded(high))
        rows.append(
            (
                words(row.title),
                day(row.due, data.course.tz),
                _count(row.handed_in, row.students),
                _percent(row.median, row.graded),
                Cell(middle, -1.0 if low is None else low),
            )
        )
    head = tuple(t(f"h_{name}") for name in ("assignment", "due", "handed_in", "median", "middle"))
    table = Table("devoirs", t("overview"), head, tuple(rows), frozenset({2, 3, 4}))
    return Section("ensemble", t("overview"), (t("overview_intro"),), tables=(table,))


def _distribution(data: ReportData) -> Section:
    title, panels, rows = t("distribution"), [], []
    titles = dict(zip(data.begun["assignment"], data.begun["title"], strict=True))
    for name, counts in bins(data).items():
        merged = merged_bins(counts)
        if merged:
            panels.append((data.labels[name], [(10.0 * a, 10.0 * b + 10, n) for a, b, n in merged]))
            rows += [
                (words(titles[name]), Cell(t("range", low=10 * a, high=10 * b + 10)), count(n)) for a, b, n in merged
            ]
    if not panels:
        return Section("repartition", title, (t("distribution_none"),))
    medians = ", ".join(f"{data.labels[r.assignment]} {_percent(r.median, r.graded).text}" for r in rows_of(data.begun))
    figure, height = charts.histograms(panels, t("person"))
    chart = Chart("repartition-figure", t("distribution_chart", count=len(panels), medians=medians), figure, height)
    head = (t("h_assignment"), t("h_range"), t("h_people"))
    table = Table("tranches", title, head, tuple(rows), frozenset({2}), folded=True)
    return Section("repartition", title, (t("distribution_class"),), chart, (table,))


def _progress(data: ReportData) -> Section | None:
    dated = data.begun[data.begun["due"].notna()].sort_values("due")
    rows = list(rows_of(dated))
    middle = [safe_percent(row.median, row.graded) for row in rows]
    if sum(value is not None for value in middle) < 2:
        return None
    low, high = (
        [safe_percent(getattr(row, name), row.graded, ENOUGH_FOR_QUARTILES) for row in rows]
        for name in ("lower", "upper")
    )
    dates = [row.due.tz_convert(data.course.tz).date().isoformat() for row in rows]
    band = (low, high) if any(value is not None for value in low) else None
    names = {"median": t("median"), "half": t("half")}
    figure, height = charts.progress(dates, [row.title for row in rows], middle, band, [], names)
    medians = ", ".join(f"{rounded(value)}\u00a0%" for value in middle if value is not None)
    chart = Chart("progression-figure", t("progress_chart", medians=medians), figure, height)
    return Section("progression", t("progress"), (t("progress_large" if band else "progress_median"),), chart)


def _difficulty(data: ReportData) -> Section | None:
    titles = dict(zip(data.overview["assignment"], data.overview["title"], strict=True))
    rows, bars = [], []
    for item in rows_of(data.items):
        share = safe_share(float(item.success), int(item.count))
        said = NONE
        if share is None and item.count >= ENOUGH:
            said = t("nearly_all") if item.success > 0.5 else t("nearly_none")
        shown = Cell(said, 1.0 if item.success > 0.5 else 0.0) if share is None else percent(100 * share)
        rows.append((Cell(str(item.exercise)), words(titles.get(item.assignment, item.assignment)), shown))
        if share is not None:
            bars.append((share, f"{item.exercise} ({data.labels.get(item.assignment, item.assignment)})"))
    if not bars:
        return None
    head = (t("h_exercise"), t("h_assignment"), t("h_success"))
    table = Table("exercices", t("h_success"), head, tuple(rows), frozenset({2}), folded=True)
    bars.sort()
    figure, height = charts.bars([name for _, name in bars[:15]], [round(100 * s) for s, _ in bars[:15]], "\u00a0%")
    low, high = rounded(100 * bars[0][0]), rounded(100 * bars[-1][0])
    summary = t("difficulty_chart", count=len(bars), low=low, high=high, look=0)
    chart = Chart("difficulte-figure", summary, figure, height)
    return Section("difficulte", t("success"), (t("difficulty_class"),), chart, (table,))


def _ideas(data: ReportData) -> Section | None:
    graded = dict(zip(data.overview["assignment"], data.overview["graded"], strict=True))
    shown = [i for i in rows_of(data.ideas) if safe_count(int(i.students), int(graded.get(i.assignment, 0)))]
    if not shown:
        return None
    rows = tuple((words(i.title), Cell(str(i.exercise)), count(i.students)) for i in shown[:IDEAS_IN_CHART])
    head = (t("h_misconception"), t("h_exercise"), t("h_people"))
    table = Table("idees-tableau", t("misconceptions"), head, rows, frozenset({2}), folded=True)
    top = shown[:IDEAS_IN_CHART]
    labels = [shorten(f"{i.title} ({data.labels.get(i.assignment, i.assignment)})", 60) for i in top]
    figure, height = charts.bars(labels, [float(i.students) for i in top], "", "var(--c3)")
    summary = t("misconceptions_chart", first=shorten(str(top[0].title)), count=int(top[0].students))
    chart = Chart("idees-figure", summary, figure, height)
    note = t("misconceptions_hidden", cell=CELL)
    return Section("idees", t("misconceptions"), (t("misconceptions_intro"), note), chart, (table,))
