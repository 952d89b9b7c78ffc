"""HTML that a student's code displayed, reduced to tables and plain prose.

The list of what may stay is short on purpose. No element carries a class, an id, a style or an address, so that an
output can neither dress up as a part of the page nor fetch anything. No formatting element (`b`, `a`, `font`, …) stays
either: parsers reopen those in every paragraph, which lets 20 KB of input grow to gigabytes. `div` is left out so that
no output can close the box that holds it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Any

from bleach.html5lib_shim import Filter  # type: ignore[import-untyped]
from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]
from markupsafe import Markup

from coursegrader.feedback.plain import visible

MAX_CHARS = 60_000
MAX_TAGS = 4_000
_MAX_SPAN = 100

_TABLES = {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
_PROSE = {"p", "br", "hr", "span", "ul", "ol", "li", "dl", "dt", "dd", "pre", "sub", "sup"}
TAGS = frozenset(_TABLES | _PROSE)
_DROPPED = frozenset({"style", "script"})  # parsed as such so that their text goes with them


def is_too_large(value: str) -> bool:
    """Whether HTML is not worth the time that parsing it may take, which grows with the square of open elements."""
    return len(value) > MAX_CHARS or value.count("<") > MAX_TAGS


def clean_html(value: str) -> Markup:
    """Sanitized HTML of an output.

    Args:
        value: `text/html` of an output, anything at all.

    Returns:
        Markup with elements of `TAGS` only, attributes `colspan`, `rowspan` and `scope` only.

    Raises:
        ValueError: see `is_too_large`.

    Example:
        >>> clean_html('<td onclick="x()">1</td><script>x()</script>')
        Markup('1')
    """
    if is_too_large(value):
        raise ValueError("too large to be parsed")
    cleaner = Cleaner(
        tags=TAGS | _DROPPED,
        attributes=_attribute,
        protocols=(),
        strip=True,
        strip_comments=True,
        filters=[_DropAndShow],
    )
    return Markup(cleaner.clean(visible(value)))  # the one place where student HTML becomes markup


def _attribute(tag: str, name: str, value: str) -> bool:
    if tag not in ("td", "th"):
        return False
    if name in ("colspan", "rowspan"):
        return value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= _MAX_SPAN
    return tag == "th" and name == "scope" and value in ("row", "col", "rowgroup", "colgroup")


class _DropAndShow(Filter):  # type: ignore[misc]
    """Last step: drops scripts and styles with their text, shows invisible characters, gives table headers a scope."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        depth, in_head = 0, False
        tokens: Iterable[dict[str, Any]] = super().__iter__()
        for token in tokens:
            kind, name = token["type"], token.get("name")
            if name in _DROPPED and kind in ("StartTag", "EndTag", "EmptyTag"):
                depth += {"StartTag": 1, "EndTag": -1}.get(kind, 0)
                continue
            if depth:
                continue
            if name == "thead" and kind in ("StartTag", "EndTag"):
                in_head = kind == "StartTag"
            yield _finished(token, in_head)


def _finished(token: dict[str, Any], in_head: bool) -> dict[str, Any]:
    kind = token["type"]
    if kind == "Entity":
        return {"type": "Characters", "data": visible(html.unescape(f"&{token['name']};"))}
    if kind in ("Characters", "SpaceCharacters"):
        return {**token, "data": visible(token["data"])}
    if kind == "StartTag" and token["name"] == "th":
        token["data"].setdefault((None, "scope"), "col" if in_head else "row")
    return token
