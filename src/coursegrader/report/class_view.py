"""The class's page for its teacher: every section with its chart and table."""

from __future__ import annotations

from coursegrader.feedback.plain import grouped, shorten
from coursegrader.gradebook.columns import rows_of
from coursegrader.report import charts
from coursegrader.report.data import ReportData
from coursegrader.report.exercise_sections import difficulty, ideas
from coursegrader.report.parts import Cell, Chart, ClassView, Section, Table, Tile
from coursegrader.report.project_section import milestones
from coursegrader.report.results_sections import distribution, progress
from coursegrader.report.statistics import FEW_FOR_MEDIAN
from coursegrader.report.texts import NONE, count, day, mood_of, percent, rounded, t, words

MOST_STUDENTS = 1500  # rows of a table that a browser still sorts at once
SHOWN_STUDENTS = 300


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
    last = over[over["graded"] >= FEW_FOR_MEDIAN].tail(1)
    share = f"{rounded(100 * there / expected)}\u00a0%" if expected else NONE
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
        many = row.graded >= FEW_FOR_MEDIAN
        middle = t("range", low=rounded(row.lower), high=rounded(row.upper)) if many else NONE
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
