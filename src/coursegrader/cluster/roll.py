"""Who of a cluster's workers is there; said, in the log and on the terminal, when one goes and while nobody comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from coursegrader.logs import log

SILENT_SECONDS = 3.0  # a cluster that is ready answers sooner; after that it is said what is waited for
TOPIC = "all"  # where Dask's scheduler tells of workers that come and go
_LOG = log("cluster")

Say = Callable[[str], None]


class RollCall:
    """The workers of a scheduler, as it tells of them.

    Args:
        place: the scheduler's address.
        say: shows a line to whoever waits for the run.
        ours: how many of these tasks, by key, are submissions of this run.

    Example:
        >>> roll = RollCall("tcp://10.0.0.1:8786", print, len)
        >>> roll.present(["tcp://10.0.0.2:40001", "tcp://10.0.0.3:40001"])
        >>> roll.event((0.0, {"action": "remove-worker", "worker": "tcp://10.0.0.2:40001", "processing-tasks": ["grade-1"]}))
        worker tcp://10.0.0.2:40001 is gone (it died or was stopped); submissions it had, graded again by others: 1; workers left: 1
    """

    def __init__(self, place: str, say: Say, ours: Callable[[Collection[str]], int]) -> None:
        self._place, self._say, self._ours = place, say, ours
        self._there: set[str] = set()
        self._waited, self._said = time.monotonic(), ""

    def begin(self) -> None:
        """Workers are waited for from now on."""
        self._waited, self._said = time.monotonic(), ""

    def present(self, workers: Collection[str]) -> None:
        """These are there."""
        self._there = set(workers)

    def waiting(self, workers: Collection[str], seconds: float) -> None:
        """None has accepted the course yet: say what is waited for, once it has taken a moment.

        Args:
            workers: those that are there.
            seconds: how long they are waited for in all.
        """
        what = (
            f"the workers of {self._place} ({len(workers)}) prepare the course: waiting for the first"
            if workers
            else f"{self._place} has no worker: waiting for one"
        )
        if what != self._said and time.monotonic() - self._waited >= SILENT_SECONDS:
            self._said = what
            _LOG.write("waiting", scheduler=self._place, workers=len(workers), seconds=round(seconds))
            self._say(f"{what}, {seconds:.0f} s at most")

    def event(self, event: tuple[float, Any]) -> None:
        """What the scheduler tells: (its time, message)."""
        message = event[1]
        if not isinstance(message, dict):
            return
        action, worker = message.get("action"), str(message.get("worker", ""))
        if action == "add-worker":
            self._there.add(worker)
        elif action == "remove-worker":
            self._there.discard(worker)
            self._gone(worker, self._ours(list(message.get("processing-tasks", ()))), bool(message.get("expected")))

    def _gone(self, worker: str, submissions: int, expected: bool) -> None:
        _LOG.write("worker gone", worker=worker, expected=expected, submissions=submissions, left=len(self._there))
        again = f"; submissions it had, graded again by others: {submissions}" if submissions else ""
        left = f"workers left: {len(self._there)}" if self._there else "no worker is left: waiting for one"
        how = "left" if expected else "is gone (it died or was stopped)"
        self._say(f"worker {worker} {how}{again}; {left}")
