"""Reading limits: plain positive numbers, with the unit in the name of the key."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.model import Limits

SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "ms": 1e-3,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "hours": 3600,
}
SIZES = {"b": 2**-10, "bytes": 2**-10, "k": 1, "kb": 1, "kib": 1, "m": 2**10, "mb": 2**10, "mib": 2**10}
SIZES |= {"g": 2**20, "gb": 2**20, "gib": 2**20}
UNITS = {"seconds": (SECONDS, "seconds"), "mb": (SIZES, "megabytes"), "kb": (SIZES, "kilobytes")}
KINDS = {field.name: field.type for field in dataclasses.fields(Limits)}


def read_limits(data: Any, where: str, base: Limits, mistakes: Mistakes) -> Limits:
    """`base` with what `data` changes.

    Args:
        data: a dict such as {"memory_mb": 512}.
        where: named in every mistake.
        base: the values of the keys that `data` leaves out.
        mistakes: receives what is wrong; a wrong key keeps the value of `base`.
    """
    if not isinstance(data, dict):
        mistakes.add(where, f'{data!r} is no dict; write {{"memory_mb": 2048}}')
        return base
    values: dict[str, float] = {}
    for key, value in data.items():
        if key not in KINDS:
            mistakes.add(f"{where}, {key}", _unknown(str(key), value))
        elif problem := _wrong_value(key, value):
            mistakes.add(f"{where}, {key}", problem)
        else:
            values[key] = float(value) if KINDS[key] == "float" else int(value)
    limits = dataclasses.replace(base, **values)  # type: ignore[arg-type]
    for key in ("call_seconds", "cell_seconds"):
        if getattr(limits, key) > limits.submission_seconds:
            mistakes.add(f"{where}, {key}", f"more than submission_seconds ({limits.submission_seconds:g}); lower it")
    return limits


def _wrong_value(key: str, value: Any) -> str | None:
    unit = _unit(key)
    noun = UNITS[unit][1] if unit else "a whole number" if KINDS[key] == "int" else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is no number; write a plain number of {noun}, without a unit"
    if not math.isfinite(value) or value <= 0:
        return f"{value!r} is not positive; write a number above 0"
    if KINDS[key] == "int" and value != int(value):
        return f"{value!r} is no whole number; write {math.ceil(value)}"
    return None


def _unknown(key: str, value: Any) -> str:
    """What to write instead: the same limit in its own unit, or the closest name."""
    stem, _, ending = key.rpartition("_")
    for name in KINDS:
        unit = _unit(name)
        if unit is None:
            continue
        own_stem = name.removesuffix(f"_{unit}")
        if key == own_stem:
            return f'has no unit; write "{name}"'
        factors = UNITS[unit][0]
        if stem == own_stem and ending.lower() in factors:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return f'wrong unit; write "{name}"'
            return f'wrong unit; write "{name}": {value * factors[ending.lower()] / factors[unit]:g}'
    return f"unknown limit. {did_you_mean(key, KINDS)}"


def _unit(key: str) -> str | None:
    ending = key.rpartition("_")[2]
    return ending if ending in UNITS else None
