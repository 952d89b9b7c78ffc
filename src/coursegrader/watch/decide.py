"""Which of a student's submissions is graded now, later or not at all: a pure function of when they arrived.

It gives the same answers whether it is asked at every moment or once, after a week in which no watcher ran.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """What becomes of a submission.

    Attributes:
        do: "grade" (now), "queue" (after the one before), "wait" (until `at`), "superseded" (a newer one is graded instead) or
            "refused" (no attempts left).
        at: seconds since 1970: the moment that counts for the next one where it is graded, or when waiting ends.
    """

    do: str
    at: float = 0.0


def decide(
    waiting: Sequence[float], counted: Sequence[float], now: float, attempts: int | None, cooldown: float
) -> list[Decision]:
    """Decide on one student's submissions of one assignment.

    Args:
        waiting: when each arrived, seconds since 1970, in order.
        counted: the moments of those that were graded.
        now: seconds since 1970.
        attempts: how many may be graded; None for any number.
        cooldown: seconds between two gradings.

    Returns:
        A decision for each; at most one is "grade".

    Example:
        >>> [d.do for d in decide([10.0, 20.0], [0.0], 30.0, None, 60.0)]
        ['superseded', 'wait']
    """
    if not waiting:
        return []
    if attempts is not None and len(counted) >= attempts:
        return [Decision("refused")] * len(waiting)
    if not counted or cooldown <= 0:
        return [Decision("grade", waiting[0])] + [Decision("queue")] * (len(waiting) - 1)
    free = max(counted) + cooldown
    inside = sum(arrived <= free for arrived in waiting)  # those that had to wait: only the newest of them is graded
    chosen = max(inside - 1, 0)
    decisions = [Decision("superseded")] * chosen
    if now < free:
        return [*decisions, Decision("wait", free), *[Decision("queue")] * (len(waiting) - chosen - 1)]
    moment = max(free, waiting[chosen])
    return [*decisions, Decision("grade", moment), *[Decision("queue")] * (len(waiting) - chosen - 1)]
