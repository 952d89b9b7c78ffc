"""What the watcher knows of every submission, in one SQLite file beside the gradebook: it survives a kill at any moment.

The exchange is the source: a row that was lost is found there again. The verdict store says what was graded; this file only says what
became of which folder, and which page its student can fetch.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.watch.inbound import Arrival

FILE = "watch.db"
OPEN = ("queued", "waiting")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS arrival (
    name TEXT PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, stamp TEXT NOT NULL, arrived REAL NOT NULL,
    pages TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL DEFAULT '', counted REAL, key TEXT, left_out TEXT NOT NULL DEFAULT '[]',
    page TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS arrival_of_student ON arrival (student, assignment, arrived);
"""


@dataclass(frozen=True)
class Row:
    """A submission and what became of it.

    Attributes:
        arrival: as it was found.
        state: "queued", "waiting" (for the end of a cooldown), "graded", "superseded", "refused" or "aside" (for the teacher).
        why: for the teacher, where it is set aside.
        counted: the moment that its cooldown counts from, seconds since 1970, where it was graded.
        key: of its verdict in the store.
        left_out: files beside the notebook that were not collected.
        page: what its student can fetch: "" (nothing), a notice's name, or "verdict".
    """

    arrival: Arrival
    state: str
    why: str = ""
    counted: float | None = None
    key: str | None = None
    left_out: tuple[str, ...] = ()
    page: str = ""


class WatchState:
    """The file."""

    def __init__(self, root: Path) -> None:
        self._path = root / FILE
        with self._explained():
            self._db = sqlite3.connect(self._path, timeout=30.0)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
            self.names = {str(name) for (name,) in self._db.execute("SELECT name FROM arrival")}

    def __enter__(self) -> WatchState:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise MachineFault(
                f"{self._path} cannot be used: {error}",
                hint="Is the disk full, or the file not ours to write? Submissions stay in the exchange meanwhile.",
            ) from error

    def add(self, arrival: Arrival, state: str = "queued", why: str = "") -> Row:
        """Write down that a submission was seen."""
        values = (arrival.name, arrival.student, arrival.assignment, arrival.stamp.isoformat(), arrival.arrived)
        with self._explained(), self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO arrival (name, student, assignment, stamp, arrived, pages, state, why)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, json.dumps(arrival.pages), state, why),
            )
        self.names.add(arrival.name)
        return Row(arrival, state, why)

    def set(self, name: str, **values: str | float | None) -> None:
        """Change columns of a row."""
        columns = ", ".join(f"{column} = ?" for column in values)  # names of this module's own
        with self._explained(), self._db:
            self._db.execute(f"UPDATE arrival SET {columns} WHERE name = ?", (*values.values(), name))

    def rows(self, where: str = "1", *values: str) -> list[Row]:
        """Rows, oldest first."""
        query = "SELECT name, student, assignment, stamp, arrived, pages, state, why, counted, key, left_out, page FROM arrival"
        with self._explained():
            found = self._db.execute(f"{query} WHERE {where} ORDER BY arrived, stamp, name", values).fetchall()
        return [_row(row) for row in found]

    def open(self) -> list[Row]:
        """Everything that waits to be graded."""
        return self.rows("state IN (?, ?)", *OPEN)

    def counted(self, student: str, assignment: str) -> list[float]:
        """The moments of what was graded of a student's."""
        query = "SELECT counted FROM arrival WHERE student = ? AND assignment = ? AND state = 'graded'"
        with self._explained():
            return [float(row[0]) for row in self._db.execute(query, (student, assignment))]

    def unreleased(self) -> list[Row]:
        """Everything graded whose page its student does not have yet."""
        return self.rows("state = 'graded' AND page != 'verdict'")


def _row(row: tuple[object, ...]) -> Row:
    name, student, assignment, stamp, arrived, pages, state, why, counted, key, left_out, page = row
    at = datetime.fromisoformat(str(stamp))
    arrival = Arrival(
        str(name), str(student), str(assignment), at, float(str(arrived)), tuple(json.loads(str(pages))), str(why)
    )
    moment = None if counted is None else float(str(counted))
    left = tuple(json.loads(str(left_out)))
    return Row(arrival, str(state), str(why), moment, None if key is None else str(key), left, str(page))
