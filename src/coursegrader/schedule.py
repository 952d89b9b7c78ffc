"""Which submission is graded next: the quick first, so that a few that never end do not hold up a class.

Who hit a limit at an earlier attempt comes last. Everybody else gets a first try that is bounded by what the others need; who takes longer
yields the place and comes again after the others, each time with twice as long, and in the end with all of it. Among those, who was still
getting on goes before who was stuck in one step: a long notebook moves, a loop does not. Only then a verdict is given, so the order changes no
grade. This is a multi-level feedback queue: Corbató, Merwin Daggett and Daley, An experimental time-sharing system, AFIPS 1962.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIRST_PATIENCE = 0.5  # seconds, twice as many after each that yields, until there is a verdict
FEW = 3.0  # times the longest of the first verdicts
KNOWN = 8  # verdicts that say what is usual here
USUAL = 1.5  # times the median of the others
LEAST = 0.15  # seconds; below, the noise of a loaded machine would decide
TRIES = (1.0, 2.0, 4.0, 8.0)  # how much longer than the first each try may take; after the last, all the time
STUCK = 0.5  # of a try in one step: more, and it does not get on
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
        order = sorted(names, key=lambda name: (efforts[name].seconds if name in efforts else float("inf"), name))
        self._first: deque[Ticket] = deque()
        self._moving: tuple[deque[Ticket], ...] = tuple(deque() for _ in TRIES[1:])
        self._stuck: tuple[deque[Ticket], ...] = tuple(deque() for _ in TRIES[1:])
        self._last: deque[Ticket] = deque()
        self._queues = (self._first, *self._moving, *self._stuck, self._last)
        for name in order if fair else sorted(names):
            suspect = fair and name in efforts and efforts[name].limits_hit > 0
            (self._last if suspect else self._first).append(Ticket(name, len(TRIES) if suspect else 0))
        # what earlier verdicts on this assignment took is what is usual here
        earlier = (effort.seconds for effort in efforts.values() if not effort.limits_hit)
        self._seconds: deque[float] = deque(earlier, maxlen=REMEMBERED)
        self._unknown = FIRST_PATIENCE
        self.yielded = 0

    def __len__(self) -> int:
        return sum(map(len, self._queues))

    def next(self) -> Ticket | None:
        """The next place; None when nobody waits."""
        for queue in self._queues:
            if queue:
                return queue.popleft()
        return None

    def patience(self, ticket: Ticket) -> float | None:
        """Seconds that this try may take; None for all that the course's limits allow.

        Nobody needs to yield when nobody else waits.
        """
        if not self._fair or ticket.tries >= len(TRIES) or not len(self):
            return None
        usual = self._unknown
        if len(self._seconds) >= KNOWN:
            usual = USUAL * statistics.median(self._seconds)
        elif self._seconds:
            usual = FEW * max(self._seconds)
        return TRIES[ticket.tries] * max(usual, LEAST)

    def came_back(self, ticket: Ticket, stuck: float = 1.0) -> None:
        """Put one that ran out of patience behind the others.

        Args:
            stuck: the share of its try that its last step took; above STUCK it goes behind those that were getting on.
        """
        self.yielded += 1
        if not self._seconds:
            self._unknown *= 2  # perhaps everybody takes that long
        again = Ticket(ticket.name, ticket.tries + 1)
        queues = (*(self._stuck if stuck > STUCK else self._moving), self._last)
        queues[min(ticket.tries, len(queues) - 1)].append(again)

    def took(self, seconds: float) -> None:
        """Learn what a submission took that got its verdict."""
        self._seconds.append(seconds)
