"""The queue: quick ones first, slow ones yield and come again, and no grade depends on it."""

from __future__ import annotations

import math
import random

import pytest

from coursegrader.patience import Patience
from coursegrader.schedule import (
    FEW,
    FIRST_PATIENCE,
    KNOWN,
    LEAST,
    LEAST_STEP,
    LONG_STEP,
    TRIES,
    USUAL,
    Schedule,
    Ticket,
)
from coursegrader.verdict import Effort
from tests.pipeline.small_course import Class, digests
from tests.scale.counted import Work, waits


def drain(schedule: Schedule) -> list[str]:
    return [ticket.name for ticket in iter(schedule.next, None)]


def test_known_ones_come_by_their_time_unknown_ones_after_and_suspects_last() -> None:
    efforts = {"slow": Effort(9.0, 0, 4.0), "quick": Effort(0.1, 0, 0.02), "loop": Effort(0.05, 1, 0.02)}
    assert drain(Schedule(["a", "loop", "slow", "b", "quick"], efforts)) == ["quick", "slow", "a", "b", "loop"]
    assert drain(Schedule(["b", "loop", "a"], efforts, fair=False)) == ["a", "b", "loop"]


def test_who_takes_longer_than_others_comes_again_with_twice_as_long_and_in_the_end_with_all_its_time() -> None:
    schedule = Schedule(["a", "b", "c"], {})
    ticket = schedule.next()
    assert ticket is not None
    assert schedule.patience(ticket) == Patience(FIRST_PATIENCE)
    schedule.took(Effort(1.0, 0, 0.2))
    assert schedule.patience(ticket) == Patience(FEW)  # one verdict says a little
    for _ in range(KNOWN):
        schedule.took(Effort(1.0, 0, 0.2))
    seen = []
    for _ in TRIES:
        seen.append(schedule.patience(ticket))
        schedule.came_back(ticket, stuck=0.2)
        ticket = [one for one in (schedule.next() for _ in range(len(schedule))) if one is not None][-1]
        assert ticket.name == "a"  # behind the others
        for name in ("b", "c"):
            schedule.came_back(Ticket(name), stuck=0.2)
    assert seen == [Patience(USUAL * factor, LONG_STEP * 0.2 * factor) for factor in TRIES]
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
    assert seen == [Patience(factor * FIRST_PATIENCE) for factor in (1, 2, 4, 8)]


def test_who_was_getting_on_goes_before_who_was_stuck() -> None:
    schedule = Schedule("abcd", {"d": Effort(0.1, 1, 0.02)})
    for stuck in (0.99, 0.1, 0.6):
        ticket = schedule.next()
        assert ticket is not None
        schedule.came_back(ticket, stuck)
    assert drain(schedule) == ["b", "a", "c", "d"]


def some_class(usual: float, spread: float, one_step: float) -> tuple[dict[str, Work], dict[str, Work]]:
    """A thousand honest ones, of whom a share is one long step, and a hundred that hang, half of them late."""
    rng = random.Random(5)
    places = set(rng.sample(range(1100), 100))
    honest, hostile = {}, {}
    for number in range(1100):
        if number in places:
            hostile[f"s{number:04d}"] = Work(usual * rng.choice([0.1, 0.6]), 60 * usual)
            continue
        seconds = rng.lognormvariate(math.log(usual), spread)
        share = 0.9 if rng.random() < one_step else 0.2
        before = rng.random() * (1 - share)
        honest[f"s{number:04d}"] = Work(before * seconds, share * seconds, (1 - share - before) * seconds)
    return honest, hostile


@pytest.mark.parametrize(("usual", "spread"), [(0.4, 0.25), (0.7, 0.45), (6.0, 0.3)])
def test_a_hundred_hostile_among_a_thousand_honest_cost_them_less_than_a_fifth(usual: float, spread: float) -> None:
    honest, hostile = some_class(usual, spread, one_step=0.2)
    alone, among = waits(honest, {}), waits(honest, hostile)
    for quantile in (0.25, 0.5, 0.75, 0.95):
        place = int(quantile * len(honest))
        assert among[place] / alone[place] - 1 < 0.2, quantile
    assert sum(among) / sum(alone) - 1 < 0.2


@pytest.mark.parametrize("usual", [0.7, 6.0])
def test_where_no_step_is_long_what_hangs_shows_it_early_and_costs_half(usual: float) -> None:
    honest, hostile = some_class(usual, 0.2, one_step=0.0)
    alone, among = waits(honest, {}), waits(honest, hostile)
    for quantile in (0.25, 0.5, 0.75, 0.95):
        place = int(quantile * len(honest))
        assert among[place] / alone[place] - 1 < 0.12, quantile


def test_who_takes_a_long_step_where_many_do_does_not_yield() -> None:
    schedule = Schedule("abc", {})
    for number in range(20):
        schedule.took(Effort(2.0, 0, 1.5 if number % 5 == 0 else 0.1))  # a fifth
    ticket = schedule.next()
    assert ticket is not None
    assert schedule.patience(ticket) == Patience(USUAL * 2.0, LONG_STEP * 1.5)


def test_where_more_than_a_fifth_hang_no_step_is_too_long() -> None:
    schedule = Schedule("abc", {})
    for _ in range(16):
        schedule.took(Effort(2.0, 0, 0.5))
    ticket = schedule.next()
    assert ticket is not None
    for number in range(4):
        assert schedule.patience(ticket) == Patience(USUAL * 2.0, LONG_STEP * 0.5)
        schedule.came_back(Ticket(f"hung{number}"), stuck=0.9)
    schedule.came_back(Ticket("again", 1), stuck=0.9)  # was counted when it hung first
    schedule.came_back(Ticket("moving"), stuck=0.1)
    schedule.took(Effort(2.0, 0, 0.5))
    assert schedule.patience(ticket) == Patience(USUAL * 2.0, LONG_STEP * 0.5)
    schedule.came_back(Ticket("hung"), stuck=0.9)
    assert schedule.patience(ticket) == Patience(USUAL * 2.0)


def test_earlier_verdicts_say_what_is_usual_from_the_start() -> None:
    efforts = {f"s{number}": Effort(2.0, 0, 0.5) for number in range(KNOWN)} | {
        f"x{number}": Effort(90.0, 1, 30.0) for number in range(KNOWN)
    }
    schedule = Schedule(["new", "other"], efforts)
    ticket = schedule.next()
    assert ticket is not None
    assert schedule.patience(ticket) == Patience(USUAL * 2.0, LONG_STEP * 0.5)


def drain_one(schedule: Schedule) -> str:
    ticket = schedule.next()
    assert ticket is not None
    return ticket.name


def test_patience_has_a_floor_and_suspects_need_none() -> None:
    schedule = Schedule(["a", "b", "loop"], {"loop": Effort(1.0, 3, 0.9)})
    for _ in range(KNOWN):
        schedule.took(Effort(0.001, 0, 0.0005))
    first = schedule.next()
    assert first is not None
    assert schedule.patience(first) == Patience(LEAST, LEAST_STEP)
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
