"""How long the steps of a submission may take: deadlines by the clock and of the processor, and what has run out of time before.

A step is a cell that runs or a call into the student's code. By the clock a limit holds on a machine that keeps up (see `overload`), a submission's
end and the patience of others bound every step, and the trusted side waits a grace longer than the process is given: what ignores its soft limit
is killed.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from coursegrader.errors import OutOfPatience
from coursegrader.overload import stretch
from coursegrader.patience import Patience
from coursegrader.sandbox import wire

GRACE_SECONDS = 1.5  # what a soft time limit may overrun before the process is killed
SNAPSHOT_SECONDS = 10.0
LEAST_SECONDS = 0.1  # of a step that begins when the submission's time is over
# What ran out of time once is not waited for as long again: further calls of the same function, and further cells. What had been computing gets so
# much of the processor and the whole time by the clock, so that an honest call on a busy machine ends as on an idle one; what had been waiting
# (asleep, blocked) needs no processor, and gets so much by the clock.
SECOND_CHANCE_SECONDS = 2.0
SECOND_CHANCE_CELL_SECONDS = 5.0
WAITING_CPU_SECONDS = 0.05  # of the processor, at most, by what was waiting rather than computing


@dataclass(frozen=True)
class Times:
    """Deadlines in seconds, wall unless the name says CPU, and the bytes of output kept of a cell.

    Those by the wall hold on a machine that keeps up; see `overload`.
    """

    cell: float = 30.0
    cell_cpu: float = 60.0
    call: float = 10.0
    call_cpu: float = 20.0
    submission: float = 300.0
    output_bytes: int = 1 << 20
    restarts: int = 3


@dataclass(frozen=True)
class Step:
    """The limits of one step.

    Attributes:
        told: seconds that a student is told.
        seconds: by the clock, for the process that runs it.
        cpu_seconds: of the processor, for the same.
        clock: until when the trusted side waits.
        started: by `time.monotonic`.
        patience: until when others wait for the place, by the same.
    """

    told: float
    seconds: float
    cpu_seconds: float
    clock: wire.Clock
    started: float
    patience: float


class Allowance:
    """The limits of one submission, and what of them is used.

    Args:
        times: the assignment's.
        patience: after which to give up with `OutOfPatience`, where others wait for the place; None for all its time.

    Attributes:
        patience: until when others wait for the place, by `time.monotonic`.
        longest: seconds of the longest step so far.
        hit: steps so far that ran out of time or took their process with them.
        call_cpu: seconds of the processor that calls took, by the child's own account.
        slow: functions that ran out of time, and whether they had been waiting; a name stays what its first time-out was.

    Example:
        >>> allowance = Allowance(Times(call=10.0))
        >>> allowance.call("f", None).told
        10.0
        >>> allowance.over(allowance.call("f", None), "f", cpu=9.0)
        >>> allowance.call("f", None).cpu_seconds
        2.0
    """

    def __init__(self, times: Times, patience: Patience | None = None) -> None:
        self.times = times
        self._step_patience = math.inf if patience is None else patience.step
        self.patience = math.inf if patience is None else time.monotonic() + patience.seconds
        self.longest = 0.0
        self.hit = 0
        self.call_cpu = 0.0
        self.slow: dict[str | None, bool] = {}
        self._clock = wire.Clock(times.submission * stretch())
        self._slow_cells: bool | None = None
        self._first_step: float | None = None  # when it began

    @property
    def left(self) -> float:
        """Seconds of the submission that are left; none or less when it is over."""
        return self._clock.end - time.monotonic()

    def cell(self) -> Step:
        """Begin a cell."""
        seconds, cpu = self.times.cell, self.times.cell_cpu
        if self._slow_cells is not None:
            seconds, cpu = _second_chance(seconds, cpu, SECOND_CHANCE_CELL_SECONDS, self._slow_cells)
        return self._begin(seconds, seconds, cpu)

    def cell_again(self) -> Step:
        """Begin a cell that was in time before."""
        return self._begin(self.times.cell, self.times.cell, self.times.cell_cpu)

    def call(self, name: str | None, seconds: float | None) -> Step:
        """Begin a call of a function.

        Args:
            name: the function's; None for an object that is called itself.
            seconds: by the clock; None for the assignment's limit.
        """
        seconds = self.times.call if seconds is None else seconds
        told, cpu = seconds, self.times.call_cpu
        if name in self.slow:
            told = min(seconds, SECOND_CHANCE_SECONDS)
            seconds, cpu = _second_chance(seconds, cpu, SECOND_CHANCE_SECONDS, self.slow[name])
        return self._begin(told, seconds, cpu)

    def _begin(self, told: float, seconds: float, cpu_seconds: float) -> Step:
        self.check_patience()
        started, factor = time.monotonic(), stretch()
        self._first_step = self._first_step or started
        granted = min(seconds * factor, max(self.left, LEAST_SECONDS))
        clock = wire.Clock(granted + GRACE_SECONDS * factor)
        patience = min(self.patience, started + self._step_patience)
        clock.end = min(clock.end, patience)
        return Step(told, granted, cpu_seconds, clock, started, patience)

    def ended(self, step: Step, *, hit: bool) -> None:
        """Count a step that has ended, and whether it met a limit or took its process with it."""
        self.longest = max(self.longest, time.monotonic() - step.started)
        self.hit += hit

    def cell_over(self, cpu: float, killed: bool) -> None:
        """A cell ran out of time.

        Args:
            cpu: seconds of the processor that it took, by its own account.
            killed: what it did with its time is not known.
        """
        if self._slow_cells is None:
            self._slow_cells = not killed and cpu < WAITING_CPU_SECONDS

    def over(self, step: Step, name: str | None, cpu: float | None) -> None:
        """A call ran out of time.

        Args:
            cpu: seconds of the processor that it took, by its own account; None where it had to be killed.

        Raises:
            OutOfPatience: it was not its own time that ran out.
        """
        if cpu is None:
            self.check_patience(step)
        self.slow.setdefault(name, cpu is None or cpu < WAITING_CPU_SECONDS)

    def check_patience(self, step: Step | None = None) -> None:
        """Give up if others have waited long enough.

        Args:
            step: that is under way; None between two steps.

        Raises:
            OutOfPatience: what the submission does in full time is not known.
        """
        now, first = time.monotonic(), self._first_step
        if now >= (self.patience if step is None else step.patience):
            fault = OutOfPatience("took longer than it was given for now")
            fault.stuck = 0.0 if step is None or first is None else (now - step.started) / max(now - first, 1e-3)
            raise fault


def snapshot_seconds() -> float:
    """How long the student's process may take to receive an order."""
    return SNAPSHOT_SECONDS * stretch()


def _second_chance(seconds: float, cpu_seconds: float, second: float, waiting: bool) -> tuple[float, float]:
    """Limits, by the clock and of the processor, of what ran out of time before."""
    return (min(seconds, second) if waiting else seconds), min(cpu_seconds, second)
