"""What a policy or a corrected check would change: looked at first, in a transaction that is undone, and written on confirmation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from coursegrader import store_schema
from coursegrader.archive import Attempt
from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.gradebook.deadlines import Deadline
from coursegrader.gradebook.points import Points
from coursegrader.settle import Occasion, Settled, if_written, penalty_rule, settle_attempts
from coursegrader.store import VerdictStore
from coursegrader.verdict import CheckResult, Verdict
from coursegrader.write_down import write_settled


@dataclass(frozen=True)
class CheckMove:
    """A check whose outcome changed: "passed", "failed", "not run", "withdrawn" or "absent", and the points it is worth."""

    exercise: str
    check: str
    before: str
    after: str
    points: float


@dataclass(frozen=True)
class ExerciseMove:
    """An exercise whose automatic points changed; None where it was not graded."""

    exercise: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Change:
    """What would change, or has changed, for a student.

    Attributes:
        before: points after the penalty, None where there was no grade yet.
        penalty_before, penalty_after: late penalty in points, part of the above.
        why: in words, for the teacher.
    """

    student: str
    assignment: str
    before: float | None
    after: float
    penalty_before: float
    penalty_after: float
    why: tuple[str, ...]
    exercises: tuple[ExerciseMove, ...] = ()
    checks: tuple[CheckMove, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether points move."""
        return self.before is None or abs(self.before - self.after) > 1e-9

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """A change and what has to be written for it."""

    change: Change
    settled: Settled | None
    attempts: tuple[Attempt, ...]


def plan(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    student: str,
    assignment: str,
    attempts: Sequence[Attempt],
    why: Sequence[str] = (),
) -> Plan | None:
    """What would change if these attempts, with these verdicts, were settled by the policies of today.

    Args:
        attempts: in the order of handing in; their verdicts are in the store.
        why: known already; what the policy changes is added.

    Returns:
        None where nothing at all would change.
    """
    before = gradebook.points(student, assignment)
    chosen = course.assignment(assignment)
    deadline = gradebook.deadline(chosen, student)
    reasons = [*why, *_deadline_moved(course, before, deadline)]
    graded = [attempt for attempt in attempts if attempt.key]
    if not graded:  # graded before submissions were kept: only the penalty can move
        if before is None:
            return None
        move = partial(gradebook.move, student, assignment, None, deadline, penalty_rule(chosen, course.tz))
        after = gradebook.if_done(move, student, assignment)
        return _plan(student, assignment, before, after, reasons, None, (), None, None)
    entry = store.find(graded[-1].key)
    if entry is None:
        raise MachineFault(
            f"the verdict of {student} for {assignment} is no longer in the store",
            hint=f"Run `coursegrader regrade {assignment} --student {student}`.",
        )
    settled = settle_attempts(course, store, deadline, attempts, graded[-1].number, entry)
    standing = store.standing(student, assignment)
    old = store.find(standing) if standing else None
    after = if_written(course, gradebook, settled, scores=standing != settled.key)
    reasons += [*_attempt_moved(settled, standing), *_penalty_moved(before, after, settled.counting.late_days)]
    verdicts = (None if old is None else old.verdict, settled.entry.verdict)
    return _plan(student, assignment, before, after, reasons, settled, tuple(attempts), *verdicts)


def _deadline_moved(course: Course, before: Points | None, deadline: Deadline) -> Iterator[str]:
    if before is not None and before.due is not None and before.due != deadline.due:
        yield f"deadline {_moment(course, before.due)} -> {_moment(course, deadline.due)}"


def _attempt_moved(settled: Settled, standing: str | None) -> Iterator[str]:
    """Which attempt counts instead; nothing where the same work is judged anew, for that is said already."""
    was = next((one.place for one in settled.attempts if one.attempt.key == standing), None)
    if was is not None and standing not in (None, settled.key):
        yield f"attempt {settled.counting.place} counts instead of {was}"


def _penalty_moved(before: Points | None, after: Points, days: int) -> Iterator[str]:
    if before is not None and abs(before.penalty - after.penalty) > 1e-9:
        late = f" ({days} days late)" if days else ""
        yield f"late penalty {before.penalty:g} -> {after.penalty:g}{late}"


def _plan(
    student: str,
    assignment: str,
    before: Points | None,
    after: Points,
    why: list[str],
    settled: Settled | None,
    attempts: tuple[Attempt, ...],
    old: Verdict | None,
    new: Verdict | None,
) -> Plan | None:
    exercises, checks = verdict_moves(old, new) if old is not None and new is not None else ((), ())
    change = Change(
        student,
        assignment,
        None if before is None else before.total,
        after.total,
        0.0 if before is None else before.penalty,
        after.penalty,
        tuple(why),
        exercises,
        checks,
    )
    if not (change.moves or why or exercises or checks):
        return None
    return Plan(change, settled, attempts)


def write(course: Course, store: VerdictStore, gradebook: GradebookWriter, planned: Plan, reason: str) -> None:
    """Write a plan: what it settles is found anew, so that a grade entered meanwhile is not overwritten."""
    student, assignment = planned.change.student, planned.change.assignment
    chosen = course.assignment(assignment)
    if planned.settled is None:
        rule = penalty_rule(chosen, course.tz)
        gradebook.move(student, assignment, None, gradebook.deadline(chosen, student), rule)
        return
    for attempt in planned.attempts:
        if attempt.key:
            store.archive.judged(attempt)
    scores = store.standing(student, assignment) != planned.settled.key
    occasion = Occasion(reason, "; ".join(planned.change.why), scores)
    write_settled(course, store, gradebook, planned.settled, occasion)


def verdict_moves(old: Verdict, new: Verdict) -> tuple[tuple[ExerciseMove, ...], tuple[CheckMove, ...]]:
    """Exercises and checks that differ between two verdicts of one student."""
    before = {exercise.id: exercise for exercise in old.exercises}
    after = {exercise.id: exercise for exercise in new.exercises}
    exercises, checks = [], []
    for name in dict.fromkeys([*before, *after]):
        scores = tuple(known[name].score if name in known else None for known in (before, after))
        if scores[0] != scores[1]:
            exercises.append(ExerciseMove(name, *scores))
        sides = [
            {check.name: check for check in known[name].checks} if name in known else {} for known in (before, after)
        ]
        checks += list(_check_moves(name, *sides))
    return tuple(exercises), tuple(checks)


def _check_moves(exercise: str, before: dict[str, CheckResult], after: dict[str, CheckResult]) -> Iterator[CheckMove]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        states = (outcome(old), outcome(new))
        if states[0] != states[1] or (old is not None and new is not None and old.points != new.points):
            yield CheckMove(exercise, name, *states, (new or old).points)  # type: ignore[union-attr]


def outcome(check: CheckResult | None) -> str:
    """A check's outcome in a word."""
    if check is None:
        return "absent"
    if check.withdrawn:
        return "withdrawn"
    return {True: "passed", False: "failed", None: "not run"}[check.passed]


def why_between(old: str | None, new: str) -> str:
    """Why a verdict differs, with the versions."""
    import json

    reason = store_schema.reason_between(old, new)
    try:
        before, after = json.loads(old or ""), json.loads(new)
    except ValueError:
        return reason
    if reason == store_schema.ENGINE:
        return f"{reason} ({before[4]} -> {after[4]})"
    if reason == store_schema.COURSE:
        return f"{reason} ({before[3][:8]} -> {after[3][:8]})"
    return reason


def _moment(course: Course, moment: Any) -> str:
    return f"{moment.astimezone(course.tz):%Y-%m-%d %H:%M}"
