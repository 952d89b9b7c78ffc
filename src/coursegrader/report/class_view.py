"""The class's page for its teacher: every section with its chart and table."""

from __future__ import annotations

import pandas as pd

from coursegrader.feedback.plain import grouped, shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.parts import Cell, Chart, ClassView, Section, Table, Tile
from coursegrader.report.project_section import milestones
from coursegrader.report.statistics import FEW_FOR_MEDIAN, SMALL
from coursegrader.report.texts import NONE, count, day, decimals, mood_of, percent, t, words

MOST_STUDENTS = 1500  # rows of a table that a browser still sorts at once
SHOWN_STUDENTS = 300
MOST_IDEAS = 60
IDEAS_IN_CHART = 12
LOW_DISCRIMINATION = 0.15
BINS = 10


def class_view(data: ReportData, href: dict[str, str]) -> ClassView:
    """The page's content.

    Args:
        data: the class.
        href: student -> address of that student's page, for those who have one.
    """
    found = (overview(data), distribution(data), progress(data), difficulty(data), ideas(data), late(data))
    sections = [*found, milestones(data), students(data, href)]
    today = day(data.moment, data.course.tz).text
    return ClassView(
        language=data.course.language,
        course=shorten(data.course.title),
        title=t("title_teacher"),
        lead=t(
            "lead_teacher",
            date=today,
            students=grouped(len(data.students)),
            assignments=len(data.course.assignments),
        ),
        tiles=tiles(data),
        sections=tuple(section for section in sections if section is not None),
        footer=(t("footer"), t("footer_teacher")),
    )


def tiles(data: ReportData) -> tuple[Tile, ...]:
    """The class at a glance."""
    over = data.overview[data.overview["over"]]
    expected, there = int(over["students"].sum()), int((over["students"] - over["missing"]).sum())
    last = over[over["handed_in"] >= FEW_FOR_MEDIAN].tail(1)
    share = f"{100 * there / expected:.0f}\u00a0%" if expected else NONE
    missing, late_ones = int(over["missing"].sum()), int(data.overview["late"].sum())
    waiting = int(data.overview["waiting"].sum())
    return (
        Tile(grouped(len(data.students)), t("tile_students")),
        Tile(str(len(over)), t("tile_assignments", total=len(data.overview))),
        Tile(share, t("tile_handed_in")),
        Tile(percent(float(last["median"].iloc[0])).text if len(last) else NONE, t("tile_median")),
        Tile(grouped(missing), t("tile_missing"), "mid" if missing else ""),
        Tile(grouped(late_ones), t("tile_late")),
        Tile(grouped(waiting), t("tile_waiting"), "mid" if waiting else ""),
    )


def overview(data: ReportData) -> Section:
    """A row an assignment."""
    rows = []
    for row in rows_of(data.overview):
        many = row.handed_in >= FEW_FOR_MEDIAN
        middle = t("range", low=f"{row.lower:.0f}", high=f"{row.upper:.0f}") if many else NONE
        rows.append(
            (
                words(row.title),
                day(row.due, data.course.tz),
                count(row.handed_in),
                count(row.on_time),
                count(row.late),
                count(row.missing) if row.over else Cell(NONE, -1.0),
                count(row.waiting),
                percent(row.median if many else None, mood_of(row.median)),
                Cell(middle, row.lower if many else -1.0),
            )
        )
    names = ("assignment", "due", "handed_in", "on_time", "late", "missing", "waiting", "median", "middle")
    head = tuple(t(f"h_{name}") for name in names)
    table = Table("devoirs", t("overview"), head, tuple(rows), frozenset(range(2, 9)), sortable=True)
    return Section("ensemble", t("overview"), (t("overview_intro"),), tables=(table,))


def distribution(data: ReportData) -> Section:
    """Dots for a small class, histograms for a large one."""
    title, begun = t("distribution"), data.begun
    if begun.empty:
        return Section("repartition", title, (t("empty"),))
    medians = ", ".join(f"{data.labels[r.assignment]} {percent(r.median).text}" for r in rows_of(begun))
    summary = t("distribution_chart", count=len(begun), medians=medians)
    if begun["handed_in"].max() < SMALL:
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
    small = data.begun["handed_in"].max() < SMALL
    people: list[tuple[str, list[float | None]]] = []
    if small:
        names = dict(zip(data.frames.students["student"], data.frames.students["name"], strict=True))
        table = data.frames.submissions.pivot(index="student", columns="assignment", values="percent")
        for student, values in zip(
            table.index, table.reindex(columns=dated["assignment"]).to_numpy(dtype=float), strict=True
        ):
            people.append((shorten(names[student], 60), [None if v != v else float(v) for v in values]))
    enough = dated["handed_in"] >= FEW_FOR_MEDIAN
    middle = [float(v) if ok else None for v, ok in zip(dated["median"], enough, strict=True)]
    band = None
    if not small:
        wide = dated["handed_in"] >= SMALL
        low, high = (
            [float(v) if ok else None for v, ok in zip(dated[c], wide, strict=True)] for c in ("lower", "upper")
        )
        band = (low, high)
    texts = {"median": t("median"), "half": t("half")}
    figure, height = charts.progress(dates, dated["title"].tolist(), middle, band, people, texts)
    medians = ", ".join(f"{v:.0f}\u00a0%" for v in middle if v is not None)
    chart = Chart("progression-figure", t("progress_chart", medians=medians), figure, height)
    return Section("progression", t("progress"), (t("progress_small" if small else "progress_large"),), chart)


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
    low, high = f"{success.min():.0f}", f"{success.max():.0f}"
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
        figure, height = charts.bars(labels, [round(100 * v) for v in hardest["success"]], "\u00a0%")
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


def late(data: ReportData) -> Section:
    """Late and missing work, and whom to write to."""
    over = data.overview[data.overview["over"]]
    if over.empty:
        return Section("retards", t("late"), (t("late_none"),))
    labels = [data.labels[name] for name in over["assignment"]]
    parts = [
        (t("h_on_time"), over["on_time"].tolist(), "var(--c1)"),
        (t("h_late"), over["late"].tolist(), "var(--c2)"),
        (t("h_missing"), over["missing"].tolist(), "var(--c3)"),
    ]
    figure, height = charts.stacked(labels, parts)
    summary = t("late_chart", late=int(over["late"].sum()), missing=int(over["missing"].sum()))
    behind = data.students[data.students["missing"] > 0].sort_values(
        ["missing", "late"], ascending=False, kind="stable"
    )
    shown = behind.head(SHOWN_STUDENTS)
    rows = tuple(
        (words(r.name), Cell(shorten(r.student, 40)), count(r.missing), count(r.late), percent(r.mean))
        for r in rows_of(shown)
    )
    head = tuple(t(f"h_{name}") for name in ("student", "id", "missing", "late", "mean"))
    table = Table("a-contacter", t("late_people"), head, rows, frozenset({2, 3, 4}), sortable=True, folded=True)
    cut = (t("late_people_cut", shown=len(shown), total=grouped(len(behind))),) if len(behind) > len(shown) else ()
    chart = Chart("retards-figure", summary, figure, height)
    return Section("retards", t("late"), (t("late_intro"),), chart, (table,) if rows else (), cut)


def students(data: ReportData, href: dict[str, str]) -> Section | None:
    """Everybody, with a link to each page; in a very large class those who need somebody first."""
    if data.students.empty:
        return None
    total, frame = len(data.students), data.students
    intro = t("students_intro")
    if total > MOST_STUDENTS:
        frame = frame.sort_values(["missing", "mean"], ascending=[False, True], kind="stable").head(SHOWN_STUDENTS)
        intro = f"{t('students_cut', total=grouped(total), shown=len(frame))} {intro}"
    results = data.frames.submissions
    if total > MOST_STUDENTS:
        results = results[results["student"].isin(frame["student"])]
    table = results.pivot(index="student", columns="assignment", values="percent")
    table = table.reindex(index=frame["student"], columns=data.begun["assignment"])
    rows = []
    for row, values in zip(rows_of(frame), table.to_numpy(dtype=float), strict=True):
        name = Cell(shorten(row.name, 80), None, href.get(row.student, ""))
        own = (
            Cell(shorten(row.student, 40)),
            percent(row.mean, mood_of(row.mean)),
            count(row.missing),
            count(row.late),
        )
        rows.append((name, *own, *(percent(value, mood_of(value)) for value in values)))
    names = ("student", "id", "mean", "missing", "late")
    head = (*(t(f"h_{name}") for name in names), *(data.labels[name] for name in table.columns))
    numeric = frozenset(range(2, len(head)))
    found = Table("classe", t("students"), head, tuple(rows), numeric, sortable=True, searchable=True)
    return Section("etudiants", t("students"), (intro,), tables=(found,))
