"""What a course decides about deadlines, attempts and feedback: plain values and pure functions, no clock and no database.

A policy never decides a verdict. So it is no part of the course version: a deadline that moves regrades nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

COUNTS = ("last", "best")
FEEDBACK = ("at once", "after due", "by hand")
LONGEST_DAYS = 36_500  # a century: the arithmetic of dates ends somewhere


@dataclass(frozen=True)
class Late:
    """What late work costs.

    Attributes:
        percent_per_day: percent of the points earned, for each day that has started, 0 to 100.
        grace_minutes: how long after the deadline work is still on time; days are counted from there.
        max_days: work of a later day earns nothing; None for no such limit.

    Example:
        >>> zone = ZoneInfo("Europe/Zurich")
        >>> due = datetime(2026, 12, 7, 23, 59, tzinfo=zone)
        >>> late = Late(percent_per_day=10, grace_minutes=15, max_days=3)
        >>> late.days(due, datetime(2026, 12, 9, 8, 0, tzinfo=zone), zone)
        2
        >>> late.penalty(8.0, 2), late.penalty(8.0, 4)
        (1.6, 8.0)
    """

    percent_per_day: float = 0.0
    grace_minutes: float = 0.0
    max_days: int | None = None

    @property
    def active(self) -> bool:
        """Whether late work costs anything by this policy."""
        return self.percent_per_day > 0 or self.max_days is not None

    def days(self, due: datetime, submitted: datetime, zone: ZoneInfo) -> int:
        """How many days of lateness have started; 0 for work that is on time.

        A day ends at the same local time as the deadline: where the clocks change it has 23 or 25 hours.

        Args:
            due: aware; work handed in at this very moment is on time.
            submitted: aware.
            zone: of the course.
        """
        end = due.astimezone(UTC) + timedelta(minutes=self.grace_minutes)
        moment = submitted.astimezone(UTC)
        if moment <= end:
            return 0
        # whole days first, one too few rather than one too many; a change of the clocks moves the end by an hour or two
        days = max(1, (moment - end).days - 1)
        while days <= LONGEST_DAYS and _days_later(end, days, zone) < moment:
            days += 1
        return days

    def penalty(self, score: float, days: int) -> float:
        """Points that so many days cost.

        Args:
            score: points earned.
            days: as `days` counts them.
        """
        if days <= 0 or score <= 0:
            return 0.0
        if self.max_days is not None and days > self.max_days:
            return score
        return round(score * min(100.0, self.percent_per_day * days) / 100, 6)


@dataclass(frozen=True)
class Policy:
    """The policies of one assignment.

    Attributes:
        late: what late work costs; where it costs nothing, nbgrader's own late-penalty method decides.
        attempts: how many submissions count; later ones are kept but do not count. None for no limit.
        cooldown_minutes: how long after a submission's grading the next one of the same student has to wait.
        counts: "last" or "best", the attempt that gives the grade; best after the late penalty.
        feedback: when a page may go to its student: "at once", "after due" (the student's own deadline) or "by hand".

    Example:
        >>> Policy().counts
        'last'
    """

    late: Late = field(default_factory=Late)
    attempts: int | None = None
    cooldown_minutes: float = 0.0
    counts: str = "last"
    feedback: str = "by hand"

    @property
    def active(self) -> bool:
        """Whether a grade may depend on more than the last submission's verdict."""
        return self.late.active or self.attempts is not None or self.counts != "last"


def may_release(policy: Policy, due: datetime, now: datetime) -> bool:
    """Whether a student's feedback may be released without a teacher's hand.

    Args:
        policy: of the assignment.
        due: the deadline to wait for, aware: `assignment.due_for(student)`, or `assignment.last_due` to wait until nobody can hand in on time.
        now: aware.

    Example:
        >>> due = datetime(2026, 12, 7, 23, 59, tzinfo=UTC)
        >>> may_release(Policy(feedback="after due"), due, due)
        False
    """
    if policy.feedback == "after due":
        return now.astimezone(UTC) > due.astimezone(UTC)
    return policy.feedback == "at once"


def _days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time so many days later, in UTC."""
    local = moment.astimezone(zone) + timedelta(days=days)
    # an hour that comes twice ends the second time, one that is left out after it: in the student's favour
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
