"""What runs now and what ran last, for `coursegrader status`: a row a run, in the store of verdicts.

A coordinator writes its row once a second at most. A row says nothing about a grade; where it cannot be written, grading goes on.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coursegrader.errors import MachineFault

EVERY_SECONDS = 1.0
LOCKED_SECONDS = 1.0
KEPT = 1000  # rows

_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY, assignment TEXT NOT NULL, host TEXT NOT NULL, process INTEGER NOT NULL, began REAL NOT NULL,
    place TEXT NOT NULL, started TEXT NOT NULL, seen TEXT NOT NULL, ended TEXT, total INTEGER NOT NULL, graded INTEGER NOT NULL,
    unchanged INTEGER NOT NULL, faults INTEGER NOT NULL, yielded INTEGER NOT NULL, seconds REAL NOT NULL
)
"""


@dataclass
class Counts:
    """How far a run is: submissions in all, and what became of them; how often one yielded its place."""

    total: int = 0
    graded: int = 0
    unchanged: int = 0
    faults: int = 0
    yielded: int = 0


@dataclass(frozen=True)
class RunRow:
    """A run as `status` shows it. Times are UTC; `running` when its process still exists on this machine."""

    assignment: str
    host: str
    process: int
    place: str
    started: datetime
    seen: datetime
    ended: datetime | None
    counts: Counts
    seconds: float
    running: bool


class RunLog:
    """Writes one run's row.

    Args:
        path: the store of verdicts.
        assignment: id.
        place: where tasks run: "local", or the scheduler's address.

    Example:
        >>> with RunLog(Path("verdicts.db"), "01-compter-generer", "local") as runs:        # doctest: +SKIP
        ...     runs.say(Counts(total=3, graded=1))
    """

    def __init__(self, path: Path, assignment: str, place: str) -> None:
        self._path, self._assignment, self._place = path, assignment, place
        self._db: sqlite3.Connection | None = None
        self._number = 0
        self._said = self._began = time.monotonic()
        self._counts = Counts()

    def __enter__(self) -> RunLog:
        with suppress(sqlite3.Error):
            self._db = sqlite3.connect(self._path, timeout=LOCKED_SECONDS)
            with self._db:
                self._db.execute(_SCHEMA)
                now = _now()
                row = (self._assignment, socket.gethostname(), os.getpid(), _began(os.getpid()), self._place, now, now)
                cursor = self._db.execute(
                    "INSERT INTO run VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL, 0, 0, 0, 0, 0, 0)", row
                )
                self._number = cursor.lastrowid or 0
                self._db.execute("DELETE FROM run WHERE number <= ?", (self._number - KEPT,))
        return self

    def __exit__(self, *_: object) -> None:
        self._write(ended=True)
        if self._db is not None:
            self._db.close()

    def say(self, counts: Counts) -> None:
        """Note how far the run is."""
        self._counts = counts
        if time.monotonic() - self._said >= EVERY_SECONDS:
            self._write(ended=False)

    def _write(self, ended: bool) -> None:
        self._said = time.monotonic()
        counts, now = self._counts, _now()
        if self._db is None:
            return
        with suppress(sqlite3.Error), self._db:
            self._db.execute(
                "UPDATE run SET seen = ?, ended = ?, total = ?, graded = ?, unchanged = ?, faults = ?, yielded = ?, seconds = ? "
                "WHERE number = ?",
                (now, now if ended else None, counts.total, counts.graded, counts.unchanged, counts.faults, counts.yielded,
                 self._said - self._began, self._number),
            )  # fmt: skip


def last_runs(path: Path, number: int = 10) -> Iterator[RunRow]:
    """The last runs, newest first; none where there is no store yet.

    Raises:
        MachineFault: the store cannot be read.
    """
    if not path.is_file():
        return
    columns = "assignment, host, process, began, place, started, seen, ended, total, graded, unchanged, faults, yielded, seconds"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone():
                return
            rows = db.execute(f"SELECT {columns} FROM run ORDER BY number DESC LIMIT ?", (number,)).fetchall()
    except sqlite3.Error as error:
        raise MachineFault(f"{path} cannot be read: {error}", hint="Is it the course's store of verdicts?") from error
    for assignment, host, process, began, place, started, seen, ended, *counts, seconds in rows:
        here = host == socket.gethostname()
        running = ended is None and here and _began(process) == began
        end = datetime.fromisoformat(ended) if ended else None
        start, last = datetime.fromisoformat(started), datetime.fromisoformat(seen)
        yield RunRow(assignment, host, process, place, start, last, end, Counts(*counts), seconds, running)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _began(process: int) -> float:
    """When a process began, in ticks since the machine did; 0 where there is none. Tells it from a later one of the same number."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return float(fields[19])
