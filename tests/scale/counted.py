"""The queue of a run in a time that is only counted: what each submission needs is known, and no process runs."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from coursegrader.patience import Patience
from coursegrader.schedule import Schedule, Ticket
from coursegrader.verdict import Effort

AROUND = 0.03  # seconds that a try takes beside what the submission does


@dataclass(frozen=True)
class Work:
    """What a submission needs in a time that is only counted: seconds before its longest step, of that step, and after it."""

    before: float
    longest: float
    after: float = 0.0

    @property
    def total(self) -> float:
        return self.before + self.longest + self.after

    def cut(self, patience: Patience | None) -> tuple[float, float]:
        """After how many seconds it yields (infinity: not at all), and which share of them its last step had."""
        if patience is None:
            return math.inf, 0.0
        moments = [patience.seconds] if self.total > patience.seconds else []
        moments += [self.before + patience.step] if self.longest > patience.step else []
        moment = min(moments, default=math.inf)
        in_longest = self.before < moment <= self.before + self.longest
        return moment, (moment - self.before) / moment if in_longest else 0.2


def waits(honest: dict[str, Work], hostile: dict[str, Work]) -> list[float]:
    """Seconds until each honest submission has its verdict on two workers, ascending; every name once, honest or hostile."""
    schedule, needed = Schedule([*honest, *hostile], {}), {**honest, **hostile}
    moments: dict[str, float] = {}
    running: list[tuple[float, int, Ticket, float | None]] = []
    now, free, number = 0.0, 2, 0
    while running or len(schedule):
        while free and len(schedule):
            ticket = schedule.next()
            assert ticket is not None
            work = needed[ticket.name]
            cut, stuck = work.cut(schedule.patience(ticket))
            number, free = number + 1, free - 1
            heapq.heappush(
                running, (now + AROUND + min(cut, work.total), number, ticket, stuck if cut < math.inf else None)
            )
        now, _, ticket, gave_up = heapq.heappop(running)
        free += 1
        if gave_up is not None:
            schedule.came_back(ticket, gave_up)
        else:
            work = needed[ticket.name]
            schedule.took(Effort(work.total, 0, work.longest))
            moments[ticket.name] = now
    return sorted(moments[name] for name in honest)
