"""Which submission is graded next: the quick first, so that a few that never end do not hold up a class.

Who hit a limit at an earlier attempt comes last. Everybody else gets a first try that is bounded by what the others need; who takes longer
yields the place and comes again after the others, with more time, and in the end with all of it. Only then a verdict is given, so the order
changes no grade. This is a multi-level feedback queue: Corbató, Merwin Daggett and Daley, An experimental time-sharing system, AFIPS 1962.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIRST_PATIENCE = 2.0  # seconds, three times as many after each that yields, until some verdicts say what is usual here
KNOWN = 8  # verdicts that say so
USUAL = 1.5  # times the median of the others
LEAST = 0.15  # seconds; below, the noise of a loaded machine would decide
SECOND_TRY = 6.0  # times the first
REMEMBERED = 400  # verdicts whose median counts


@dataclass(frozen=True)
class Effort:
    """What a student's last verdict cost: seconds, and how many cells and calls hit a limit."""

    seconds: float
    limits_hit: int


@dataclass(frozen=True)
class Ticket:
    """A place in the queue: whose submission (name of the folder), and how often it has yielded."""

    name: str
    tries: int = 0


class Schedule:
    """The queue of one run. Holds names, never submissions, so that it stays small.

    Args:
        names: whose submissions to grade.
        efforts: of earlier verdicts, by name.
        fair: False for the plain order of names with all time at once.

    Example:
        >>> schedule = Schedule(["a", "b", "c"], {"a": Effort(9.0, 2), "c": Effort(0.1, 0)})
        >>> [schedule.next().name for _ in range(3)]
        ['c', 'b', 'a']
    """

    def __init__(self, names: Iterable[str], efforts: Mapping[str, Effort], fair: bool = True) -> None:
        self._fair = fair
        last = 2 if fair else 0
        order = sorted(names, key=lambda name: (efforts[name].seconds if name in efforts else float("inf"), name))
        self._levels: tuple[deque[Ticket], ...] = (deque(), deque(), deque())
        for name in order if fair else sorted(names):
            suspect = fair and name in efforts and efforts[name].limits_hit > 0
            self._levels[last if suspect else 0].append(Ticket(name, last if suspect else 0))
        # what earlier verdicts on this assignment took is what is usual here
        earlier = (effort.seconds for effort in efforts.values() if not effort.limits_hit)
        self._seconds: deque[float] = deque(earlier, maxlen=REMEMBERED)
        self._unknown = FIRST_PATIENCE
        self.yielded = 0

    def __len__(self) -> int:
        return sum(map(len, self._levels))

    def next(self) -> Ticket | None:
        """The next place; None when nobody waits."""
        for level in self._levels:
            if level:
                return level.popleft()
        return None

    def patience(self, ticket: Ticket) -> float | None:
        """Seconds that this try may take; None for all that the course's limits allow.

        Nobody needs to yield when nobody else waits.
        """
        if not self._fair or ticket.tries >= 2 or not len(self):
            return None
        known = len(self._seconds) >= KNOWN
        first = max(USUAL * statistics.median(self._seconds), LEAST) if known else self._unknown
        return first if ticket.tries == 0 else SECOND_TRY * first

    def came_back(self, ticket: Ticket) -> None:
        """Put one that ran out of patience behind the others."""
        self.yielded += 1
        if len(self._seconds) < KNOWN:
            self._unknown *= 3  # perhaps everybody takes that long
        again = Ticket(ticket.name, ticket.tries + 1)
        self._levels[again.tries].append(again)

    def took(self, seconds: float) -> None:
        """Learn what a submission took that got its verdict."""
        self._seconds.append(seconds)
