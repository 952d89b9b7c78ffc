"""Comparing code without its looks: spaces, line breaks, quotes and trailing commas removed, line numbers kept."""

from __future__ import annotations

import bisect
import io
import re
import tokenize
from collections.abc import Iterator

QUOTES = str.maketrans({"'": '"', "’": '"', "‘": '"'})
SPACES = re.compile(r"\s+")
LAST_COMMA = re.compile(r",+(?=[)\]}])")


def squeeze(text: str) -> str:
    """A text without its looks.

    Example:
        >>> squeeze("f( 'a',\\n   b,\\n)")
        'f("a",b)'
    """
    return LAST_COMMA.sub("", SPACES.sub("", text).translate(QUOTES))


class Squeezed:
    """A squeezed text that still knows the line of every character.

    Example:
        >>> text = Squeezed("x = 1\\ny  =  2")
        >>> text.line_of("y=2"), text.line_of("z")
        (2, None)
    """

    def __init__(self, text: str) -> None:
        pieces = [squeeze(line) for line in text.splitlines()]
        for number, piece in enumerate(pieces):
            if piece[:1] in {")", "]", "}"}:
                _drop_last_commas(pieces, number)
        self._starts: list[int] = []
        length = 0
        for piece in pieces:
            self._starts.append(length)
            length += len(piece)
        self.text = "".join(pieces)

    def line_of(self, needle: str) -> int | None:
        """The line, counted from 1, where a squeezed needle starts; None if it is not there."""
        offset = self.text.find(needle)
        return None if offset < 0 else bisect.bisect_right(self._starts, offset)


def _drop_last_commas(pieces: list[str], end: int) -> None:
    """A closing bracket at the start of a line makes the comma on the line above it a trailing one."""
    for number in reversed(range(end)):
        pieces[number] = pieces[number].rstrip(",")
        if pieces[number]:
            return


def code_lines(code: str) -> Iterator[tuple[int, str]]:
    """Number and code of every line of a piece of Python, without comments, imports and blank lines.

    Lines inside a longer string count as code. Code that cannot be tokenized is taken line by line as it is.

    Example:
        >>> list(code_lines("import math\\nx = 1  # one\\n# two\\ny = 2"))
        [(2, 'x = 1'), (4, 'y = 2')]
    """
    lines = code.splitlines()
    for number, column in _comments(code):
        lines[number - 1] = lines[number - 1][:column]
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith(("import ", "from ")):
            yield number, line.strip()


def comments(code: str) -> Iterator[tuple[int, str]]:
    """Number and text of every comment, without its mark.

    Example:
        >>> list(comments("x = 1  # one"))
        [(1, 'one')]
    """
    lines = code.splitlines()
    for number, column in _comments(code):
        yield number, lines[number - 1][column:].lstrip("# ").strip()


def _comments(code: str) -> list[tuple[int, int]]:
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code + "\n").readline):
            if token.type == tokenize.COMMENT:
                found.append(token.start)
    except (tokenize.TokenError, IndentationError):
        pass  # a body cut out of its function may be no complete program; what was found so far counts
    return found
