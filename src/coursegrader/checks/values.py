"""A student's value as numbers that are safe to compare: float64, int64 or bool, judged on exact base types.

Nothing here calls a method of a type that it does not know: `type(value)` is compared by identity, never a subclass, so
that an object which lies about its `__eq__`, `__float__` or `__array__` is refused before it is asked anything. Lists
are walked under a budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from coursegrader.checks.errors import CheckFailed
from coursegrader.messages import text

MAX_DEPTH = 8  # nesting of lists, and rank of arrays
MAX_ITEMS = 1_000_000  # visited in nested lists
MAX_ELEMENTS = 1 << 24  # of one array: 128 MiB as float64

Numbers = np.ndarray[Any, np.dtype[Any]]

_NAMES: dict[type, str] = {
    type(None): "none", bool: "bool", int: "int", float: "float", complex: "complex", str: "str", list: "list",
    tuple: "tuple", dict: "dict", set: "set", frozenset: "set", np.ndarray: "ndarray", torch.Tensor: "tensor",
}  # fmt: skip
_TORCH_DTYPES = {
    torch.bool, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32,
    torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64,
}  # fmt: skip
_COMPLEX_DTYPES = {torch.complex32, torch.complex64, torch.complex128}


@dataclass(frozen=True)
class Array:
    """Numbers out of a value.

    Attributes:
        data: bool, int64 or float64, of the value's shape; a copy or a view that is only read.
        kind: "bool", "int", "float", or "empty" for a list without a number in it, which is as much one as another.
        dtype: the value's own type of numbers, as the student would write it: "torch.float32", or "float32" in
            NumPy, or "float" in Python.
    """

    data: Numbers
    kind: str
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, () for a single number."""
        return tuple(self.data.shape)


def to_array(value: object, what: str) -> Array:
    """The numbers of a bool, int, float, list, tuple, NumPy array or torch tensor.

    Lists may hold numbers, lists, arrays and tensors, all of one shape. `requires_grad` does not matter; bfloat16 and
    any width of int or float are widened. Booleans are not numbers: they come as kind "bool", and a mixture of both is
    refused.

    Args:
        value: what the student's function returned.
        what: its name, for messages.

    Raises:
        CheckFailed: no numbers, or none that can be compared: another type, text, complex, ragged lists, too large.

    Example:
        >>> to_array([[1, 2], [3, 4]], "x").shape
        (2, 2)
    """
    return _Walk(what).convert(value, 0)


def type_text(value: object) -> str:
    """The type of a value in words; an unknown type is not named, since its name is the student's to choose.

    Example:
        >>> type_text(None)
        'rien (None)'
    """
    return kind_text(type(value))


def kind_text(kind: type) -> str:
    """A type in words."""
    return text(f"types.{next((name for known, name in _NAMES.items() if kind is known), 'other')}")


def is_exactly(value: object, *kinds: type) -> bool:
    """Whether a value's type is one of these, by identity: ``in`` would ask a metaclass's ``__eq__``.

    Example:
        >>> is_exactly(True, int, float)
        False
    """
    return any(type(value) is kind for kind in kinds)


class _Walk:
    """One conversion: how much it has visited so far, and how its failures are told."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._items = 0
        self._elements = 0

    def convert(self, value: object, depth: int) -> Array:
        if type(value) is torch.Tensor:
            return self._tensor(value)
        if type(value) is np.ndarray:
            return self._ndarray(value, "")
        if type(value) is list or type(value) is tuple:
            return self._sequence(value, depth)
        if is_exactly(value, bool, int, float):
            return self._scalars(value, type(value), ())
        raise self._refusal(value, depth)

    def _tensor(self, value: torch.Tensor) -> Array:
        if value.dtype in _COMPLEX_DTYPES:
            raise self._failure(text("expect.complex", what=self._what), str(value.dtype))
        if value.dtype not in _TORCH_DTYPES or value.device.type == "meta":
            raise self._odd(str(value.dtype))
        self._limit(int(torch.Tensor.numel(value)))
        # Unbound methods: an attribute set on the instance cannot stand in for them.
        plain = torch.Tensor.cpu(torch.Tensor.detach(value))
        if plain.layout is not torch.strided:
            plain = torch.Tensor.to_dense(plain)
        if plain.dtype is torch.bfloat16:
            plain = torch.Tensor.double(plain)
        return self._ndarray(torch.Tensor.resolve_neg(plain).numpy(), str(value.dtype))

    def _ndarray(self, value: Numbers, name: str) -> Array:
        dtype = value.dtype
        if dtype.kind == "c":
            raise self._failure(text("expect.complex", what=self._what), dtype.name)
        if dtype.kind not in "biuf" or dtype.itemsize > 8:
            raise self._odd(str(dtype))
        self._limit(value.size)
        name = name or dtype.name
        if dtype.kind == "b":
            return Array(value, "bool", name)
        if dtype.kind == "f":
            return Array(value.astype(np.float64), "float", name)
        if dtype.kind == "u" and value.size and int(value.max()) > np.iinfo(np.int64).max:
            raise self._failure(text("expect.huge_integer", what=self._what), name)
        return Array(value.astype(np.int64), "int", name)

    def _sequence(self, value: list[object] | tuple[object, ...], depth: int) -> Array:
        if depth >= MAX_DEPTH:
            raise self._failure(text("expect.too_deep", what=self._what, limit=MAX_DEPTH))
        self._items += len(value)
        if self._items > MAX_ITEMS:
            raise self._failure(text("expect.too_large", what=self._what))
        if not value:
            return Array(np.zeros(0), "empty", "list")
        kind = _common_kind(value)
        if kind is not None:
            return self._scalars(value, kind, (len(value),))
        parts: list[Array] = []
        for item in value:
            part = self.convert(item, depth + 1)
            if parts and part.shape != parts[0].shape:
                raise self._failure(text("expect.ragged", what=self._what))
            parts.append(part)
        return _joined(parts, self._what)

    def _scalars(self, value: Any, kind: type, shape: tuple[int, ...]) -> Array:
        """Python scalars of one exact type, or a single one."""
        dtypes: dict[type, type] = {bool: np.bool_, int: np.int64, float: np.float64}
        try:
            return Array(np.array(value, dtype=dtypes[kind]).reshape(shape), kind.__name__, kind.__name__)
        except OverflowError:
            raise self._failure(text("expect.huge_integer", what=self._what), "int") from None

    def _refusal(self, value: object, depth: int) -> CheckFailed:
        if value is None and depth == 0:
            return self._failure(text("expect.nothing_returned", what=self._what), "None")
        actual = type_text(value)
        if type(value) is complex:
            return self._failure(text("expect.complex", what=self._what), actual)
        key = "expect.no_numbers" if depth == 0 else "expect.no_numbers_inside"
        return self._failure(text(key, what=self._what, actual=actual), actual)

    def _odd(self, dtype: str) -> CheckFailed:
        return self._failure(text("expect.odd_dtype", what=self._what, dtype=dtype[:30]), dtype[:30])

    def _limit(self, elements: int) -> None:
        self._elements += elements
        if self._elements > MAX_ELEMENTS:
            raise self._failure(text("expect.too_large", what=self._what))

    def _failure(self, message: str, actual: str | None = None) -> CheckFailed:
        return CheckFailed(message, expected=text("short.numbers"), actual=actual)


def _common_kind(items: list[object] | tuple[object, ...]) -> type | None:
    """The type of Python scalars that these items are, float for a mixture with int; None for anything else."""
    if all(type(item) is bool for item in items):
        return bool
    if not all(type(item) is int or type(item) is float for item in items):
        return None
    return float if any(type(item) is float for item in items) else int


def _joined(parts: list[Array], what: str) -> Array:
    kinds = {part.kind for part in parts} - {"empty"}
    if "bool" in kinds and len(kinds) > 1:
        raise CheckFailed(text("expect.mixed_bool", what=what), expected=text("short.numbers"), actual="bool")
    kind = "float" if "float" in kinds else next(iter(kinds), "empty")
    dtypes = {part.dtype for part in parts if part.kind == kind}
    return Array(np.stack([part.data for part in parts]), kind, " / ".join(sorted(dtypes)))
