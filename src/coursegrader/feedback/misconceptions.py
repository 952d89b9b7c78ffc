"""The catalogue of known wrong answers: what probably went wrong, and what to read again."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursegrader.errors import CourseFault

_FIELDS = ("title", "text", "see")
_parsed = lru_cache(maxsize=32)(tomllib.loads)  # the same text for every page: reading TOML takes milliseconds


@dataclass(frozen=True)
class Misconception:
    """A known wrong idea behind an answer.

    Attributes:
        id: as checks name it.
        title: a few words, French.
        text: what went wrong, French.
        see: heading of the passage in the notebook to read again; may be empty.
    """

    id: str
    title: str
    text: str
    see: str


def load_misconceptions(path: Path) -> dict[str, Misconception]:
    """Read grading_tests/misconceptions/<assignment>.toml.

    Args:
        path: of a TOML file with one table `{title, text, see}` an id.

    Returns:
        Misconceptions by id; none when the file does not exist, since a course may do without.

    Raises:
        CourseFault: the file is not TOML, or a table lacks a text; all such mistakes at once.

    Example:
        >>> load_misconceptions(Path("does/not/exist.toml"))
        {}
    """
    try:
        data = _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CourseFault(f"{path} cannot be read: {error}") from error
    mistakes = [mistake for id, entry in data.items() for mistake in _mistakes(id, entry)]
    if mistakes:
        raise CourseFault.collected(f"{path}:", mistakes)
    return {id: Misconception(id, *(entry.get(name, "").strip() for name in _FIELDS)) for id, entry in data.items()}


def misconception_titles(path: Path) -> dict[str, str]:
    """Misconception -> its French title; none where the catalogue is not readable.

    `coursegrader build` says what is wrong with it; what was graded is read without.

    Example:
        >>> misconception_titles(Path("does/not/exist.toml"))
        {}
    """
    try:
        return {id: one.title for id, one in load_misconceptions(path).items()}
    except CourseFault:
        return {}


def _mistakes(id: str, entry: Any) -> list[str]:
    if type(entry) is not dict:
        return [f"{id}: not a table"]
    found = [f"{id}: no {name}" for name in ("title", "text") if not str(entry.get(name, "")).strip()]
    found += [f"{id}: {name} is not a string" for name in _FIELDS if type(entry.get(name, "")) is not str]
    return found + [f"{id}: unknown key {name}" for name in entry if name not in _FIELDS]
