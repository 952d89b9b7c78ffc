"""Equality with an expected value: exact, up to rounding, and of gradients; a known wrong value gives its name."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from coursegrader.checks.compare import Tolerance, compare, number_text
from coursegrader.checks.errors import CheckFailed
from coursegrader.checks.values import to_array
from coursegrader.messages import text

Misconceptions = Mapping[str, object]


def equal(value: object, expected: object, *, what: str, misconceptions: Misconceptions | None = None) -> None:
    """The value equals the expected one: numbers by value and shape, text to the letter.

    3 equals 3.0, and True is not 1. Lists and tuples stand for each other, and for arrays where they hold numbers;
    `kind` tells them apart.

    Args:
        expected: bool, number, text, None, array, tensor, or lists, tuples, dicts of them.
        misconceptions: wrong values by id; the first that the student's value equals names the failure.

    Raises:
        CheckFailed: with the first differing position.

    Example:
        >>> equal([[0, 1], [1, 0]], np.array([[0, 1], [1, 0]]), what="counts")
    """
    _compare(value, expected, what, Tolerance(), misconceptions)


def close(
    value: object,
    expected: object,
    *,
    what: str,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    why: str = "",
    misconceptions: Misconceptions | None = None,
) -> None:
    """Every number differs from the expected one by at most ``atol + rtol * |expected|``; inf only equals inf.

    Args:
        why: a sentence for the student that is added when this fails.
        misconceptions: wrong values by id; the first that the student's value is close to names the failure.

    Raises:
        CheckFailed: with the first differing position.

    Example:
        >>> close(2.47211, 2.4721, what="nll", misconceptions={"log2": 3.5665})
    """
    _compare(value, expected, what, Tolerance(rtol, atol), misconceptions, why)


def gradient(
    value: object,
    expected: object,
    *,
    what: str,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    why: str = "",
    misconceptions: Misconceptions | None = None,
) -> None:
    """A gradient equals the expected one up to rounding; a missing one and a multiple of the right one are named.

    Args:
        value: same shape as `expected`; None means that no backward pass reached the parameter.

    Raises:
        CheckFailed: with the first differing position, or with the factor.

    Example:
        >>> gradient(np.array([0.5, -1.0]), [0.5, -1.0], what="W.grad")
    """
    if value is None:
        raise CheckFailed(text("expect.no_gradient", what=what), actual="None")
    try:
        _compare(value, expected, what, Tolerance(rtol, atol), misconceptions, why)
    except CheckFailed as failure:
        factor = _factor(value, expected, Tolerance(rtol, atol))
        if factor is not None:
            failure.message += " " + text("expect.gradient_factor", factor=number_text(factor))
            failure.args = (failure.message,)
        raise


def _factor(value: object, expected: object, tolerance: Tolerance) -> float | None:
    """The number that `expected` has been multiplied by, if it is one number."""
    try:
        due = to_array(expected, "expected").data.astype(np.float64)
        got = to_array(value, "value").data.astype(np.float64)
        norm = float((due * due).sum())
        if got.shape != due.shape or due.size < 2 or not 0 < norm < math.inf:
            return None
        factor = float((got * due).sum()) / norm
        compare(value, due * factor, "value", Tolerance(tolerance.rtol, tolerance.atol * abs(factor)))
    except (CheckFailed, ValueError):
        return None
    return factor if factor else None


def _compare(
    value: object,
    expected: object,
    what: str,
    tolerance: Tolerance,
    misconceptions: Misconceptions | None,
    why: str = "",
) -> None:
    try:
        compare(value, expected, what, tolerance)
    except CheckFailed as failure:
        message = f"{failure.message} {why}".strip()
        found = _recognise(value, misconceptions or {}, tolerance)
        raise CheckFailed(message, expected=failure.expected, actual=failure.actual, misconception=found) from None


def _recognise(value: object, misconceptions: Misconceptions, tolerance: Tolerance) -> str | None:
    for name, wrong in misconceptions.items():
        try:
            compare(value, wrong, "value", Tolerance(tolerance.rtol, tolerance.atol, nan_equal=True))
        except CheckFailed:
            continue
        return name
    return None
