"""What a hidden check asks of a value: each helper passes in silence or raises `CheckFailed` with a French sentence.

Values come from the student's code: they are judged on exact base types, NaN never passes, shapes must be equal
(nothing is broadcast), and numbers of any width pass, from lists, NumPy or torch, with a gradient or without. `what` is
the name that the student knows the value by. An argument that the author got wrong raises TypeError or ValueError,
never CheckFailed.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from coursegrader.checks.compare import check_shape, first_position, number_text, place_text
from coursegrader.checks.equality import close, equal, gradient
from coursegrader.checks.errors import CheckFailed
from coursegrader.checks.law import sampled_from
from coursegrader.checks.refusal import raises
from coursegrader.checks.values import is_exactly, kind_text, to_array, type_text
from coursegrader.messages import text

__all__ = [
    "at_least", "at_most", "between", "close", "dtype", "equal", "finite", "floating", "gradient", "integers", "kind",
    "raises", "rows_sum_to_one", "sampled_from", "shape", "unchanged",
]  # fmt: skip


def shape(value: object, expected: tuple[int, ...], *, what: str) -> None:
    """The value is an array of numbers or booleans of exactly this shape; () is a single number, which (1,) is not.

    Example:
        >>> shape(torch.zeros(3, 3), (3, 3), what="counts")
    """
    check_shape(to_array(value, what), tuple(expected), what)


def integers(value: object, *, what: str) -> None:
    """The value holds integers, of any width: no booleans, and no floats even if they are whole.

    Example:
        >>> integers(np.zeros((2, 2), dtype=np.uint8), what="counts")
    """
    array = to_array(value, what)
    if array.kind not in ("int", "empty"):
        message = text("expect.integers", what=what, actual=array.dtype)
        raise CheckFailed(message, expected=text("short.integers"), actual=array.dtype)


def floating(value: object, *, what: str) -> None:
    """The value holds floats, of any width.

    Example:
        >>> floating([0.5, 0.5], what="P")
    """
    array = to_array(value, what)
    if array.kind not in ("float", "empty"):
        message = text("expect.floating", what=what, actual=array.dtype)
        raise CheckFailed(message, expected=text("short.floats"), actual=array.dtype)


def dtype(value: object, expected: torch.dtype, *, what: str) -> None:
    """The value is a tensor of this dtype, or a NumPy array of the dtype of the same name.

    Example:
        >>> dtype(torch.zeros(2), torch.float32, what="W")
    """
    if not isinstance(expected, torch.dtype):
        raise TypeError(f"dtype expects a torch.dtype, not {expected!r}")
    if type(value) is not torch.Tensor and type(value) is not np.ndarray:
        actual = type_text(value)
        raise CheckFailed(
            text("expect.tensor", what=what, expected=expected, actual=actual), expected=str(expected), actual=actual
        )
    actual = str(value.dtype)
    if actual.removeprefix("torch.") != str(expected).removeprefix("torch."):
        raise CheckFailed(
            text("expect.dtype", what=what, expected=expected, actual=actual[:30]),
            expected=str(expected),
            actual=actual[:30],
        )


def kind(value: object, expected: type | tuple[type, ...], *, what: str) -> None:
    """The value's type is exactly this one, or one of these: True is no int here, and a list is no tuple.

    Example:
        >>> kind(["."], list, what="itos")
    """
    kinds = expected if isinstance(expected, tuple) else (expected,)
    if not all(isinstance(one, type) for one in kinds):
        raise TypeError(f"kind expects a type or a tuple of types, not {expected!r}")
    if is_exactly(value, *kinds):
        return
    if value is None:
        raise CheckFailed(text("expect.nothing_returned", what=what), expected=kind_text(kinds[0]), actual="None")
    due, actual = kind_text(kinds[0]), type_text(value)
    for other in kinds[1:]:
        due = text("short.or", first=due, second=kind_text(other))
    raise CheckFailed(text("expect.kind", what=what, expected=due, actual=actual), expected=due, actual=actual)


def finite(value: object, *, what: str) -> None:
    """The value holds neither NaN nor infinity.

    Example:
        >>> finite(torch.ones(2), what="losses")
    """
    array = to_array(value, what)
    if array.kind != "float":
        return
    wrong = ~np.isfinite(array.data)
    if wrong.any():
        index = first_position(wrong)
        actual = number_text(array.data[index])
        message = text("expect.finite", place=place_text(what, index), actual=actual)
        raise CheckFailed(message, expected=text("short.finite"), actual=actual)


def rows_sum_to_one(value: object, *, what: str, atol: float = 1e-4) -> None:
    """The value is a table whose last axis holds probabilities: finite, not negative, of sum 1 up to `atol`.

    Example:
        >>> rows_sum_to_one([[0.25, 0.75], [1.0, 0.0]], what="P")
    """
    array = to_array(value, what)
    if array.kind == "bool" or array.data.ndim < 2:
        message = text("expect.table", what=what, actual=array.shape or "()")
        raise CheckFailed(message, expected=text("short.table"), actual=text("short.shape", shape=array.shape))
    finite(value, what=what)
    data = array.data.astype(np.float64)
    if (data < 0).any():
        index = first_position(data < 0)
        actual = number_text(data[index])
        raise CheckFailed(
            text("expect.negative", place=place_text(what, index), actual=actual), expected="0 … 1", actual=actual
        )
    sums = data.sum(axis=-1)
    wrong = np.abs(sums - 1) > atol
    if not wrong.any():
        return
    index = first_position(wrong)
    message = text("expect.row_sum", place=place_text(what, index), actual=number_text(sums[index], 1.0))
    if bool((np.abs(data.sum(axis=-2) - 1) <= atol).all()):
        message += " " + text("expect.column_sums")
    raise CheckFailed(
        message,
        expected=text("short.row_sum", total="1"),
        actual=text("short.row_sum", total=number_text(sums[index], 1.0)),
    )


def at_most(value: object, bound: float, *, what: str, why: str = "") -> None:
    """The value is a single finite number not above `bound`, e.g. a loss after training.

    Args:
        why: a sentence for the student that is added when this fails.

    Example:
        >>> at_most(torch.tensor(2.31), 2.51, what="perte")
    """
    number = _number(value, what)
    if number > bound:
        shown, limit = number_text(number, bound), number_text(bound, number)
        message = f"{text('expect.at_most', what=what, bound=limit, actual=shown)} {why}".strip()
        raise CheckFailed(message, expected=f"≤ {limit}", actual=shown)


def at_least(value: object, bound: float, *, what: str, why: str = "") -> None:
    """The value is a single finite number not below `bound`.

    Example:
        >>> at_least(2.31, 1.85, what="perte", why="Une perte aussi basse trahit une fuite de données.")
    """
    number = _number(value, what)
    if number < bound:
        shown, limit = number_text(number, bound), number_text(bound, number)
        message = f"{text('expect.at_least', what=what, bound=limit, actual=shown)} {why}".strip()
        raise CheckFailed(message, expected=f"≥ {limit}", actual=shown)


def between(value: object, low: float, high: float, *, what: str, why: str = "") -> None:
    """The value is a single finite number from `low` to `high`, both included.

    Example:
        >>> between(2.31, 1.85, 2.51, what="perte")
    """
    if not low <= high:
        raise ValueError(f"between: nothing lies from {low} to {high}")
    at_least(value, low, what=what, why=why)
    at_most(value, high, what=what, why=why)


def _number(value: object, what: str) -> float:
    array = to_array(value, what)
    check_shape(array, (), what)
    if array.kind == "bool":
        raise CheckFailed(
            text("expect.bool", what=what, actual=array.dtype), expected=text("short.numbers"), actual=array.dtype
        )
    finite(value, what=what)
    return float(array.data)


class _LastCall(Protocol):
    @property
    def modified_inputs(self) -> tuple[str | int, ...]: ...

    @property
    def inputs_with_gradient(self) -> tuple[str | int, ...]: ...


class Caller(Protocol):
    """A `student`, as far as `unchanged` needs it."""

    @property
    def last_call(self) -> _LastCall: ...


def unchanged(student: Caller, *, what: str, gradients: bool = False) -> None:
    """The student's last call left its arguments as they were.

    Args:
        student: after a call; `last_call.modified_inputs` holds names, or positions from 0, of changed arguments.
        what: name of the function that was called.
        gradients: whether a gradient left in a tensor's `.grad` is a change, too: where the exercise says so.

    Example:
        >>> unchanged(student, what="normalize_rows")      # doctest: +SKIP
    """
    modified = student.last_call.modified_inputs
    changed = modified or (student.last_call.inputs_with_gradient if gradients else ())
    if not changed:
        return
    first = str(changed[0])  # comes from the student's process: shown only in the form that a position or a name has
    if first.isascii() and first.isdecimal() and len(first) <= 2:
        argument = text("short.argument", number=int(first) + 1)
    else:
        argument = text("short.named", name=first if first.isidentifier() and len(first) <= 30 else "?")
    raise CheckFailed(
        text("expect.unchanged" if modified else "expect.no_gradient_left", what=what, argument=argument),
        expected=text("short.unchanged"),
        actual=argument,
    )
