"""The queue: quick ones first, slow ones yield and come again, and no grade depends on it."""

from __future__ import annotations

from coursegrader.schedule import FIRST_PATIENCE, KNOWN, LEAST, SECOND_TRY, USUAL, Effort, Schedule
from tests.pipeline.small_course import Class, digests


def drain(schedule: Schedule) -> list[str]:
    return [ticket.name for ticket in iter(schedule.next, None)]


def test_known_ones_come_by_their_time_unknown_ones_after_and_suspects_last() -> None:
    efforts = {"slow": Effort(9.0, 0), "quick": Effort(0.1, 0), "loop": Effort(0.05, 1)}
    assert drain(Schedule(["a", "loop", "slow", "b", "quick"], efforts)) == ["quick", "slow", "a", "b", "loop"]
    assert drain(Schedule(["b", "loop", "a"], efforts, fair=False)) == ["a", "b", "loop"]


def test_who_takes_longer_than_others_yields_twice_and_then_has_all_its_time() -> None:
    schedule = Schedule(["a", "b", "c"], {})
    first = schedule.next()
    assert first is not None
    assert schedule.patience(first) == FIRST_PATIENCE
    for seconds in [1.0] * KNOWN:
        schedule.took(seconds)
    assert schedule.patience(first) == USUAL
    schedule.came_back(first)
    assert drain_one(schedule) == "b"
    assert drain_one(schedule) == "c"
    second = schedule.next()
    assert second is not None
    assert second.name == "a"
    assert schedule.patience(second) is None  # nobody else waits
    schedule.came_back(first)
    assert schedule.patience(second) == SECOND_TRY * USUAL
    schedule.came_back(second)
    third = [ticket for ticket in iter(schedule.next, None) if ticket.tries == 2]
    assert schedule.patience(third[0]) is None
    assert schedule.yielded == 3


def test_where_everybody_takes_long_patience_grows_until_some_are_done() -> None:
    schedule = Schedule("abcdef", {})
    seen = []
    for _ in range(4):
        ticket = schedule.next()
        assert ticket is not None
        seen.append(schedule.patience(ticket))
        schedule.came_back(ticket)
    assert seen == [FIRST_PATIENCE, 3 * FIRST_PATIENCE, 9 * FIRST_PATIENCE, 27 * FIRST_PATIENCE]


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
