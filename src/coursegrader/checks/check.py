"""The `@check` decorator: what a hidden check is worth, and what the student reads when it fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])


def check(*, points: float, message: str, misconceptions: Sequence[str] = ()) -> Callable[[Test], Test]:
    """Mark a pytest function as a hidden check.

    The function stays what it was: the marker `coursecheck` carries the rest, and pytest runs it like any other test.

    Args:
        points: what passing is worth, more than 0.
        message: what the student reads when the check fails, in the language of the course; says what to look at
            without giving the answer away.
        misconceptions: ids in the catalogue that the check can recognise, to be looked up when the course is validated.

    Raises:
        TypeError: points is not a number, or message or an id is no text.
        ValueError: points is not positive and finite, or a text is empty.

    Example:
        >>> @check(points=1, message="Comptez aussi les transitions depuis et vers « . ».")
        ... def test_boundaries(student):
        ...     expect.integers(student.count_bigrams(["léa"], {".": 0, "l": 1, "é": 2, "a": 3}), what="counts")
        >>> test_boundaries.pytestmark[0].kwargs["points"]
        1
    """
    if isinstance(points, bool) or not isinstance(points, int | float):
        raise TypeError(f"@check: points must be a number, not {points!r}")
    if not (math.isfinite(points) and points > 0):
        raise ValueError(f"@check: points must be positive and finite, not {points!r}")
    if isinstance(misconceptions, str):
        raise TypeError("@check: misconceptions must be a list of ids, not one text")
    for name, value in [("message", message), *(("misconceptions", entry) for entry in misconceptions)]:
        if not isinstance(value, str):
            raise TypeError(f"@check: {name} must be text, not {value!r}")
        if not value.strip():
            raise ValueError(f"@check: {name} must not be empty")

    def mark(function: Test) -> Test:
        if not callable(function) or not getattr(function, "__name__", "").startswith("test_"):
            raise TypeError(f"@check: pytest would not run {function!r}: it must be a function named test_…")
        marker = pytest.mark.coursecheck(points=points, message=message.strip(), misconceptions=tuple(misconceptions))
        marked: Test = marker(function)
        return marked

    return mark
