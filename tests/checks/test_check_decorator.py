"""`@check` describes a test and leaves it one; the errors carry what the judge reads."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from coursegrader.checks import CheckFailed, Generator, StudentError, check
from coursegrader.sandbox.wire import Encoder


def test_the_marker_carries_points_and_message():
    @check(points=1.5, message="  Regardez « . ».  ", misconceptions=["no-boundary"])
    def test_something(student, rng):
        return "still a function"

    (marker,) = test_something.pytestmark
    assert marker.name == "coursecheck" and marker.args == ()
    assert marker.kwargs == {"points": 1.5, "message": "Regardez « . ».", "misconceptions": ("no-boundary",)}
    assert test_something(None, None) == "still a function"
    assert test_something.__name__ == "test_something"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"points": 0}, ValueError),
        ({"points": -1}, ValueError),
        ({"points": float("nan")}, ValueError),
        ({"points": float("inf")}, ValueError),
        ({"points": True}, TypeError),
        ({"points": "1"}, TypeError),
        ({"points": np.int64(1)}, TypeError),
        ({"message": ""}, ValueError),
        ({"message": " \n"}, ValueError),
        ({"message": None}, TypeError),
        ({"message": b"x"}, TypeError),
        ({"misconceptions": "no-boundary"}, TypeError),
        ({"misconceptions": [1]}, TypeError),
        ({"misconceptions": [""]}, ValueError),
    ],
)
def test_an_author_who_errs_is_told_at_once(arguments, error):
    with pytest.raises(error, match="@check"):
        check(**{"points": 1, "message": "Regardez.", **arguments})


def test_only_what_pytest_would_run_can_be_a_check():
    for other in (lambda: None, SimpleNamespace(), str):
        with pytest.raises(TypeError, match="test_"):
            check(points=1, message="Regardez.")(other)
    with pytest.raises(TypeError):
        check(test_only_what_pytest_would_run_can_be_a_check)


CHECKS = """
import pytest
from coursegrader.checks import CheckFailed, check, expect

@pytest.fixture
def student():
    return [1, 2]

@check(points=1, message="Regardez.")
def test_right(student):
    expect.equal(student, [1, 2], what="x")

@pytest.mark.parametrize("n", [2, 3])
@check(points=2, message="Regardez.")
def test_wrong(student, n):
    expect.equal(student, [1, n], what="x")
"""


def test_a_check_is_an_ordinary_pytest_test(tmp_path):
    (tmp_path / "test_exercise.py").write_text(CHECKS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = coursecheck: a hidden check\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", "test_exercise.py"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 failed, 2 passed" in done.stdout
    assert "« x[1] » vaut 2 au lieu de 3." in done.stdout


def test_errors_carry_what_the_judge_reads():
    failed = CheckFailed("« n » vaut 2.", expected="3", actual="2", misconception="off-by-one")
    assert isinstance(failed, AssertionError)
    assert (str(failed), failed.message, failed.expected, failed.actual, failed.misconception) == (
        "« n » vaut 2.", "« n » vaut 2.", "3", "2", "off-by-one",
    )  # fmt: skip
    assert CheckFailed("x").expected is CheckFailed("x").actual is CheckFailed("x").misconception is None
    error = StudentError("raised", "Votre fonction a levé une erreur.")
    assert not isinstance(error, AssertionError)
    assert (error.reason, error.message, str(error)) == ("raised", *["Votre fonction a levé une erreur."] * 2)


def test_a_generator_is_a_value_that_travels():
    assert Generator(7) == Generator(7) != Generator(8)
    assert Encoder().encode(Generator(7)) == {"g": 7}
    with pytest.raises(AttributeError):
        Generator(7).seed = 8
