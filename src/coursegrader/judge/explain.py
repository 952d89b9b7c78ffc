"""What a student reads when a call into their code gave no value.

Of an exception raised during a hidden call only the kind and the line of the student's own cell are told: its text could carry the
hidden inputs out (`raise ValueError(words)`), and so could a class of the student's own naming.
"""

from __future__ import annotations

import builtins
import re
from typing import Any

from coursegrader.checks import StudentError
from coursegrader.messages import has_text, text
from coursegrader.snapshot import CallFailed

_KINDS = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
}


def explain(failure: CallFailed, name: str, *, of_object: bool = False) -> StudentError:
    """The student's error for a failed call of `name`.

    Args:
        of_object: `name` is an attribute or a method of an object of the student's, and no name of the notebook.

    Example:
        >>> explain(CallFailed("missing"), "count_bigrams").reason
        'missing'
    """
    details = failure.details
    if failure.reason == "raised":
        return StudentError("raised", _raised(name, details))
    if failure.reason == "timeout":
        waited = "session.timeout_threads" if details.get("threads") else "session.timeout"
        return StudentError("timeout", text(waited, name=name, seconds=f"{details.get('seconds', 0):g}"))
    if failure.reason == "unsupported":
        return StudentError("unsupported", _unsupported(name, details))
    elsewhere = details.get("elsewhere", "")
    not_done = "session.not_done_elsewhere" if elsewhere else "session.not_done"
    missing = "session.missing_attribute" if of_object else "session.missing"
    key = {"missing": missing, "not_done": not_done}.get(failure.reason, "session.stopped_call")
    return StudentError(failure.reason, text(key, name=name, elsewhere=elsewhere))


# What the encoder says of a value that does not travel -> what the student is told. Nothing else that comes from there is repeated.
_REASONS = {
    "too many items": "session.too_large",
    "too large": "session.too_large",
    "text too long": "session.too_large",
    "outside 64 bits": "session.huge_integer",
    "nested too deeply": "session.too_deep",
    "as a key": "session.odd_key",
    "not a value": "session.generator",
}


def _unsupported(name: str, details: dict[str, Any]) -> str:
    why = details.get("why")
    known = _REASONS.get(why) if isinstance(why, str) else None
    if isinstance(why, str) and why.startswith("dtype "):
        known = "session.odd_dtype"
    return text(known or "session.unsupported", name=name, type=_identifier(details.get("type")))


# Python's own words for a value that is called: of them only that they were said is told, nothing that stands in them.
_NOT_CALLABLE = re.compile(r"'\w+' object is not callable")


def _raised(name: str, details: dict[str, Any]) -> str:
    kind = next((kind for kind in details.get("builtin", ()) if kind in _KINDS), "Exception")
    key = f"exceptions.{kind}"
    if kind == "TypeError" and _NOT_CALLABLE.fullmatch(str(details.get("message", ""))):
        key = "exceptions.not_callable"
    hint = text(key) if has_text(key) else text("exceptions.other")
    cell, line = details.get("cell"), details.get("line")
    if cell == name and type(line) is int and 0 < line < 10_000:
        return text("session.raised_at", name=name, kind=kind, line=line, hint=hint)
    if details.get("elsewhere"):
        return text("session.raised_elsewhere", name=name, kind=kind, elsewhere=details["elsewhere"], hint=hint)
    return text("session.raised", name=name, kind=kind, hint=hint)


def _identifier(value: Any) -> str:
    """A type's name, if it is one that Python or torch knows; a name of the student's own could carry hidden values."""
    return value if isinstance(value, str) and value in _TYPES else "object"


_TYPES = {
    "generator", "function", "method", "map", "filter", "zip", "range", "set", "frozenset", "bytes", "complex", "type",
    "module", "Counter", "defaultdict", "OrderedDict", "DataFrame", "Series", "Tensor", "Parameter", "ndarray", "Generator",
    "Sequential", "Linear", "int", "str", "list", "dict", "tuple", "deque", "array", "dict_keys", "dict_values",
    "dict_items", "enumerate", "reversed", "coroutine",
}  # fmt: skip
