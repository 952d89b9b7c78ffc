"""Everything that was ever handed in, by content: when, by whom, and which verdict it got.

An attempt is a submission with its time. The same bytes at another time are another attempt; seen twice with the same time, or without a time and
nothing else in between, they are one.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from coursegrader.submission import Submission
from coursegrader.verdict import Verdict

_COLUMNS = (
    "number, student, assignment, digest, submitted_at, seen_at, problem, warnings, key, score, max_score, status"
)


@dataclass(frozen=True)
class Attempt:
    """One submission of a student.

    Attributes:
        number: of the row; unique in the store.
        digest: SHA-256 of what was handed in.
        submitted_at: aware, UTC; None where no readable time lay beside it.
        seen_at: when grading saw it first, aware, UTC.
        problem, warnings: as in `Submission`.
        key: address of its last verdict; "" while it has none.
        score, max_score: of that verdict; None while it has none.
        status: "graded", "rejected", or "" while it has no verdict.
    """

    number: int
    student: str
    assignment: str
    digest: str
    submitted_at: datetime | None
    seen_at: datetime
    problem: str
    warnings: tuple[str, ...]
    key: str
    score: float | None
    max_score: float | None
    status: str

    @property
    def at(self) -> datetime:
        """When it was handed in, as far as that is known."""
        return self.submitted_at or self.seen_at


class Archive:
    """The attempts in a store of verdicts.

    Args:
        db: of the store.
        explained: turns a refusal of the database into a `MachineFault`.
        written: the store's transaction.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        explained: Callable[[], AbstractContextManager[None]],
        written: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._db, self._explained, self._written = db, explained, written

    def keep(self, item: Submission, submitted_at: datetime | None) -> int:
        """Keep a submission, if it is not kept yet.

        Args:
            item: what was handed in.
            submitted_at: aware, or naive in UTC; None where it is not known.

        Returns:
            Number of its attempt.
        """
        moment = None if submitted_at is None else _utc(submitted_at).isoformat()
        digest = item.digest
        with self._explained():
            found = self._find(item.student, item.assignment, digest, moment)
            if found is not None:
                return found
            packed = zlib.compress(item.notebook) if item.notebook is not None else None
            now = datetime.now(UTC).isoformat()
            row = (item.student, item.assignment, digest, moment, now, item.problem, json.dumps(item.warnings))
            with self._written():
                if packed is not None:
                    self._db.execute(
                        "INSERT OR IGNORE INTO submitted (digest, notebook) VALUES (?, ?)", (digest, packed)
                    )
                made = self._db.execute(
                    "INSERT INTO attempt (student, assignment, digest, submitted_at, seen_at, problem, warnings)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
        return int(made.lastrowid or 0)

    def _find(self, student: str, assignment: str, digest: str, moment: str | None) -> int | None:
        where = "FROM attempt WHERE student = ? AND assignment = ?"
        if moment is not None:
            query = f"SELECT number {where} AND submitted_at = ? AND digest = ?"
            row = self._db.execute(query, (student, assignment, moment, digest)).fetchone()
            return None if row is None else int(row[0])
        query = f"SELECT number, digest, submitted_at {where} ORDER BY number DESC LIMIT 1"
        row = self._db.execute(query, (student, assignment)).fetchone()
        return int(row[0]) if row is not None and row[1] == digest and row[2] is None else None

    def knows(self, item: Submission, submitted_at: datetime | None) -> bool:
        """Whether a submission with this content and time is kept already."""
        moment = None if submitted_at is None else _utc(submitted_at).isoformat()
        with self._explained():
            return self._find(item.student, item.assignment, item.digest, moment) is not None

    def graded(self, number: int, key: str, verdict: Verdict) -> None:
        """Write down an attempt's verdict."""
        values = (key, verdict.score, verdict.max_score, verdict.status, number)
        with self._explained(), self._written():
            self._db.execute(
                "UPDATE attempt SET key = ?, score = ?, max_score = ?, status = ? WHERE number = ?", values
            )

    def judged(self, attempt: Attempt) -> None:
        """Write down the verdict that an attempt carries."""
        values = (attempt.key, attempt.score, attempt.max_score, attempt.status, attempt.number)
        with self._explained(), self._written():
            self._db.execute(
                "UPDATE attempt SET key = ?, score = ?, max_score = ?, status = ? WHERE number = ?", values
            )

    def attempts(self, student: str, assignment: str) -> list[Attempt]:
        """A student's attempts, in the order in which they were handed in."""
        query = f"SELECT {_COLUMNS} FROM attempt WHERE student = ? AND assignment = ?"
        with self._explained():
            rows = self._db.execute(query, (student, assignment)).fetchall()
        return sorted(map(_attempt, rows), key=lambda attempt: (attempt.at, attempt.number))

    def students(self, assignment: str) -> list[str]:
        """Everybody who has handed in, in the order of names."""
        query = "SELECT DISTINCT student FROM attempt WHERE assignment = ? ORDER BY student"
        with self._explained():
            return [str(row[0]) for row in self._db.execute(query, (assignment,))]

    def submission(self, attempt: Attempt) -> Submission | None:
        """What was handed in, as it was; None where the bytes are no longer there."""
        notebook = None
        if not attempt.problem:
            query = "SELECT notebook FROM submitted WHERE digest = ?"
            with self._explained():
                row = self._db.execute(query, (attempt.digest,)).fetchone()
            try:
                notebook = zlib.decompress(row[0]) if row is not None else None
            except zlib.error:
                notebook = None
            if notebook is None:
                return None
        return Submission(attempt.student, attempt.assignment, notebook, attempt.problem, attempt.warnings)

    def standing_keys(self) -> Iterator[str]:
        """Addresses of all attempts' verdicts: what has to stay in the store for grades to be explained."""
        with self._explained():
            rows = self._db.execute("SELECT DISTINCT key FROM attempt WHERE key != ''").fetchall()
        return (str(row[0]) for row in rows)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _attempt(row: tuple[str, ...]) -> Attempt:
    number, student, assignment, digest, submitted_at, seen_at, problem, warnings, *rest = row
    moment = datetime.fromisoformat(submitted_at) if submitted_at is not None else None
    seen = datetime.fromisoformat(seen_at)
    told = tuple(json.loads(warnings))
    return Attempt(int(number), student, assignment, digest, moment, seen, problem, told, *rest)  # type: ignore[arg-type]
