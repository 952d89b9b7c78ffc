"""Where a student's value first differs from the expected one, said in one sentence.

The walk follows the expected value, which is the author's: numbers, text, None, and lists, tuples and dicts of them.
Numbers compare by value and by shape, whatever their width and container; nothing is broadcast and NaN equals nothing.
A text or a table is never quoted in full: a hidden value would travel with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch

from coursegrader.checks.errors import CheckFailed
from coursegrader.checks.values import Array, Numbers, is_exactly, to_array, type_text
from coursegrader.messages import text

MAX_KEY = 60  # characters of a dict's key that are told


@dataclass(frozen=True)
class Tolerance:
    """A number passes when it equals the expected one or differs by at most ``atol + rtol * |expected|``, both finite.

    Attributes:
        nan_equal: NaN passes for NaN; only to recognise a wrong value that is known to be NaN.
    """

    rtol: float = 0.0
    atol: float = 0.0
    nan_equal: bool = False

    @property
    def exact(self) -> bool:
        """Whether only equal numbers pass."""
        return self.rtol == 0.0 and self.atol == 0.0


def compare(value: object, expected: object, what: str, tolerance: Tolerance) -> None:
    """Do nothing if `value` is as expected.

    Args:
        value: what the student's function returned.
        expected: made here; what is no bool, number, text, None, list, tuple, dict, array or tensor is the author's
            mistake.
        what: the value's name, extended on the way down: "stoi['a']".

    Raises:
        CheckFailed: with the first difference.
        TypeError, ValueError: `expected` cannot be compared with, or holds NaN.

    Example:
        >>> compare([1, 2], torch.tensor([1.0, 2.0]), "x", Tolerance())
    """
    numbers = _expected_numbers(expected, tolerance)
    if numbers is not None:
        _compare_numbers(to_array(value, what), numbers, what, tolerance)
    elif expected is None:
        if value is not None:
            _wrong_type(value, expected, what)
    elif type(expected) is str:
        _compare_text(value, expected, what)
    elif type(expected) in (list, tuple):
        _compare_sequence(value, list(expected), what, tolerance)  # type: ignore[call-overload]
    elif type(expected) is dict:
        _compare_dict(value, expected, what, tolerance)
    else:
        raise TypeError(f"{what}: cannot compare with an expected value of type {type(expected).__name__}")


def number_text(number: Any, other: Any = None) -> str:
    """A number in four digits or the digits before its point, or in as many as make it differ from `other`.

    Example:
        >>> number_text(1 / 3), number_text(1 / 3, 0.33331), number_text(14007.0)
        ('0.3333', '0.333333', '14007')
    """
    if not isinstance(number, float | np.floating):
        return str(number)
    value = float(number)
    whole = len(f"{abs(value):.0f}") if abs(value) < 1e9 else 0
    for digits in (4, 6, 9):
        shown = f"{value:.{max(digits, whole)}g}"
        if other is None or shown != f"{float(other):.{max(digits, whole)}g}":
            return shown
    return repr(value)


def place_text(what: str, index: tuple[int, ...]) -> str:
    """A position in an array as the student would write it: ``counts[3, 5]``; the name alone for a single number."""
    return f"{what}[{', '.join(map(str, index))}]" if index else what


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape in a few words."""
    return text("short.shape", shape=shape) if shape else text("short.single_number")


def check_shape(array: Array, expected: tuple[int, ...], what: str) -> None:
    """Raise CheckFailed unless the array has exactly this shape."""
    if array.shape == expected:
        return
    key = "expect.shape" if expected else "expect.single_number"
    raise CheckFailed(
        text(key, what=what, expected=expected, actual=array.shape or "()"),
        expected=shape_text(expected),
        actual=shape_text(array.shape),
    )


def first_position(wrong: Numbers) -> tuple[int, ...]:
    """The first true position of a bool array that has one, row by row."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def _expected_numbers(expected: object, tolerance: Tolerance) -> Array | None:
    """The author's numbers; None when `expected` is something else, an empty list included."""
    if isinstance(expected, torch.Tensor):
        expected = expected.detach().as_subclass(torch.Tensor)
    elif isinstance(expected, np.generic):
        expected = np.asarray(expected)
    if type(expected) not in (bool, int, float, list, tuple, np.ndarray, torch.Tensor):
        return None
    try:
        numbers = to_array(expected, "expected")
    except CheckFailed as error:
        if type(expected) in (list, tuple):
            return None
        raise TypeError(f"expected value: {error}") from error
    if numbers.kind == "float" and not tolerance.nan_equal and bool(np.isnan(numbers.data).any()):
        raise ValueError("the expected value holds NaN, and NaN never passes")
    return None if numbers.kind == "empty" else numbers


def _compare_numbers(actual: Array, expected: Array, what: str, tolerance: Tolerance) -> None:
    if actual.kind != "empty" and (actual.kind == "bool") != (expected.kind == "bool"):
        wanted = expected.kind == "bool"
        raise CheckFailed(
            text("expect.not_bool" if wanted else "expect.bool", what=what, actual=actual.dtype),
            expected=text("short.bools" if wanted else "short.numbers"),
            actual=actual.dtype,
        )
    check_shape(actual, expected.shape, what)
    wrong = _differs(actual, expected, tolerance)
    count = int(np.count_nonzero(wrong))
    if count == 0:
        return
    index = first_position(wrong)
    got, due = actual.data[index], expected.data[index]
    sentence = _value_sentence(place_text(what, index), got, due, tolerance)
    if count > 1:
        sentence = text("expect.several", count=count, total=wrong.size, first=sentence)
    raise CheckFailed(sentence, expected=_at(index, number_text(due, got)), actual=_at(index, number_text(got, due)))


def _differs(actual: Array, expected: Array, tolerance: Tolerance) -> Numbers:
    a, e = actual.data, expected.data
    if tolerance.exact and a.dtype == e.dtype:
        right = a == e
    else:
        a, e = a.astype(np.float64), e.astype(np.float64)
        # An expected inf would come with an infinite tolerance: hence the test for finite numbers.
        with np.errstate(all="ignore"):
            near = np.abs(a - e) <= tolerance.atol + tolerance.rtol * np.abs(e)
        right = (a == e) | (np.isfinite(a) & np.isfinite(e) & near)
    if tolerance.nan_equal and a.dtype.kind == "f":
        right = right | (np.isnan(a) & np.isnan(e))
    return np.asarray(~right)


def _value_sentence(place: str, got: Any, due: Any, tolerance: Tolerance) -> str:
    if got != got:
        return text("expect.nan", place=place, expected=number_text(due))
    plain = tolerance.exact or not (np.isfinite(got) and np.isfinite(due))
    key = "expect.value" if plain else "expect.value_close"
    return text(key, place=place, expected=number_text(due, got), actual=number_text(got, due))


def _at(index: tuple[int, ...], number: str) -> str:
    return text("short.at", index=list(index), number=number) if index else number


def _wrong_type(value: object, expected: object, what: str) -> NoReturn:
    if value is None:
        raise CheckFailed(text("expect.nothing_returned", what=what), expected=type_text(expected), actual="None")
    due, got = type_text(expected), type_text(value)
    raise CheckFailed(text("expect.kind", what=what, expected=due, actual=got), expected=due, actual=got)


def _wrong_length(message: str, expected: int, actual: int) -> NoReturn:
    lengths = [text("short.length", count=count) for count in (expected, actual)]
    raise CheckFailed(message, expected=lengths[0], actual=lengths[1])


def _compare_text(value: object, expected: str, what: str) -> None:
    if type(value) is not str:
        _wrong_type(value, expected, what)
    if value == expected:
        return
    shared = min(len(value), len(expected))
    position = next((i for i in range(shared) if value[i] != expected[i]), shared)
    end = text("short.end_of_text")
    due = repr(expected[position]) if position < len(expected) else end
    got = repr(value[position]) if position < len(value) else end
    message = text("expect.text", what=what, position=position + 1, expected=due, actual=got)
    if len(value) != len(expected):
        message += " " + text("expect.text_length", expected=len(expected), actual=len(value))
    short = [text("short.character", position=position + 1, character=character) for character in (due, got)]
    raise CheckFailed(message, expected=short[0], actual=short[1])


def _compare_sequence(value: object, expected: list[object], what: str, tolerance: Tolerance) -> None:
    items: list[object]
    if type(value) is list or type(value) is tuple:
        items = list(value)
    elif is_exactly(value, np.ndarray, torch.Tensor) and (array := to_array(value, what)).data.ndim:
        items = array.data.tolist() if array.data.ndim == 1 else list(array.data)
    else:
        _wrong_type(value, expected, what)
    if len(items) != len(expected):
        message = text("expect.length", what=what, expected=len(expected), actual=len(items))
        _wrong_length(message, len(expected), len(items))
    for position, (item, due) in enumerate(zip(items, expected, strict=True)):
        compare(item, due, f"{what}[{position}]", tolerance)


def _compare_dict(value: object, expected: dict[Any, Any], what: str, tolerance: Tolerance) -> None:
    if type(value) is not dict:
        _wrong_type(value, expected, what)
    actual = {_key(key, what): item for key, item in value.items()}
    due = {_key(key, what): (key, item) for key, item in expected.items()}
    for tagged, (key, _) in due.items():
        if tagged not in actual:
            _wrong_length(text("expect.key_missing", what=what, key=_key_text(key)), len(due), len(actual))
    if len(actual) > len(due):
        extra = next(key for key in value if _key(key, what) not in due)
        _wrong_length(text("expect.key_unexpected", what=what, key=_key_text(extra)), len(due), len(actual))
    for tagged, (key, item) in due.items():
        compare(actual[tagged], item, f"{what}[{_key_text(key)}]", tolerance)


def _key(key: object, what: str, depth: int = 0) -> object:
    """A dict's key with its types, so that True is not found under 1; keys of unknown types are refused, not hashed."""
    kind = type(key)
    if is_exactly(key, bool, int, float, str, type(None)):
        return kind, key
    if type(key) is tuple and depth < 4:
        return kind, tuple(_key(part, what, depth + 1) for part in key)
    raise CheckFailed(text("expect.odd_key", what=what, actual=type_text(key)), actual=type_text(key))


def _key_text(key: object, depth: int = 0) -> str:
    """A key in a few words, a tuple in a tuple in none: one that a student made up could carry whole inputs out."""
    if type(key) is str and len(key) > 12:
        return text("short.long_text", count=len(key))
    if type(key) is tuple:
        if depth:
            return "(…)"
        whole = f"({', '.join(_key_text(part, 1) for part in key[:5])}{', …' if len(key) > 5 else ''})"
        return whole if len(whole) <= MAX_KEY else f"{whole[: MAX_KEY - 1]}…"
    return repr(key)
