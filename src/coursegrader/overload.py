"""More time by the clock where the machine has none to give: a limit is there for what a student's code does, not for its neighbours.

Limits by the clock leave a right answer some six times the time that it takes on a machine of its own, and grading alone keeps two processes a processor
busy. Beyond that, the room shrinks with every process that waits: training that is cut off would be judged as training that failed.
"""

from __future__ import annotations

import os
import time

BUSY = 2.0  # processes that run or wait, a processor: up to here a limit's own room is enough
MOST = 10.0
FRESH_SECONDS = 5.0  # the kernel's mean moves no faster

_read_at, _factor = float("-inf"), 1.0


def stretch() -> float:
    """What a limit by the clock is multiplied by now: 1 on a machine that keeps up, 10 at the most.

    From the mean number of processes that ran or waited in the last minute. Limits of processor time stay as they are: they end what computes
    for ever. What sleeps for ever is ended later, and holds up nobody who needs a processor.
    """
    global _read_at, _factor
    now = time.monotonic()
    if now - _read_at > FRESH_SECONDS:
        _read_at, _factor = now, factor(os.getloadavg()[0], os.cpu_count() or 1)
    return _factor


def factor(load: float, processors: int) -> float:
    """The factor at a mean of that many processes that run or wait.

    Example:
        >>> factor(2.0, 2), factor(16.0, 2), factor(500.0, 2)
        (1.0, 4.0, 10.0)
    """
    return min(max(load / processors / BUSY, 1.0), MOST)
