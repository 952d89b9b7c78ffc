"""A grade explained in one place: submission, deadline, attempts, checks, a teacher's marks, history. Only read here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from coursegrader.changes import CheckMove, ExerciseMove, outcome, verdict_moves
from coursegrader.course import Course
from coursegrader.errors import CourseFault
from coursegrader.feedback.misconceptions import misconception_titles
from coursegrader.gradebook import GradebookWriter
from coursegrader.gradebook.points import CellRow, Points
from coursegrader.rebuild import exercise_titles, rebuild
from coursegrader.standing import Weighed, weigh
from coursegrader.store import HistoryRow, VerdictStore
from coursegrader.student_files import feedback_path
from coursegrader.verdict import ExerciseResult, Verdict


@dataclass(frozen=True)
class AttemptLine:
    """One submission: place from 1, local time (ISO), digest, automatic points, lateness, and whether it counts.

    Where no time lay beside it (`time_known` is False), `at` is when it was first seen, and it is never late.
    """

    place: int
    at: str
    time_known: bool
    digest: str
    score: float | None
    late_seconds: float
    late_days: int
    penalty: float
    counts: bool
    over_limit: bool
    status: str


@dataclass(frozen=True)
class CheckLine:
    """One hidden check: outcome in a word, points it is worth, what the student was told (French), and the misconception with its title."""

    name: str
    outcome: str
    points: float
    message: str
    reason: str
    expected: str
    actual: str
    misconception: str
    idea: str
    fault: str


@dataclass(frozen=True)
class ExerciseLine:
    """One exercise: what stands in the gradebook, a teacher's marks and comments included, and its checks.

    `title` is the heading (French) that it stands under in the release; "" where there is none.
    """

    exercise: str
    score: float
    max_score: float
    auto_score: float | None
    manual_score: float | None
    extra_credit: float
    waits: bool
    comment: str
    checks: tuple[CheckLine, ...]
    title: str = ""


@dataclass(frozen=True)
class HistoryLine:
    """One row of the history: local time (ISO), points, why, and what changed against the verdict before."""

    at: str
    score: float | None
    max_score: float | None
    status: str
    reason: str
    note: str
    exercises: tuple[ExerciseMove, ...]
    checks: tuple[CheckMove, ...]


@dataclass(frozen=True)
class Explanation:
    """Everything about one grade.

    Attributes:
        score, penalty, total, max_score: points; total is score minus penalty.
        deadline: the student's own, local time (ISO); `deadline_of` says where it comes from.
        feedback: path of the student's page, "" where there is none.
    """

    student: str
    assignment: str
    title: str
    score: float
    penalty: float
    total: float
    max_score: float
    status: str
    reason: str
    deadline: str
    deadline_of: str
    attempts: tuple[AttemptLine, ...]
    exercises: tuple[ExerciseLine, ...]
    history: tuple[HistoryLine, ...]
    warnings: tuple[str, ...]
    versions: dict[str, str]
    feedback: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def explain(course: Course, student: str, assignment: str) -> Explanation:
    """Explain a grade.

    Raises:
        CourseFault: there is nothing to explain, with what to do.
        MachineFault: a database does not answer.

    Example:
        >>> explain(course, "marley", "01-compter-generer").total         # doctest: +SKIP
        17.5
    """
    chosen = course.assignment(assignment)
    path = course.root / "verdicts.db"
    if not path.is_file():
        raise CourseFault("nothing is graded yet in this course", hint=f"run `coursegrader grade {assignment}`")
    with VerdictStore(path) as store, GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook:
        points = gradebook.points(student, assignment)
        attempts = store.archive.attempts(student, assignment)
        if points is None and not attempts:
            raise CourseFault(
                f"{student!r} has nothing graded for {assignment}",
                hint=f"run `coursegrader grade {assignment} --student {student}`, or mind the spelling of the name",
            )
        deadline = gradebook.deadline(chosen, student)
        weighed = weigh(attempts, chosen.policy, deadline.due, course.tz)
        key = store.standing(student, assignment)
        entry = store.find(key) if key else None
        verdict = entry.verdict if entry is not None else None
        cells = gradebook.cells(student, assignment)
        history = tuple(_history(course, store, list(store.history(student, assignment))))
        own = f"extension in {'course_config.py' if deadline.granted else 'the gradebook'}"
        base = deadline.base == deadline.due.replace(tzinfo=None)
        source = ("course_config.py" if deadline.follows else "set in formgrader") if base else own
        ideas = misconception_titles(course.misconceptions_file(assignment))
        page = feedback_path(course, verdict) if verdict is not None else None
        return Explanation(
            student=student,
            assignment=assignment,
            title=chosen.title,
            **_points(points, verdict),
            max_score=chosen.points,
            status=verdict.status if verdict is not None else "not graded",
            reason=verdict.reason if verdict is not None else "",
            deadline=_local(course, deadline.due),
            deadline_of=source,
            attempts=tuple(_attempt(course, one) for one in weighed),
            exercises=tuple(_exercises(chosen.exercises, cells, verdict, _titles(course, assignment), ideas)),
            history=history,
            warnings=tuple(_warnings(weighed, store, student, assignment, verdict, points)),
            versions=_versions(verdict),
            feedback=str(page) if page is not None and page.is_file() else "",
        )


def _points(points: Points | None, verdict: Verdict | None) -> dict[str, float]:
    if points is not None:
        return {"score": points.score, "penalty": points.penalty, "total": points.total}
    score = verdict.score if verdict is not None else 0.0
    return {"score": score, "penalty": 0.0, "total": score}


def _attempt(course: Course, one: Weighed) -> AttemptLine:
    attempt = one.attempt
    return AttemptLine(
        one.place,
        _local(course, attempt.at),
        attempt.submitted_at is not None,
        attempt.digest,
        attempt.score,
        one.late_seconds,
        one.late_days,
        one.penalty,
        one.counts,
        one.over_limit,
        attempt.status or "not graded",
    )


def _titles(course: Course, assignment: str) -> dict[str, str]:
    """Exercise -> title in the release; none where it is not built, or not readable: a grade is explained without."""
    try:
        notebook = (course.release_dir(assignment) / f"{assignment}.ipynb").read_text(encoding="utf-8")
        return exercise_titles(rebuild(json.loads(notebook), None))
    except (OSError, ValueError, KeyError):
        return {}


def _exercises(
    known: Any, cells: dict[str, CellRow], verdict: Verdict | None, titles: dict[str, str], ideas: dict[str, str]
) -> list[ExerciseLine]:
    results: dict[str, ExerciseResult] = {one.id: one for one in verdict.exercises} if verdict is not None else {}
    lines = []
    for exercise in known:
        cell, result = cells.get(exercise.id), results.get(exercise.id)
        auto = cell.auto_score if cell is not None else (result.score if result is not None else None)
        manual = cell.manual_score if cell is not None else None
        extra = (cell.extra_credit or 0.0) if cell is not None else 0.0
        score = (manual if manual is not None else auto or 0.0) + extra
        checks = tuple(
            CheckLine(
                check.name,
                outcome(check),
                check.points,
                check.message,
                check.reason,
                check.expected,
                check.actual,
                check.misconception or "",
                ideas.get(check.misconception or "", ""),
                check.fault,
            )
            for check in (result.checks if result is not None else ())
        )
        waits = cell.waits if cell is not None else exercise.manual
        comment = cell.comment if cell is not None else ""
        title = titles.get(exercise.id, "")
        lines.append(
            ExerciseLine(exercise.id, score, exercise.points, auto, manual, extra, waits, comment, checks, title)
        )
    return lines


def _history(course: Course, store: VerdictStore, rows: list[HistoryRow]) -> list[HistoryLine]:
    lines: list[HistoryLine] = []
    before: Verdict | None = None
    for row in rows:
        entry = store.find(row.key) if row.key else None
        moves = verdict_moves(before, entry.verdict) if before is not None and entry is not None else ((), ())
        at = _local(course, row.at)
        lines.append(HistoryLine(at, row.score, row.max_score, row.status, row.reason, row.note, *moves))
        before = entry.verdict if entry is not None else before
    return lines


def _warnings(
    weighed: tuple[Weighed, ...],
    store: VerdictStore,
    student: str,
    assignment: str,
    verdict: Verdict | None,
    points: Points | None,
) -> list[str]:
    found = [f"attempt {one.place} is over the limit: kept, does not count" for one in weighed if one.over_limit]
    if store.current(student, assignment) == "":
        found.append("the machine failed on the last submission: run `coursegrader grade` again")
    if verdict is None:
        found.append("the verdict is no longer in the store: `coursegrader regrade` makes it anew")
    counts = next((one for one in weighed if one.counts), None)
    if counts is not None and verdict is not None and counts.attempt.key != store.standing(student, assignment):
        found.append(
            f"by today's policy attempt {counts.place} counts, the gradebook has another: run `coursegrader policy`"
        )
    if verdict is not None:
        found += [f"{one.id} waits for a teacher" for one in verdict.exercises if one.needs_teacher and points is None]
        found += list(verdict.warnings)
        if verdict.isolation != "full":
            found.append(f"graded with isolation {verdict.isolation!r}")
    return found


def _versions(verdict: Verdict | None) -> dict[str, str]:
    if verdict is None:
        return {}
    return {
        "submission": verdict.submission,
        "course": verdict.course_version,
        "engine": verdict.engine_version,
        "isolation": verdict.isolation,
    }


def _local(course: Course, moment: datetime) -> str:
    return moment.astimezone(course.tz).isoformat(sep=" ", timespec="seconds")
