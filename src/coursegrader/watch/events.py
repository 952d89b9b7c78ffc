"""What the watcher tells: one record, shown as a table, a line or JSON."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

SHOWN = 18


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        kind: "started", "received", "graded", "released", "waiting", "yielded", "superseded", "refused", "aside", "fault", "note" or "stopped".
        note: for people.
        data: for programs: score, max_score, seconds.
    """

    kind: str
    student: str = ""
    assignment: str = ""
    note: str = ""
    name: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    at: str = field(default_factory=lambda: datetime.now().astimezone().isoformat(timespec="milliseconds"))


Tell = Callable[[Event], None]


def as_line(event: Event) -> str:
    """One line for a log.

    Example:
        >>> as_line(Event("graded", "lea", "01", "14/20", at="2026-12-01T10:00:00.000+01:00"))
        '10:00:00 graded     lea 01: 14/20'
    """
    who = f"{event.student} {event.assignment}".strip()
    return f"{event.at[11:19]} {event.kind:<10} {who}{': ' if who and event.note else ''}{event.note}".rstrip()


def as_json(event: Event) -> str:
    """One line for a program."""
    return json.dumps(asdict(event), ensure_ascii=False)


@contextmanager
def shown(*, json_lines: bool = False, plain: bool = False) -> Iterator[Tell]:
    """Show events: JSON lines; a live table on a terminal; plain lines elsewhere."""
    if json_lines or plain or not sys.stdout.isatty():
        form = as_json if json_lines else as_line
        yield lambda event: print(form(event), flush=True)
        return
    from rich.live import Live
    from rich.table import Table

    last: deque[Event] = deque(maxlen=SHOWN)
    counts: dict[str, int] = {}

    def table() -> Table:
        summary = ", ".join(f"{count} {kind}" for kind, count in counts.items() if kind not in ("started", "stopped"))
        made = Table(title="coursegrader watch", caption=summary or "nothing yet", expand=True)
        for column in ("time", "what", "student", "assignment", "note"):
            made.add_column(column, overflow="fold")
        for event in last:
            made.add_row(event.at[11:19], event.kind, event.student, event.assignment, event.note)
        return made

    with Live(table(), refresh_per_second=4) as live:

        def tell(event: Event) -> None:
            last.append(event)
            counts[event.kind] = counts.get(event.kind, 0) + 1
            live.update(table())

        yield tell
