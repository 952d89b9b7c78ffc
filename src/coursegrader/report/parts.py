"""What a page is made of: sections with a chart, its table, and sentences. Plain data, so that a test can read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Chart:
    """A chart for plotly.js, and the same in a sentence for who cannot see it. `height` in CSS pixels."""

    id: str
    summary: str
    figure: dict[str, Any]
    height: int


@dataclass(frozen=True)
class Cell:
    """One cell: its text, what it is sorted by, an address it leads to, a mood ("good", "mid", "bad") that colours it besides its text."""

    text: str
    sort: float | str | None = None
    href: str = ""
    mood: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first cell of a row is its heading. `numeric`: columns set flush right."""

    id: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    sortable: bool = False
    searchable: bool = False
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A heading with what belongs to it."""

    id: str
    title: str
    intro: tuple[str, ...] = ()
    chart: Chart | None = None
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """One figure at a glance."""

    value: str
    label: str
    mood: str = ""


@dataclass(frozen=True)
class ClassView:
    """The whole page of a class."""

    language: str
    course: str
    title: str
    lead: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    footer: tuple[str, ...] = field(default=())
