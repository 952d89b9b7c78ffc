"""Which submission is graded next: the quick first, so that a few that never end do not hold up a class.

Who hit a limit at an earlier attempt comes last. Everybody else gets a first try that is bounded by what the others need, all in all and in any
one step: what hangs hangs in one, and shows it long before it has taken as long as a whole submission. Who takes longer yields the place and comes
again after the others, each time with twice as long, and in the end with all of it. Among those, who was still getting on goes before who was stuck
in one step: a long notebook moves, a loop does not. Only then a verdict is given, so the order changes no grade. This
is a multi-level feedback queue: Corbató, Merwin Daggett and Daley, An experimental time-sharing system, AFIPS 1962.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coursegrader.patience import Patience
from coursegrader.verdict import Effort

FIRST_PATIENCE = 0.5  # seconds, twice as many after each that yields, until there is a verdict
FEW = 3.0  # times the longest of the first verdicts
KNOWN = 8  # verdicts that say what is usual here
USUAL = 1.5  # times the median of the others
LEAST = 0.15  # seconds; below, the noise of a loaded machine would decide
TRIES = (1.0, 2.0, 4.0, 8.0)  # how much longer than the first each try may take; after the last, all the time
LONG_STEP = 2.5  # times the longest step of most others: more in one step, and a first try is over
MOST = 0.8  # of the others; who hung counts among the others, so that where more than a fifth take that long nobody's step is too long
LEAST_STEP = 0.1  # seconds; as LEAST
STUCK = 0.5  # of a try in one step: more, and it does not get on
REMEMBERED = 400  # verdicts that count


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
        >>> schedule = Schedule(["a", "b", "c"], {"a": Effort(9.0, 2, 5.0), "c": Effort(0.1, 0, 0.02)})
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
        self._usual: deque[Effort] = deque((one for one in efforts.values() if not one.limits_hit), maxlen=REMEMBERED)
        self._longest = deque((effort.longest for effort in self._usual), maxlen=REMEMBERED)
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

    def patience(self, ticket: Ticket) -> Patience | None:
        """How long this try may take; None for all that the course's limits allow.

        Nobody needs to yield when nobody else waits.
        """
        if not self._fair or ticket.tries >= len(TRIES) or not len(self):
            return None
        seconds, step = self._unknown, math.inf
        if len(self._usual) >= KNOWN:
            seconds = USUAL * statistics.median(effort.seconds for effort in self._usual)
            longest = sorted(self._longest)
            step = max(LONG_STEP * longest[int(MOST * len(longest))], LEAST_STEP)
        elif self._usual:
            seconds = FEW * max(effort.seconds for effort in self._usual)
        more = TRIES[ticket.tries]
        return Patience(more * max(seconds, LEAST), more * step)

    def came_back(self, ticket: Ticket, stuck: float = 1.0) -> None:
        """Put one that ran out of patience behind the others.

        Args:
            stuck: the share of its try that its last step took; above STUCK it goes behind those that were getting on.
        """
        self.yielded += 1
        if not self._usual:
            self._unknown *= 2  # perhaps everybody takes that long
        if not ticket.tries and stuck > STUCK:
            # of verdicts alone, who takes long in one step would never be among what is usual
            self._longest.append(math.inf)
        again = Ticket(ticket.name, ticket.tries + 1)
        queues = (*(self._stuck if stuck > STUCK else self._moving), self._last)
        queues[min(ticket.tries, len(queues) - 1)].append(again)

    def took(self, effort: Effort) -> None:
        """Learn what a submission took that got its verdict."""
        self._usual.append(effort)
        self._longest.append(effort.longest)
