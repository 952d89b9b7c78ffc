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

from coursegrader import store_schema
from coursegrader.archive import Archive
from coursegrader.errors import MachineFault
from coursegrader.verdict import Effort, Verdict

LOCKED_SECONDS = 30.0  # how long to wait for another process that writes


@dataclass(frozen=True)
class Entry:
    """A verdict with the files that show it: graded notebook (JSON text; None for a submission that could not be read) and page (HTML)."""

    verdict: Verdict
    notebook: str | None
    page: str


@dataclass(frozen=True)
class HistoryRow:
    """One line of a student's history: which verdict, how many points, when (UTC); no points where the machine failed ("fault").

    `reason` says why it was written, in the words of `store_schema`; `note` which attempt it is about, where there are several.
    """

    student: str
    assignment: str
    key: str
    score: float | None
    max_score: float | None
    status: str
    at: datetime
    reason: str = ""
    note: str = ""


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
            # A process that dies loses nothing. A machine without power may lose the end of this file, never its middle: the gradebook,
            # written in between, is on the disk, and what has no verdict here is graded again to the same one.
            self._db.execute("PRAGMA synchronous=NORMAL")
            store_schema.prepare(self._db)
            # a table of this name may be another program's
            self._db.execute("SELECT verdict, notebook, page FROM verdict LIMIT 0")
        self._joined = False
        self.archive = Archive(self._db, self._explained, self._written)

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

    @contextmanager
    def _written(self) -> Iterator[None]:
        """A change that is on the disk afterwards; within `together`, after that."""
        if self._joined:
            yield
        else:
            with self._db:
                yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for several changes: all of them are there afterwards, or after an exception none."""
        self._joined = True
        try:
            with self._explained(), self._db:
                yield
        finally:
            self._joined = False

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
        with self._explained(), self._written():
            self._db.execute(
                "INSERT OR REPLACE INTO verdict (key, assignment, verdict, notebook, page) VALUES (?, ?, ?, ?, ?)",
                (key, entry.verdict.assignment, *packed),
            )

    def current(self, student: str, assignment: str) -> str | None:
        """The address of the last submission's verdict, when all of it is written down; "" where the machine failed since.

        Another attempt may count: `standing` is what gives the grade.
        """
        query = "SELECT coalesce(latest, key) FROM history WHERE student = ? AND assignment = ? ORDER BY number DESC LIMIT 1"
        with self._explained():
            row = self._db.execute(query, (student, assignment)).fetchone()
        return str(row[0]) if row is not None else None

    def efforts(self, assignment: str) -> Iterator[tuple[str, Effort]]:
        """What every student's last verdict cost, by student."""
        query = """
            SELECT history.student, verdict.verdict FROM history JOIN verdict ON verdict.key = history.key
            WHERE history.number IN (SELECT max(number) FROM history WHERE assignment = ? AND key != '' GROUP BY student)"""
        with self._explained():
            for student, packed in self._db.execute(query, (assignment,)):
                try:
                    yield str(student), Effort.of(json.loads(zlib.decompress(packed))["timing"])
                except (ValueError, zlib.error, TypeError, KeyError, AttributeError):
                    continue

    def standing(self, student: str, assignment: str) -> str | None:
        """The address of the verdict that gives the grade; None where there is none."""
        return self._last("key", student, assignment)

    def _last(self, column: str, student: str, assignment: str) -> str | None:
        query = f"SELECT {column} FROM history WHERE student = ? AND assignment = ? AND status != 'fault' ORDER BY number DESC LIMIT 1"
        with self._explained():
            row = self._db.execute(query, (student, assignment)).fetchone()
        return str(row[0]) if row is not None else None

    def record(
        self, verdict: Verdict, key: str, *, reason: str = "", note: str = "", latest: str | None = None
    ) -> None:
        """Write down that this verdict now stands.

        Args:
            reason: why, in the words of `store_schema`; "" to find out from the verdict before.
            note: further, for the teacher.
            latest: address of the last submission's verdict, where this is another attempt's; "" where that is still to be written down.
        """
        student, assignment = verdict.student, verdict.assignment
        before = self._last("coalesce(latest, key)", student, assignment)
        if before is None or not reason:
            reason = store_schema.reason_between(before, key)
        row = (student, assignment, key, verdict.score, verdict.max_score, verdict.status)
        self._append(*row, reason=reason, note=note, latest=latest)

    def record_fault(self, student: str, assignment: str) -> None:
        """Write down that the machine failed, so that the next run writes the student's rows again."""
        self._append(student, assignment, "", None, None, "fault", reason=store_schema.FAULT)

    def _append(self, *row: str | float | None, reason: str, note: str = "", latest: str | None = None) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._explained(), self._written():
            self._db.execute(
                "INSERT INTO history (student, assignment, key, score, max_score, status, at, reason, note, latest)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, now, reason, note, latest),
            )

    def history(self, student: str, assignment: str | None = None) -> Iterator[HistoryRow]:
        """Every verdict a student got, oldest first."""
        query = (
            "SELECT student, assignment, key, score, max_score, status, at, reason, note FROM history WHERE student = ?"
        )
        values: tuple[str, ...] = (student,)
        if assignment is not None:
            query, values = f"{query} AND assignment = ?", (student, assignment)
        with self._explained():
            rows = self._db.execute(query + " ORDER BY number", values).fetchall()
        for row in rows:
            who, what, key, score, max_score, status, at, reason, note = row
            yield HistoryRow(who, what, key, score, max_score, status, datetime.fromisoformat(at), reason, note)
