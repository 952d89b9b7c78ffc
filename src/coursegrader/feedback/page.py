"""The feedback page: a verdict and the student's cells in, one self-contained HTML file out.

The page runs nothing: no script, no form, no address outside itself, and a Content-Security-Policy (W3C, CSP Level 3)
that allows only pictures written in the page and the page's own style, named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from coursegrader.feedback.blocks import Budget, OutputRenderer
from coursegrader.feedback.cells import FeedbackCell, group_by_exercise
from coursegrader.feedback.exercises import (
    MESSAGE_CHARS,
    CellView,
    ExerciseView,
    cell_views,
    exercise_view,
    points_text,
)
from coursegrader.feedback.misconceptions import Misconception
from coursegrader.feedback.plain import decimal, grouped, marked_up, shorten, typeset
from coursegrader.messages import text
from coursegrader.student.keycheck import without_keys
from coursegrader.verdict import Verdict

MAX_WARNINGS = 20
MAX_EXERCISES = 200
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class PageView:
    """What the template shows around the exercises. `headline` is the score, or why there is none."""

    language: str
    course: str
    assignment: str
    student: str
    status: str
    headline: str
    scored: bool
    score: str
    max_score: str
    reason: str
    isolation: str
    warnings: tuple[str, ...]
    exercises: tuple[ExerciseView, ...]
    other_cells: tuple[CellView, ...]
    versions: tuple[tuple[str, str], ...]


def feedback_page(
    verdict: Verdict,
    cells: Sequence[FeedbackCell],
    *,
    course_title: str,
    assignment_title: str,
    exercise_titles: Mapping[str, str],
    misconceptions: Mapping[str, Misconception],
    language: str = "fr",
) -> str:
    """One HTML page, below 2 MB whatever the student's code put out.

    Args:
        verdict: its evidence is cut to 300 characters a text; what is for the author (faults, names of checks) is left
            out.
        cells: the graded notebook's, in order; only the student's own and the self-checks' outputs are shown.
        exercise_titles: by exercise id; the id stands in for a missing one.
        misconceptions: by id, from `load_misconceptions`.
        language: BCP 47 tag of the texts.

    Returns:
        A complete document; the same arguments give the same text.

    Raises:
        ValueError: `language` is no language tag.

    Example:
        >>> verdict = Verdict("lea", "01", "rejected", "", "", "", "full", reason="Le fichier est vide.")
        >>> "Le fichier est vide." in feedback_page(
        ...     verdict, [], course_title="IA", assignment_title="Compter", exercise_titles={}, misconceptions={}
        ... )
        True
    """
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{language!r} is no language tag")
    renderer = OutputRenderer(Budget())
    groups = group_by_exercise(cells)
    known = [exercise.id for exercise in verdict.exercises]
    exercises = [] if verdict.status != "graded" else verdict.exercises[:MAX_EXERCISES]
    views = tuple(
        exercise_view(number, e, exercise_titles.get(e.id, e.id), groups.get(e.id, []), misconceptions, renderer)
        for number, e in enumerate(exercises, 1)
    )
    others = [cell for name, group in groups.items() if name not in known for cell in group]
    style = page_style()
    page = PageView(
        language=language,
        course=shorten(course_title),
        assignment=shorten(assignment_title),
        student=shorten(verdict.student),
        status=verdict.status,
        headline=_headline(verdict),
        scored=verdict.status in ("graded", "rejected") and verdict.max_score > 0,
        score=decimal(verdict.score),
        max_score=points_text(verdict.max_score),
        reason=shorten(verdict.reason, MESSAGE_CHARS),
        isolation=_isolation(verdict.isolation),
        warnings=_warnings(verdict),
        exercises=views,
        other_cells=cell_views(others, renderer),
        versions=_versions(verdict),
    )
    html = _template().render(page=page, style=Markup(style), style_hash=style_hash(style))
    return without_keys(html)[0]  # one that the student's code put together as it ran


def notice_page(
    *,
    course_title: str,
    assignment_title: str,
    student: str,
    headline: str,
    sentences: Sequence[str],
    language: str = "fr",
) -> str:
    """A page about a submission that has no verdict to show: why, and what comes next.

    Args:
        headline: what became of it.
        sentences: the first explains it, the others stand in a list.
        language: BCP 47 tag of the texts.
    """
    style = page_style()
    page = PageView(
        language=language,
        course=shorten(course_title),
        assignment=shorten(assignment_title),
        student=shorten(student),
        status="notice",
        headline=shorten(headline),
        scored=False,
        score="",
        max_score="",
        reason=shorten(sentences[0], MESSAGE_CHARS) if sentences else "",
        isolation="",
        warnings=tuple(shorten(sentence, MESSAGE_CHARS) for sentence in sentences[1:]),
        exercises=(),
        other_cells=(),
        versions=(),
    )
    return _template().render(page=page, style=Markup(style), style_hash=style_hash(style))


def _headline(verdict: Verdict) -> str:
    if verdict.status == "rejected":
        return text("feedback.rejected")
    if verdict.status != "graded":
        return text("feedback.ungraded")
    if any(exercise.needs_teacher for exercise in verdict.exercises):
        return text("feedback.provisional")
    return text("feedback.complete") if verdict.score >= verdict.max_score else text("feedback.graded")


def _isolation(mode: str) -> str:
    return "" if mode == "full" else text("feedback.isolation", mode=shorten(mode, 40))


def _warnings(verdict: Verdict) -> tuple[str, ...]:
    return tuple(shorten(warning) for warning in verdict.warnings[:MAX_WARNINGS] if warning.strip())


def _versions(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    named = (("submission", verdict.submission), ("course", verdict.course_version), ("engine", verdict.engine_version))
    return tuple((text(f"feedback.version_{name}"), shorten(value, 17)) for name, value in named if value)


@cache
def page_style() -> str:
    """The page's style as it stands between its tags, without the comments."""
    css = resources.files("coursegrader").joinpath("templates/feedback.css").read_text(encoding="utf-8")
    return re.sub(r"\n\s*\n", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def _typeset_text(key: str, /, **fields: object) -> str:
    return typeset(text(key, **fields))


def style_hash(style: str) -> str:
    """How a Content-Security-Policy names a style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def page_environment() -> Environment:
    """Templates of pages: everything escaped, and a name that is missing is an error."""
    return Environment(
        loader=PackageLoader("coursegrader"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _template() -> Template:
    environment = page_environment()
    environment.globals.update(t=_typeset_text, grouped=grouped, shorten=shorten)
    environment.filters["typeset"] = typeset
    environment.filters["marked_up"] = marked_up
    return environment.get_template("feedback.html.j2")
