"""Points, and the record that travels."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursegrader.verdict import CheckResult, ExerciseResult, Verdict

checks = st.builds(
    CheckResult,
    name=st.text(max_size=3),
    passed=st.sampled_from([True, False, None]),
    points=st.sampled_from([0.25, 0.5, 1.0, 1.5, 3.0]),
    withdrawn=st.booleans(),
)


def exercise(*passed: bool | None, withdrawn: tuple[int, ...] = (), points: float = 6.0) -> ExerciseResult:
    """Checks of equal points."""
    each = points / len(passed) if passed else 0.0
    return ExerciseResult(
        "f", points, tuple(CheckResult(f"test_{n}", p, each, withdrawn=n in withdrawn) for n, p in enumerate(passed))
    )


def verdict(*exercises: ExerciseResult) -> Verdict:
    return Verdict("zoé", "01", "graded", "aa", "bb", "0.1", "full", exercises)


@pytest.mark.parametrize(
    ("result", "score", "teacher"),
    [
        (exercise(True, True, True), 6.0, False),
        (exercise(True, False, True), 4.0, False),
        (exercise(False, False), 0.0, False),
        (exercise(True, None), 3.0, True),
        (exercise(True, True, None, withdrawn=(2,)), 6.0, True),
        (exercise(True, False, None, withdrawn=(2,)), 3.0, True),
        (exercise(None, withdrawn=(0,)), None, True),
        (exercise(), None, True),
        (ExerciseResult("f", 2.0, manual=True), None, True),
        (ExerciseResult("f", 2.0, readable=False), 0.0, False),
        (ExerciseResult("f", 2.0, manual=True, readable=False), 0.0, False),
    ],
)
def test_points_come_from_checks_that_ran_to_their_end(
    result: ExerciseResult, score: float | None, teacher: bool
) -> None:
    assert result.score == score
    assert result.needs_teacher is teacher


@given(st.lists(checks, max_size=6), st.sampled_from([1.0, 2.0, 3.5]))
def test_a_score_lies_between_nothing_and_everything(found: list[CheckResult], points: float) -> None:
    result = ExerciseResult("f", points, tuple(found))
    if result.score is not None:
        assert 0 <= result.score <= points
        better = tuple(dataclasses.replace(check, passed=True) for check in found)
        assert (dataclasses.replace(result, checks=better).score or 0) >= result.score


def test_thirds_add_up() -> None:
    assert exercise(True, True, True, points=1.0).score == 1.0
    assert verdict(exercise(True, False, False, points=1.0), exercise(False, True, True, points=1.0)).score == 1.0


def test_the_record_comes_back_as_it_was() -> None:
    check = CheckResult("t", None, 1.0, "é", "r", "e", "a", "keepdim", "ValueError: x", True)
    made = dataclasses.replace(
        verdict(ExerciseResult("f", 1.0, (check,), answered=False), ExerciseResult("g", 2.0, manual=True)),
        reason="non",
        warnings=("a", "b"),
        timing={"total": 1.25},
    )
    back = Verdict.from_json(made.to_json())
    assert back == made
    assert back.timing == made.timing
    assert back.digest == made.digest


def test_the_digest_is_of_everything_but_time() -> None:
    one = verdict(exercise(True))
    assert dataclasses.replace(one, timing={"total": 9.0}).digest == one.digest
    for change in ({"student": "b"}, {"reason": "x"}, {"exercises": (exercise(False),)}, {"isolation": "off"}):
        assert dataclasses.replace(one, **change).digest != one.digest  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{}", '{"schema": 2}', "[", '{"schema": "1"}'])
def test_another_schema_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"schema|Expecting"):
        Verdict.from_json(text)
