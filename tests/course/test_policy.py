"""Policies: read with every mistake named, and days, penalties and release as pure functions, over changes of the clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coursegrader.course import Course, Late, Policy, load_course, may_release
from coursegrader.errors import CourseFault
from tests.build.tiny import course_data, write_config

ZURICH = ZoneInfo("Europe/Zurich")
DUE = datetime(2026, 9, 8, 23, 59, tzinfo=ZURICH)
FULL = {
    "late": {"percent_per_day": 10, "grace_minutes": 15, "max_days": 7},
    "attempts": 5,
    "cooldown_minutes": 10,
    "counts": "best",
    "feedback": "after due",
}
Change = Callable[[dict[str, Any]], Any]


def course(root: Path, change: Change) -> Course:
    data = course_data()
    change(data)
    write_config(root, data)
    return load_course(root, only=[])


def test_a_policy_comes_out_as_written_and_an_assignment_changes_single_values(root: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["policy"] = FULL
        data["assignments"][1]["policy"] = {"attempts": None, "late": {"max_days": None}, "feedback": "by hand"}

    one, two = course(root, change).assignments
    assert one.policy == Policy(Late(10.0, 15.0, 7), 5, 10.0, "best", "after due")
    assert two.policy == Policy(Late(10.0, 15.0, None), None, 10.0, "best", "by hand")
    assert one.policy.active


def test_without_a_word_nothing_costs_anything(root: Path) -> None:
    policy = load_course(root).assignment("01-mini").policy
    assert policy == Policy()
    assert not policy.active
    assert course(root, lambda d: d.update(policy={**FULL, "late": None})).assignments[0].policy.late == Late()


def test_an_extension_moves_the_deadline_of_its_student_only(root: Path) -> None:
    loaded = course(root, lambda d: d.update(extensions={"zoé": {"01-mini": "2026-09-20 12:00"}}))
    extended = datetime(2026, 9, 20, 12, 0, tzinfo=ZURICH)
    assignment = loaded.assignment("01-mini")
    assert (assignment.due_for("zoé"), assignment.due_for("marley")) == (extended, DUE)
    assert loaded.due_for("zoé", "01-mini") == extended
    assert loaded.due_for("zoé", "02-suite") == loaded.assignment("02-suite").due
    assert loaded.extensions == {"zoé": {"01-mini": extended}}
    assert assignment.last_due == extended
    assert loaded.assignment("02-suite").last_due == loaded.assignment("02-suite").due


def late(**values: Any) -> Change:
    return lambda d: d.update(policy={"late": values})


def policy(**values: Any) -> Change:
    return lambda d: d.update(policy=values)


def extension(student: Any, dates: Any) -> Change:
    return lambda d: d.update(extensions={student: dates})


MISTAKES: dict[str, tuple[Change, str]] = {
    "no dict": (lambda d: d.update(policy=5), 'policy: 5 is no dict; write {"attempts": 5'),
    "unknown key": (policy(attemps=3), 'policy, attemps: unknown key. Did you mean "attempts"?'),
    "late no dict": (policy(late=10), 'policy, late: 10 is no dict; write {"percent_per_day": 10'),
    "unknown late key": (late(percent=10), "policy, late, percent: unknown key."),
    "negative percent": (late(percent_per_day=-1), "-1 is out of range; write a number from 0 to 100"),
    "more than all": (late(percent_per_day=101), "policy, late, percent_per_day: 101 is out of range"),
    "percent as text": (late(percent_per_day="10 %"), "'10 %' is no number; write one without quotes"),
    "percent as a bool": (late(percent_per_day=True), "True is no number"),
    "a number without end": (late(grace_minutes=10**400), "is out of range"),
    "negative grace": (late(grace_minutes=-5), "-5 is out of range"),
    "no day": (late(max_days=0), "0 is out of range; write 1 or more, or None for no limit"),
    "half a day": (late(max_days=1.5), "1.5 is no whole number"),
    "no attempt": (policy(attempts=0), "policy, attempts: 0 is out of range; write 1 or more, or None for no limit"),
    "attempts as text": (policy(attempts="5"), "'5' is no whole number"),
    "negative cooldown": (policy(cooldown_minutes=-1), "policy, cooldown_minutes: -1 is out of range"),
    "unknown word": (policy(counts="bests"), "policy, counts: 'bests' is unknown; Did you mean \"best\"?"),
    "unlike any word": (policy(counts="mean"), 'write one of "last", "best"'),
    "unlike any feedback": (policy(feedback="never"), 'write one of "at once", "after due", "by hand"'),
    "feedback as a bool": (policy(feedback=True), "policy, feedback: True is unknown"),
    "of an assignment": (
        lambda d: d["assignments"][0].update(policy={"attempts": -1}),
        "assignment 01-mini, policy, attempts: -1 is out of range",
    ),
    "extensions no dict": (lambda d: d.update(extensions=[]), "extensions: [] is no dict"),
    "student no text": (extension(7, {}), "extensions, 7: 7 is no student id"),
    "student with a space": (extension("zoé ", {}), "'zoé ' is no student id"),
    "dates no dict": (extension("zoé", "2026-09-20 12:00"), "extensions, zoé: '2026-09-20 12:00' is no dict"),
    "unknown assignment": (
        extension("zoé", {"01-mni": "2026-09-20 12:00"}),
        'extensions, zoé, 01-mni: the course has no such assignment. Did you mean "01-mini"?',
    ),
    "no date": (extension("zoé", {"01-mini": "20.9.2026"}), 'extensions, zoé, 01-mini: "20.9.2026" is no date'),
    "missing hour": (extension("zoé", {"01-mini": "2027-03-28 02:30"}), "the clocks go forward"),
    "not later": (
        extension("zoé", {"01-mini": "2026-09-08 23:59"}),
        '"2026-09-08 23:59" is not after the deadline, "2026-09-08 23:59"; write a later date',
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_alone_with_what_to_write_instead(root: Path, name: str) -> None:
    change, expected = MISTAKES[name]
    with pytest.raises(CourseFault) as caught:
        course(root, change)
    assert len(caught.value.mistakes) == 1, caught.value.mistakes
    assert expected in caught.value.mistakes[0]


def test_all_mistakes_come_at_once(root: Path) -> None:
    with pytest.raises(CourseFault) as caught:
        course(root, lambda d: d.update(policy={"attempts": 0, "counts": 3, "late": {"percent_per_day": -1, "x": 1}}))
    assert len(caught.value.mistakes) == 4


# Days and penalties


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(days=-30), 0),
        (timedelta(0), 0),  # exactly met
        (timedelta(microseconds=1), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, microseconds=1), 2),
        (timedelta(days=6, hours=5), 7),
        (timedelta(days=400), 400),
    ],
)
def test_a_day_counts_when_it_has_started(after: timedelta, days: int) -> None:
    due = DUE.astimezone(UTC)
    assert Late(10).days(due, due + after, ZoneInfo("UTC")) == days
    grace = Late(10, grace_minutes=15)
    assert grace.days(due, due + after + timedelta(minutes=15), ZoneInfo("UTC")) == days


@pytest.mark.parametrize(
    ("due", "last_of_the_first_day", "hours"),
    [
        ((2026, 10, 24, 23, 59), (2026, 10, 25, 23, 59), 25),  # the clocks go back in the night
        ((2027, 3, 27, 23, 59), (2027, 3, 28, 23, 59), 23),  # and forward
        ((2027, 3, 27, 2, 30), (2027, 3, 28, 3, 30), 24),  # 02:30 does not exist on the next day
        ((2026, 10, 24, 2, 30), (2026, 10, 25, 2, 30), 25),  # and comes twice: the second one counts
    ],
)
def test_a_day_ends_at_the_local_time_of_the_deadline(
    due: tuple[int, ...], last_of_the_first_day: tuple[int, ...], hours: int
) -> None:
    start = datetime(*due, tzinfo=ZURICH)  # type: ignore[misc, arg-type]
    end = datetime(*last_of_the_first_day, tzinfo=ZURICH, fold=1).astimezone(UTC)  # type: ignore[misc, arg-type]
    assert end - start.astimezone(UTC) == timedelta(hours=hours)
    assert Late(10).days(start, end, ZURICH) == 1
    assert Late(10).days(start, end + timedelta(seconds=1), ZURICH) == 2


def test_a_deadline_in_an_hour_that_comes_twice_ends_the_second_time(root: Path) -> None:
    loaded = course(root, lambda d: d["assignments"][0].update(due="2026-10-25 02:30"))
    assert loaded.assignment("01-mini").due.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_penalty_is_percent_of_what_was_earned_and_never_more() -> None:
    rule = Late(percent_per_day=30, max_days=5)
    assert [rule.penalty(8.0, days) for days in range(7)] == [0.0, 2.4, 4.8, 7.2, 8.0, 8.0, 8.0]
    assert rule.penalty(0.0, 3) == 0.0
    assert Late(10, max_days=2).penalty(5.0, 3) == 5.0
    assert Late(max_days=2).penalty(5.0, 2) == 0.0
    assert Late().penalty(5.0, 99) == 0.0


@pytest.mark.parametrize(
    ("feedback", "before", "at", "after"),
    [("at once", True, True, True), ("after due", False, False, True), ("by hand", False, False, False)],
)
def test_when_feedback_may_go_out(feedback: str, before: bool, at: bool, after: bool) -> None:
    rule, second = Policy(feedback=feedback), timedelta(seconds=1)
    moments = [moment.astimezone(UTC) for moment in (DUE - second, DUE, DUE + second)]
    assert [may_release(rule, DUE, now) for now in moments] == [before, at, after]
