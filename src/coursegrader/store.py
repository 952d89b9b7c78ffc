"""Every verdict ever given, by content: what was graded once is not graded again, and history explains a grade.

One SQLite file beside the gradebook. A verdict is found by student, assignment, submission bytes, versions of course and engine, and
isolation; history says who got which verdict when.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.verdict import Verdict

LOCKED_SECONDS = 30.0  # how long to wait for another process that writes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS verdict (
    key TEXT PRIMARY KEY, assignment TEXT NOT NULL, verdict BLOB NOT NULL, notebook BLOB, page BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, key TEXT NOT NULL, score REAL, max_score REAL,
    status TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_of_student ON history (student, assignment, number);
"""


@dataclass(frozen=True)
class Entry:
    """A verdict with the files that show it: graded notebook (JSON text; None for a submission that could not be read) and page (HTML)."""

    verdict: Verdict
    notebook: str | None
    page: str


@dataclass(frozen=True)
class HistoryRow:
    """One line of a student's history: which verdict, how many points, when (UTC); no points where the machine failed ("fault")."""

    student: str
    assignment: str
    key: str
    score: float | None
    max_score: float | None
    status: str
    at: datetime


def key_of(
    student: str, assignment: str, submission: str, course_version: str, engine_version: str, isolation: str
) -> str:
    """The address of a verdict: equal addresses mean equal verdicts."""
    return json.dumps([student, assignment, submission, course_version, engine_version, isolation], ensure_ascii=False)


class VerdictStore:
    """The verdicts of a course, in one file.

    Example:
        >>> with VerdictStore(Path("verdicts.db")) as store:              # doctest: +SKIP
        ...     store.find(key)
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._db = sqlite3.connect(path, timeout=LOCKED_SECONDS)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
            # a table of this name may be another program's
            self._db.execute("SELECT verdict, notebook, page FROM verdict LIMIT 0")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise MachineFault(
                f"{self._path} cannot be used as the store of verdicts: {error}",
                hint="Is another grading running, the disk full, or the file not ours to write? "
                "A broken one can be moved away: grading makes a new one.",
            ) from error

    def __enter__(self) -> VerdictStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def find(self, key: str) -> Entry | None:
        """The verdict of that address; None when there is none, or one that an older version of the schema wrote."""
        with self._explained():
            row = self._db.execute("SELECT verdict, notebook, page FROM verdict WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            texts = [zlib.decompress(part).decode() if part is not None else None for part in row]
            return Entry(Verdict.from_json(texts[0] or ""), texts[1], texts[2] or "")
        except (ValueError, zlib.error, TypeError, KeyError, AttributeError):
            return None

    def add(self, key: str, entry: Entry) -> None:
        """Keep a verdict under its address."""
        texts = (entry.verdict.to_json(), entry.notebook, entry.page)
        packed = [zlib.compress(part.encode(), 1) if part is not None else None for part in texts]
        with self._explained(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO verdict (key, assignment, verdict, notebook, page) VALUES (?, ?, ?, ?, ?)",
                (key, entry.verdict.assignment, *packed),
            )

    def current(self, student: str, assignment: str) -> str | None:
        """The address of the verdict that stands for a student's assignment; "" where the machine failed since."""
        query = "SELECT key FROM history WHERE student = ? AND assignment = ? ORDER BY number DESC LIMIT 1"
        with self._explained():
            row = self._db.execute(query, (student, assignment)).fetchone()
        return str(row[0]) if row is not None else None

    def efforts(self, assignment: str) -> Iterator[tuple[str, tuple[float, int]]]:
        """Of every student's last verdict: seconds it took, and how many cells and calls hit a limit."""
        query = """
            SELECT history.student, verdict.verdict FROM history JOIN verdict ON verdict.key = history.key
            WHERE history.number IN (SELECT max(number) FROM history WHERE assignment = ? AND key != '' GROUP BY student)"""
        with self._explained():
            for student, packed in self._db.execute(query, (assignment,)):
                try:
                    timing = json.loads(zlib.decompress(packed))["timing"]
                    yield str(student), (float(timing.get("total", 0.0)), int(timing.get("limits_hit", 0)))
                except (ValueError, zlib.error, TypeError, KeyError, AttributeError):
                    continue

    def record(self, verdict: Verdict, key: str) -> None:
        """Write down that this verdict now stands."""
        self._append(verdict.student, verdict.assignment, key, verdict.score, verdict.max_score, verdict.status)

    def record_fault(self, student: str, assignment: str) -> None:
        """Write down that the machine failed, so that the next run writes the student's rows again."""
        self._append(student, assignment, "", None, None, "fault")

    def _append(self, *row: str | float | None) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._explained(), self._db:
            self._db.execute(
                "INSERT INTO history (student, assignment, key, score, max_score, status, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, now),
            )

    def history(self, student: str, assignment: str | None = None) -> Iterator[HistoryRow]:
        """Every verdict a student got, oldest first."""
        query = "SELECT student, assignment, key, score, max_score, status, at FROM history WHERE student = ?"
        values: tuple[str, ...] = (student,)
        if assignment is not None:
            query, values = f"{query} AND assignment = ?", (student, assignment)
        with self._explained():
            rows = self._db.execute(query + " ORDER BY number", values).fetchall()
        for row in rows:
            student, assignment, key, score, max_score, status, at = row
            yield HistoryRow(student, assignment, key, score, max_score, status, datetime.fromisoformat(at))
