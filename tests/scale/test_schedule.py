"""The queue: quick ones first, slow ones yield and come again, and no grade depends on it."""

from __future__ import annotations

import heapq
import math
import random

import pytest

from coursegrader.schedule import FEW, FIRST_PATIENCE, KNOWN, LEAST, TRIES, USUAL, Effort, Schedule, Ticket
from tests.pipeline.small_course import Class, digests


def drain(schedule: Schedule) -> list[str]:
    return [ticket.name for ticket in iter(schedule.next, None)]


def test_known_ones_come_by_their_time_unknown_ones_after_and_suspects_last() -> None:
    efforts = {"slow": Effort(9.0, 0), "quick": Effort(0.1, 0), "loop": Effort(0.05, 1)}
    assert drain(Schedule(["a", "loop", "slow", "b", "quick"], efforts)) == ["quick", "slow", "a", "b", "loop"]
    assert drain(Schedule(["b", "loop", "a"], efforts, fair=False)) == ["a", "b", "loop"]


def test_who_takes_longer_than_others_comes_again_with_twice_as_long_and_in_the_end_with_all_its_time() -> None:
    schedule = Schedule(["a", "b", "c"], {})
    ticket = schedule.next()
    assert ticket is not None
    assert schedule.patience(ticket) == FIRST_PATIENCE
    schedule.took(1.0)
    assert schedule.patience(ticket) == FEW  # one verdict says a little
    for _ in range(KNOWN):
        schedule.took(1.0)
    seen = []
    for _ in TRIES:
        seen.append(schedule.patience(ticket))
        schedule.came_back(ticket)
        ticket = [one for one in (schedule.next() for _ in range(len(schedule))) if one is not None][-1]
        assert ticket.name == "a"  # behind the others
        for name in ("b", "c"):
            schedule.came_back(Ticket(name))
    assert seen == [USUAL * factor for factor in TRIES]
    assert schedule.patience(ticket) is None
    alone = Schedule(["a"], {})
    only = alone.next()
    assert only is not None and alone.patience(only) is None  # nobody else waits


def test_where_everybody_takes_long_patience_grows_until_some_are_done() -> None:
    schedule = Schedule("abcdef", {})
    seen = []
    for _ in range(4):
        ticket = schedule.next()
        assert ticket is not None
        seen.append(schedule.patience(ticket))
        schedule.came_back(ticket)
    assert seen == [FIRST_PATIENCE, 2 * FIRST_PATIENCE, 4 * FIRST_PATIENCE, 8 * FIRST_PATIENCE]


def test_who_was_getting_on_goes_before_who_was_stuck() -> None:
    schedule = Schedule("abcd", {"d": Effort(0.1, 1)})
    for stuck in (0.99, 0.1, 0.6):
        ticket = schedule.next()
        assert ticket is not None
        schedule.came_back(ticket, stuck)
    assert drain(schedule) == ["b", "a", "c", "d"]


def waits(honest: dict[str, float], hostile: dict[str, float]) -> list[float]:
    """When each honest submission is done on two workers, in a time that is only counted; two honest ones in ten are one long step."""
    schedule, needed = Schedule([*honest, *hostile], {}), {**honest, **hostile}
    moments: dict[str, float] = {}
    running: list[tuple[float, int, Ticket, bool]] = []
    now, free, number = 0.0, 2, 0
    while running or len(schedule):
        while free and len(schedule):
            ticket = schedule.next()
            assert ticket is not None
            patience, seconds = schedule.patience(ticket), needed[ticket.name]
            gives_up = patience is not None and patience < seconds
            number, free = number + 1, free - 1
            took = 0.03 + (patience if gives_up and patience is not None else seconds)
            heapq.heappush(running, (now + took, number, ticket, gives_up))
        now, _, ticket, gave_up = heapq.heappop(running)
        free += 1
        if gave_up:
            one_step = ticket.name in hostile or int(ticket.name[1:]) % 10 < 2
            schedule.came_back(ticket, 0.9 if one_step else 0.2)
        else:
            schedule.took(needed[ticket.name])
            moments[ticket.name] = now
    return sorted(moments[name] for name in honest)


@pytest.mark.parametrize(("usual", "spread"), [(0.4, 0.25), (0.7, 0.45), (6.0, 0.3)])
def test_a_hundred_hostile_among_a_thousand_honest_cost_them_less_than_a_fifth(usual: float, spread: float) -> None:
    rng = random.Random(5)
    places = set(rng.sample(range(1100), 100))
    honest = {f"s{n:04d}": rng.lognormvariate(math.log(usual), spread) for n in range(1100) if n not in places}
    alone = waits(honest, {})
    among = waits(honest, {f"s{n:04d}": 60 * usual for n in places})
    for quantile in (0.25, 0.5, 0.75, 0.95):
        place = int(quantile * len(honest))
        assert among[place] / alone[place] - 1 < 0.2, quantile


def test_earlier_verdicts_say_what_is_usual_from_the_start() -> None:
    efforts = {f"s{number}": Effort(2.0, 0) for number in range(KNOWN)} | {
        f"x{number}": Effort(90.0, 1) for number in range(KNOWN)
    }
    schedule = Schedule(["new", "other"], efforts)
    ticket = schedule.next()
    assert ticket is not None
    assert schedule.patience(ticket) == USUAL * 2.0


def drain_one(schedule: Schedule) -> str:
    ticket = schedule.next()
    assert ticket is not None
    return ticket.name


def test_patience_has_a_floor_and_suspects_need_none() -> None:
    schedule = Schedule(["a", "b", "loop"], {"loop": Effort(1.0, 3)})
    for _ in range(KNOWN):
        schedule.took(0.001)
    first = schedule.next()
    assert first is not None
    assert schedule.patience(first) == LEAST
    drain_one(schedule)
    suspect = schedule.next()
    assert suspect is not None
    schedule.came_back(first)
    assert schedule.patience(suspect) is None


def test_hostile_submissions_come_last_and_nobodys_grade_changes(klass: Class) -> None:
    for number in range(12):
        klass.hand_in(f"honest{number:02d}", **({"total": None} if number % 3 == 0 else {}))
    for number in range(3):
        klass.hand_in(f"honest09-hostile{number}", double="while True:\n    pass")
    order: list[str] = []
    fair = klass.grade(workers=2)
    assert not fair.faults
    assert fair.counts.yielded >= 1
    plain = klass.grade(force=True, fair=False)
    assert digests(plain.verdicts) == digests(fair.verdicts)
    # now known for what they did: they come last without being tried first
    order.clear()
    again = klass.grade(workers=2, force=True, progress=lambda done, total, v: order.append(v.student) if v else None)
    assert digests(again.verdicts) == digests(fair.verdicts)
    # on a loaded machine an honest one may have yielded twice, and so stand among them
    assert all("hostile" not in name for name in order[:8]), order
