"""How large the store of verdicts is, and making it smaller: old verdicts that nobody's grade rests on.

Kept always: each student's current verdict of each assignment, the one before a fault of the machine, and the best one (a policy may count it).
History rows stay too: who got how many points when is never forgotten. What was cleaned is graded again when the same bytes are handed in again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coursegrader import metrics
from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.logs import log

LOCKED_SECONDS = 30.0
_LOG = log("cache")

# The last and the best graded row of every student and assignment, and the last submission's verdict where another one counts.
_STANDING = """
    SELECT key FROM history WHERE number IN (
        SELECT max(number) FROM history WHERE key != '' GROUP BY student, assignment)
    UNION
    SELECT latest FROM history WHERE latest != '' AND number IN (
        SELECT max(number) FROM history WHERE key != '' GROUP BY student, assignment)
    UNION
    SELECT key FROM (
        SELECT key, row_number() OVER (PARTITION BY student, assignment ORDER BY score DESC, number DESC) AS place
        FROM history WHERE key != '') WHERE place = 1
"""
# When a verdict was last recorded; one that never was (a crash came between) counts as of now, it may stand in a moment.
_OTHERS = f"""
    SELECT verdict.key, coalesce(max(history.at), ?) AS at,
        length(verdict.verdict) + coalesce(length(verdict.notebook), 0) + length(verdict.page) AS size
    FROM verdict LEFT JOIN history ON history.key = verdict.key
    WHERE verdict.key NOT IN ({_STANDING}) GROUP BY verdict.key ORDER BY at, verdict.key
"""


@dataclass(frozen=True)
class CacheInfo:
    """What the store holds: bytes of its files, verdicts, those that grades rest on, and history rows."""

    bytes: int
    verdicts: int
    standing: int
    history: int


@dataclass(frozen=True)
class Cleaned:
    """What a cleaning removed (or would): verdicts and bytes of them; and the size of the files before and after."""

    verdicts: int
    bytes: int
    before: int
    after: int


def info(path: Path) -> CacheInfo:
    """The state of a store.

    Raises:
        MachineFault: it cannot be read.
    """
    if not path.is_file():
        return CacheInfo(0, 0, 0, 0)
    with _opened(path) as db:
        counts = [
            int(db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])
            for what in ("verdict", f"verdict WHERE key IN ({_STANDING})", "history")
        ]
    return CacheInfo(size_of(path), *counts)


def clean(
    path: Path, keep_days: float | None = None, max_bytes: int | None = None, *, dry_run: bool = False
) -> Cleaned:
    """Remove verdicts that nobody's grade rests on, oldest first.

    Args:
        path: the store.
        keep_days: remove what was last recorded longer ago; None for any age.
        max_bytes: remove only as much as makes the files that small; None for all that may go.
        dry_run: remove nothing, say what would go.

    Raises:
        MachineFault: the store cannot be written.
    """
    before = size_of(path)
    if not path.is_file():
        return Cleaned(0, 0, 0, 0)
    now = datetime.now(UTC)
    chosen: list[tuple[str]] = []
    freed = 0
    with _opened(path) as db:
        for key, at, size in db.execute(_OTHERS, (now.isoformat(timespec="seconds"),)):
            if max_bytes is not None and before - freed <= max_bytes:
                break
            if keep_days is not None and datetime.fromisoformat(at) > now - timedelta(days=keep_days):
                break
            if keep_days is None and max_bytes is None and at == now.isoformat(timespec="seconds"):
                break
            chosen.append((key,))
            freed += size
        if chosen and not dry_run:
            with db:
                # asked again, under the lock: another process may have made one of them current meanwhile
                db.executemany(f"DELETE FROM verdict WHERE key = ? AND key NOT IN ({_STANDING})", chosen)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    after = before - freed if dry_run else size_of(path)
    if not dry_run:
        metrics.cache(after)
        _LOG.write("cleaned", verdicts=len(chosen), bytes=freed, before=before, after=after)
    return Cleaned(len(chosen), freed, before, after)


def clean_to_limits(course: Course) -> Cleaned | None:
    """Clean as COURSE["cache"] says ({"max_mb": 500, "keep_days": 180}); None where it says nothing or nothing is too much.

    With both, what is younger than keep_days stays even beyond max_mb.
    """
    limits = course.data.get("cache") or {}
    if not limits:
        return None
    path = course.root / "verdicts.db"
    most = limits.get("max_mb")
    if most is not None and size_of(path) <= most << 20:
        return None
    return clean(path, limits.get("keep_days"), None if most is None else most << 20)


def size_of(path: Path) -> int:
    """Bytes of a store's files, the log of its last changes included; 0 where there is none."""
    files = (path.with_name(path.name + ending) for ending in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=LOCKED_SECONDS)) as db:
            yield db
    except sqlite3.Error as error:
        raise MachineFault(
            f"{path} cannot be used as the store of verdicts: {error}",
            hint="Is another grading running, the disk full, or the file not ours to write?",
        ) from error
