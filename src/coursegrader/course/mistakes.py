"""Collecting an author's mistakes and saying what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 30  # known words at most, of a class of thousands


class Mistakes:
    """A list of mistakes, each with the place where it stands.

    Example:
        >>> mistakes = Mistakes()
        >>> mistakes.add("COURSE, seed", "missing")
        >>> list(mistakes.items)
        ['COURSE, seed: missing']
    """

    def __init__(self) -> None:
        self.items: list[str] = []

    def add(self, where: str, text: str) -> None:
        """Note one mistake."""
        self.items.append(f"{where}: {text}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The closest known word, or all of them.

    Example:
        >>> did_you_mean("titel", ["title", "due"])
        'Did you mean "title"?'
        >>> did_you_mean("zzz", ["title", "due"])
        'Known: title, due.'
        >>> did_you_mean("zzz", [f"s{number}" for number in range(10_000)])[-27:]
        's28, s29 and 9970 others.'
    """
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    if not choices:
        return "None is known."
    others = f" and {len(choices) - SHOWN} others" if len(choices) > SHOWN else ""
    return f"Known: {', '.join(choices[:SHOWN])}{others}."
