"""Which attempt gives the grade, and what lateness costs it: a pure function of attempts, policy and deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from coursegrader.archive import Attempt
from coursegrader.course import Policy


@dataclass(frozen=True)
class Weighed:
    """An attempt as the policy sees it.

    Attributes:
        place: 1 for the first that was handed in.
        late_seconds: after the student's deadline, without grace; 0 when on time.
        late_days: days of lateness that cost something.
        penalty: what they cost of the automatic points.
        over_limit: handed in when all attempts were used: kept, but it cannot count.
        counts: this one gives the grade.
    """

    attempt: Attempt
    place: int
    late_seconds: float
    late_days: int
    penalty: float
    over_limit: bool
    counts: bool = False

    @property
    def after(self) -> float:
        """Automatic points after the penalty."""
        return round((self.attempt.score or 0.0) - self.penalty, 6)


def weigh(attempts: Sequence[Attempt], policy: Policy, due: datetime, zone: ZoneInfo) -> tuple[Weighed, ...]:
    """Every attempt with its lateness and penalty, one of them marked as the one that counts.

    An attempt without a verdict (the machine failed) cannot count and uses none of the attempts allowed.

    Args:
        attempts: in the order in which they were handed in.
        policy: of the assignment.
        due: the student's deadline, aware.
        zone: of the course.

    Returns:
        In the same order. None counts where none has a verdict.
    """
    weighed: list[Weighed] = []
    used = 0
    for place, attempt in enumerate(attempts, start=1):
        # an attempt without a time of its own is not late: nbgrader sees it so too
        late = (attempt.submitted_at - due.astimezone(UTC)).total_seconds() if attempt.submitted_at is not None else 0.0
        days = policy.late.days(due, attempt.submitted_at, zone) if attempt.submitted_at is not None else 0
        penalty = policy.late.penalty(attempt.score or 0.0, days)
        over = policy.attempts is not None and used >= policy.attempts
        used += bool(attempt.key)
        weighed.append(Weighed(attempt, place, max(0.0, late), days, penalty, over))
    able = [candidate for candidate in weighed if candidate.attempt.key and not candidate.over_limit]
    if not able:
        return tuple(weighed)
    chosen = able[-1] if policy.counts == "last" else max(able, key=lambda one: (one.after, one.place))
    return tuple(replace(one, counts=one is chosen) for one in weighed)


def counting(weighed: Sequence[Weighed]) -> Weighed | None:
    """The attempt that gives the grade."""
    return next((one for one in weighed if one.counts), None)
