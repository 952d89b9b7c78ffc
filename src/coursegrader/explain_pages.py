"""An explanation as text for the terminal and as one self-contained HTML page. Both are for teachers: hidden checks are named."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import cache

from jinja2 import Template
from markupsafe import Markup

from coursegrader.explain import AttemptLine, CheckLine, ExerciseLine, Explanation, HistoryLine
from coursegrader.feedback.page import page_environment, page_style, style_hash
from coursegrader.feedback.plain import visible
from coursegrader.submission import printable

SHOWN = 2_000  # characters of one text that came from a student's code
MIN_WIDTH = 30  # a terminal that is narrower, or does not know its width


def explanation_text(found: Explanation, width: int | None = None) -> str:
    """For a terminal: no control character of a student's gets there.

    Args:
        width: of the terminal, in characters; None for lines as long as they come, for other programs.
    """
    lines = _lines(found)
    return "\n".join(lines if width is None else (part for line in lines for part in wrapped(line, width)))


def wrapped(line: str, width: int) -> list[str]:
    """A line in as many as it needs, those that follow indented by four more; a path stays whole.

    Example:
        >>> wrapped("  passed  1  test_sum  Additionnez tous les nombres.", 32)
        ['  passed  1  test_sum', '      Additionnez tous les', '      nombres.']
    """
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(
        line,
        max(width, MIN_WIDTH),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [line]


def _lines(found: Explanation) -> Iterator[str]:
    penalty = f" after a late penalty of {found.penalty:g}" if found.penalty else ""
    yield f"{_safe(found.student)}  {found.assignment} ({found.title})"
    yield f"grade: {found.total:g} of {found.max_score:g}{penalty}, {found.status}" + (
        f": {_safe(found.reason)}" if found.reason else ""
    )
    yield f"deadline: {found.deadline} ({found.deadline_of})"
    for warning in found.warnings:
        yield f"! {_safe(warning)}"
    yield ""
    yield "submissions"
    for attempt in found.attempts:
        yield f"  {attempt_text(attempt)}"
    if not found.attempts:
        yield "  none in the archive: graded by an earlier version"
    yield ""
    yield "exercises"
    for exercise in found.exercises:
        yield f"  {exercise_name(exercise)}: {exercise.score:g}/{exercise.max_score:g}{_marks(exercise)}"
        if exercise.comment:
            yield f"    comment: {_safe(exercise.comment)}"
        for check in exercise.checks:
            yield f"    {check_text(check)}"
    yield ""
    yield "history"
    for row in found.history:
        yield f"  {history_text(row)}"
        for move in row.exercises:
            yield f"    {move.exercise}: {_number(move.before)} -> {_number(move.after)}"
        for change in row.checks:
            yield f"      {change.exercise}/{change.check}: {change.before} -> {change.after} ({change.points:g})"
    yield ""
    yield f"feedback: {found.feedback or 'no page yet'}"
    if found.versions:
        short = {name: value[:12] for name, value in found.versions.items()}
        yield "versions: " + ", ".join(f"{name} {value}" for name, value in short.items())


def attempt_text(one: AttemptLine) -> str:
    """A submission in a line.

    Example:
        >>> attempt_text(AttemptLine(2, "2026-09-10 20:00:00+02:00", True, "ab" * 32, 7.0, 158460.0, 2, 1.4, True, False, "graded"))
        '2. 2026-09-10 20:00:00+02:00  abababababab  7 points, 1 d 20:01:00 late, 2 days count: -1.4  <- counts'
    """
    parts = [f"{one.score:g} points" if one.score is not None else one.status]
    if one.status == "rejected":
        parts.append("could not be read")
    if not one.time_known:
        parts.append("first seen then: no timestamp.txt says when it was handed in, so it is not late")
    if one.late_seconds > 0:
        parts.append(f"{_duration(one.late_seconds)} late")
        days = f"{one.late_days} days count" if one.late_days > 1 else "1 day counts"
        parts.append(f"{days}: -{one.penalty:g}" if one.penalty > 0 else "costs nothing")
    mark = "  <- counts" if one.counts else "  over the limit, does not count" if one.over_limit else ""
    return f"{one.place}. {one.at}  {one.digest[:12]}  {', '.join(parts)}{mark}"


def _duration(seconds: float) -> str:
    days, rest = divmod(int(seconds), 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def exercise_name(exercise: ExerciseLine) -> str:
    """Title and id of an exercise, as far as there are both."""
    return f"{_safe(exercise.title)} ({exercise.exercise})" if exercise.title else exercise.exercise


def _marks(exercise: ExerciseLine) -> str:
    parts = []
    if exercise.manual_score is not None:
        auto = f", automatic {exercise.auto_score:g}" if exercise.auto_score is not None else ""
        parts.append(f"by hand {exercise.manual_score:g}{auto}")
    if exercise.extra_credit:
        parts.append(f"extra credit {exercise.extra_credit:g}")
    if exercise.waits:
        parts.append("waits for a teacher")
    return f"  ({'; '.join(parts)})" if parts else ""


def check_text(check: CheckLine) -> str:
    """A check in a line, with what the student was told."""
    said = " ".join(part for part in (check.message, check.reason) if part)
    evidence = f" [expected {check.expected}, got {check.actual}]" if check.expected or check.actual else ""
    title = f": {check.idea}" if check.idea else ""
    known = f" (known idea: {check.misconception}{title})" if check.misconception else ""
    fault = f" FAULT OF THE CHECK: {check.fault}" if check.fault else ""
    return _safe(f"{check.outcome:<7} {check.points:g}  {check.name}  {said}{evidence}{known}{fault}".rstrip())


def history_text(row: HistoryLine) -> str:
    """A row of the history in a line."""
    points = f"{row.score:g}/{row.max_score:g}" if row.score is not None else "-"
    note = f" ({row.note})" if row.note else ""
    return _safe(f"{row.at}  {points}  {row.status}  {row.reason}{note}")


def _number(points: float | None) -> str:
    return "-" if points is None else f"{points:g}"


def _safe(text: str) -> str:
    return " ".join(printable(line) for line in text[:SHOWN].splitlines())


def explanation_html(found: Explanation, language: str) -> str:
    """One HTML page that runs nothing and asks nothing of other servers.

    Args:
        language: of what students read, a BCP 47 tag.
    """
    style = page_style()
    return _template().render(e=found, style=Markup(style), style_hash=style_hash(style), language=language)


@cache
def _template() -> Template:
    environment = page_environment()
    environment.globals.update(attempt_text=attempt_text, marks=_marks, number=_number, history_text=history_text)
    environment.filters["shown"] = lambda text: visible(text[:SHOWN])
    return environment.get_template("explain.html.j2")
