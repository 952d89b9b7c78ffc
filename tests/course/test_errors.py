"""The family of errors."""

from __future__ import annotations

import pickle

import pytest

from coursegrader.errors import CourseFault, CoursegraderError, MachineFault, SubmissionFault


@pytest.mark.parametrize(
    "error",
    [
        CourseFault.collected("2 mistakes:", ["a: b", "c: d"], hint="Mend them."),
        SubmissionFault("too-large", "200 MB", hint="Submit the notebook only."),
        MachineFault("no sandbox"),
    ],
)
def test_errors_travel_between_processes(error: CoursegraderError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_an_error_says_what_and_then_what_to_do() -> None:
    error = CourseFault.collected("2 mistakes:", ["a: b", "c: d"], hint="Mend them.")
    assert str(error) == "2 mistakes:\n  - a: b\n  - c: d\nMend them."
    assert error.mistakes == ("a: b", "c: d")
    assert isinstance(error, CoursegraderError)
