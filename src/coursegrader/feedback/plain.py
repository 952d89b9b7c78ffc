"""Student text made fit for reading: no terminal codes, nothing invisible, nothing endless.

Nothing here makes text safe for HTML: the template engine escapes it later. What is done here keeps a text from
misleading its reader (bidirectional controls can make code read differently than it runs: Boucher and Anderson, "Trojan
Source", 2021) and from drowning the page.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from markupsafe import Markup, escape

EVIDENCE_CHARS = 300
BLOCK_CHARS = 8_000
BLOCK_LINES = 150
_COMBINING_RUN = 6

_ANSI = re.compile(
    r"""
    \x1b \[ [0-?]* [ -/]* [@-~]               # control sequences: colours, cursor
    | \x1b [\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ )?   # strings: window title, hyperlink
    | \x1b [ -/]* [0-~]                       # two-character escapes
    | \x9b [0-?]* [ -/]* [@-~]                # the same control sequences with the 8-bit introducer
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"[\n\t\x20-\x7e\xa0-\xac\xae-\u02ff]*")
_SPACED = re.compile(r" (?=[:;!?»])|(?<=«) ")
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them


@dataclass(frozen=True)
class Excerpt:
    """The beginning and the end of a text; `dropped` characters stood between them. Uncut, it has no `tail`."""

    head: str
    tail: str = ""
    dropped: int = 0


def strip_ansi(value: str) -> str:
    r"""Remove terminal escape sequences.

    Example:
        >>> strip_ansi("\x1b[0;31mNameError\x1b[0m")
        'NameError'
    """
    return _ANSI.sub("", value) if "\x1b" in value or "\x9b" in value else value


def overprint(value: str) -> str:
    r"""What a terminal shows after carriage returns: a progress bar's last state only.

    Example:
        >>> overprint("10 %\r50 %\r99 %\ndone\r\n")
        '99 %\ndone\n'
    """
    if "\r" not in value:
        return value
    lines = value.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)


def visible(value: str) -> str:
    r"""Show what would be invisible or would reorder the line: controls, bidirectional marks, lone surrogates.

    Combining marks stop after six in a row, so that a line stays within its line.

    Example:
        >>> visible("a\x00b\u202ec")
        'a␀b⟨U+202E⟩c'
    """
    if _PLAIN.fullmatch(value):
        return value
    shown: list[str] = []
    marks = 0
    for char in value:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _COMBINING_RUN:
            shown.append(_shown(char, category))
    return "".join(shown)


def _shown(char: str, category: str) -> str:
    code = ord(char)
    if char in "\n\t" or char in _JOINERS:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or (category == "Cn" and (code & 0xFFFE) == 0xFFFE):
        return f"⟨U+{code:04X}⟩"
    return char


def shorten(value: str, limit: int = EVIDENCE_CHARS) -> str:
    """One short text, fit for a sentence.

    Args:
        limit: characters kept, the mark of the cut included.

    Example:
        >>> shorten("abcdef", 4)
        'abc…'
    """
    clean = visible(strip_ansi(value[: limit * 8])).strip()
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def excerpt(value: str, chars: int = BLOCK_CHARS, lines: int = BLOCK_LINES, *, keep_end: bool = True) -> Excerpt:
    """A text of any size, cut to what a page can show.

    Args:
        chars, lines: kept at most, before invisible characters are spelled out.
        keep_end: keep the beginning and the end, half each; otherwise the beginning only.

    Example:
        >>> excerpt("abcdefgh", chars=4)
        Excerpt(head='ab', tail='gh', dropped=4)
    """
    total = len(value)
    if total <= 8 * chars:
        first = last = _as_on_terminal(value)
        if len(first) <= chars and first.count("\n") < lines:
            return Excerpt(visible(first))
    else:  # bound the work: a text this long is cut whatever terminal codes it holds
        first, last = _as_on_terminal(value[: 4 * chars]), _as_on_terminal(value[-4 * chars :])
    share, rows = (chars // 2, lines // 2) if keep_end else (chars, lines)
    head = "\n".join(first[:share].split("\n")[:rows])
    tail = "\n".join(last[-share:].split("\n")[-rows:]) if keep_end else ""
    return Excerpt(visible(head), visible(tail), max(total - len(head) - len(tail), 1))


def _as_on_terminal(value: str) -> str:
    return overprint(strip_ansi(value)).rstrip("\n")


def typeset(value: str) -> str:
    r"""French typography: no line breaks before high punctuation or inside guillemets.

    Example:
        >>> typeset("Attendu : « a »")
        'Attendu\xa0: «\xa0a\xa0»'
    """
    return _SPACED.sub("\u00a0", value)


def marked_up(value: str) -> Markup:
    r"""A text of the course's author: French typography, and what stands between backticks as code. Everything else is escaped.

    Example:
        >>> marked_up("`itos` <b>")
        Markup('<code>itos</code> &lt;b&gt;')
    """
    parts = re.split(r"`([^`]+)`", value)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(typeset(part))
        for number, part in enumerate(parts)
    )


def grouped(number: int) -> str:
    r"""A count in French: thousands set apart by a narrow no-break space.

    Example:
        >>> grouped(12345)
        '12\u202f345'
    """
    return f"{number:,}".replace(",", "\u202f")


def decimal(value: float) -> str:
    r"""A number of points in French, at most two decimals.

    Example:
        >>> decimal(2.5), decimal(3.0), decimal(2 / 3)
        ('2,5', '3', '0,67')
    """
    return f"{round(value, 2) + 0.0:g}".replace(".", ",")
