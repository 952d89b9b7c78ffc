"""One exercise as its student reads it: state, points, what to correct, what could not run, the student's own cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursegrader.feedback.blocks import Block, OutputRenderer
from coursegrader.feedback.cells import FeedbackCell
from coursegrader.feedback.misconceptions import Misconception
from coursegrader.feedback.plain import Excerpt, decimal, excerpt, shorten
from coursegrader.messages import text
from coursegrader.verdict import CheckResult, ExerciseResult

MESSAGE_CHARS = 1_000  # the course's own sentences, which are longer than evidence
SOURCE_CHARS = 12_000
SOURCE_LINES = 300
MAX_CELLS = 20
SYMBOLS = {"passed": "✓", "partial": "◐", "failed": "✗", "untouched": "○", "manual": "✎", "pending": "…"}
_ODD_STATUS = frozenset({"error", "timeout", "stopped", "skipped"})


@dataclass(frozen=True)
class Evidence:
    """Why a check failed: what was compared, the wanted and the found, and the idea that was probably behind it."""

    reason: str
    expected: str
    actual: str
    misconception: Misconception | None

    def __bool__(self) -> bool:
        return bool(self.reason or self.expected or self.actual or self.misconception)


@dataclass(frozen=True)
class FailedCheck:
    """A failed check: the course's hint, what it would have given, and its evidence."""

    message: str
    points: str
    evidence: Evidence


@dataclass(frozen=True)
class CellView:
    """A cell of the student's: a heading, its source (empty hides it), its outputs, and how it ended if not well."""

    heading: str
    source: Excerpt
    prose: bool
    blocks: tuple[Block, ...]
    status: str


@dataclass(frozen=True)
class ExerciseView:
    """What the template shows of an exercise. `shared` is the evidence that all failed checks have in common."""

    anchor: str
    id: str
    title: str
    state: str
    symbol: str
    state_text: str
    score: str
    max_points: str
    failed: tuple[FailedCheck, ...]
    shared: Evidence | None
    passed: str
    not_run: tuple[str, ...]
    cells: tuple[CellView, ...]
    cells_dropped: int


def state_of(exercise: ExerciseResult) -> str:
    """The state of an exercise, a key of `SYMBOLS`.

    Example:
        >>> state_of(ExerciseResult("decode", 1.0, answered=False))
        'untouched'
    """
    counted = [check for check in exercise.checks if not check.withdrawn]
    if not exercise.answered and not any(check.passed for check in counted):
        return "untouched"
    if exercise.manual:
        return "manual"
    if exercise.score is None or any(check.passed is None for check in counted):
        return "pending"
    if all(check.passed for check in counted):
        return "passed"
    return "partial" if any(check.passed for check in counted) else "failed"


def points_text(points: float) -> str:
    """A number of points with its noun, singular below two.

    Example:
        >>> points_text(1.5), points_text(2)
        ('1,5 point', '2 points')
    """
    return text("feedback.points_one" if abs(points) < 2 else "feedback.points_many", points=decimal(points))


def exercise_view(
    number: int,
    exercise: ExerciseResult,
    title: str,
    cells: Sequence[FeedbackCell],
    misconceptions: Mapping[str, Misconception],
    renderer: OutputRenderer,
) -> ExerciseView:
    """An exercise ready for the template.

    Args:
        number: its place on the page, from 1.
        title: French; the id when it has none.
        cells: of this exercise.
        misconceptions: by id; an id that is missing is left out.
        renderer: shared by the page.
    """
    state = state_of(exercise)
    untouched = state == "untouched"
    told = () if untouched else exercise.checks
    failed = [_failed(check, misconceptions) for check in told if check.passed is False and not check.withdrawn]
    shared = failed[0].evidence if len(failed) > 1 and len({check.evidence for check in failed}) == 1 else None
    own = [cell for cell in cells if not (untouched and cell.role in ("solution", "check"))]
    return ExerciseView(
        anchor=f"exercice-{number}",
        id=shorten(exercise.id),
        title=shorten(title),
        state=state,
        symbol=SYMBOLS[state],
        state_text=text(f"feedback.state_{state}"),
        score=text("feedback.score_waits") if exercise.score is None else decimal(exercise.score),
        max_points=decimal(exercise.max_points),
        failed=tuple(failed),
        shared=shared or None,
        passed=_passed(exercise),
        not_run=tuple(_not_run(check) for check in told if check.passed is None or check.withdrawn),
        cells=cell_views(own, renderer, exercise.id),
        cells_dropped=max(len(own) - MAX_CELLS, 0),
    )


def cell_views(
    cells: Sequence[FeedbackCell], renderer: OutputRenderer, exercise: str | None = None
) -> tuple[CellView, ...]:
    """The first cells, ready for the template; those with nothing to show are left out."""
    return tuple(view for cell in cells[:MAX_CELLS] if (view := _cell(cell, renderer, exercise)) is not None)


def _failed(check: CheckResult, misconceptions: Mapping[str, Misconception]) -> FailedCheck:
    known = misconceptions.get(check.misconception) if check.misconception is not None else None
    evidence = Evidence(shorten(check.reason), shorten(check.expected), shorten(check.actual), known)
    message = shorten(check.message, MESSAGE_CHARS) or text("feedback.check_without_message")
    return FailedCheck(message, points_text(check.points), evidence)


def _passed(exercise: ExerciseResult) -> str:
    passed = [check for check in exercise.checks if check.passed and not check.withdrawn]
    counted = [check for check in exercise.checks if not check.withdrawn]
    if not passed:
        return ""
    key = "feedback.passed_one" if len(passed) == 1 else "feedback.passed_many"
    return text(key, passed=len(passed), total=len(counted))


def _not_run(check: CheckResult) -> str:
    # check.fault is for the course's author: it may quote a hidden check.
    return text("feedback.withdrawn" if check.withdrawn else "feedback.not_run", points=points_text(check.points))


def _cell(cell: FeedbackCell, renderer: OutputRenderer, exercise: str | None) -> CellView | None:
    status = text(f"feedback.status_{cell.status}") if cell.status in _ODD_STATUS else ""
    source = Excerpt("")
    if cell.role != "check":  # the course's own code, which the student has in the notebook
        source = excerpt(cell.source, SOURCE_CHARS, SOURCE_LINES, keep_end=False)
        if not renderer.affordable(source):
            source, status = Excerpt(""), text("feedback.cut_page")
    blocks = tuple(renderer.blocks(cell.outputs, exercise)) if cell.kind == "code" else ()
    if not (source.head.strip() or blocks or status):
        return None
    return CellView(text(f"feedback.cell_{cell.role}"), source, cell.kind != "code", blocks, status)
