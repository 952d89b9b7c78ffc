"""Rows of tables as HTML. In Python rather than in the template: a large class has a million cells, and a macro call costs ten times as much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

from markupsafe import Markup

from coursegrader.report.parts import Cell


def row_markup(row: Sequence[Cell], numeric: Collection[int] = (), *, keys: bool = False) -> Markup:
    """The cells of one row, the first as its heading.

    Args:
        numeric: columns that are set flush right.
        keys: add what the page's script sorts by.

    Example:
        >>> row_markup([Cell("<Zoé>"), Cell("7", 7.0, mood="bad")], {1}, keys=True)
        Markup('<th scope="row"><bdi>&lt;Zoé&gt;</bdi></th><td class="n bad" data-n="7.0">7</td>')
    """
    parts = []
    for place, cell in enumerate(row):
        names = " ".join(name for name in ("n" if place in numeric else "", cell.mood) if name)
        attributes = f' class="{names}"' if names else ""
        if keys and cell.sort is not None:
            number = isinstance(cell.sort, float)
            attributes += f' data-n="{cell.sort}"' if number else f' data-s="{escape(str(cell.sort))}"'
        shown = escape(cell.text)
        if cell.href:
            shown = f'<a href="{escape(cell.href)}"><bdi>{shown}</bdi></a>'
        elif place == 0:
            shown = f"<bdi>{shown}</bdi>"
        parts.append(f'<th scope="row"{attributes}>{shown}</th>' if place == 0 else f"<td{attributes}>{shown}</td>")
    return Markup("".join(parts))
