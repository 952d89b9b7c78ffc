"""The tables of the store of verdicts, and how an older file becomes a current one without loss.

`PRAGMA user_version` says which version a file is of; 0 is one from before versions were counted, or a new file.
"""

from __future__ import annotations

import json
import sqlite3

VERSION = 2

_FIRST = (
    """CREATE TABLE IF NOT EXISTS verdict (
        key TEXT PRIMARY KEY, assignment TEXT NOT NULL, verdict BLOB NOT NULL, notebook BLOB, page BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS history (
        number INTEGER PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, key TEXT NOT NULL, score REAL, max_score REAL,
        status TEXT NOT NULL, at TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS history_of_student ON history (student, assignment, number)",
    # a table of this name may be another program's
    "SELECT verdict, notebook, page FROM verdict LIMIT 0",
)
_SECOND = (
    "ALTER TABLE history ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE history ADD COLUMN note TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE history ADD COLUMN latest TEXT",  # key of the last submission's verdict, where another one stands
    "CREATE TABLE IF NOT EXISTS submitted (digest TEXT PRIMARY KEY, notebook BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS attempt (
        number INTEGER PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, digest TEXT NOT NULL,
        submitted_at TEXT, seen_at TEXT NOT NULL, problem TEXT NOT NULL, warnings TEXT NOT NULL,
        key TEXT NOT NULL DEFAULT '', score REAL, max_score REAL, status TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS attempt_of_student ON attempt (student, assignment, number)",
)

# Why a history row was written.
FIRST = "first graded"
SUBMISSION = "new submission"
COURSE = "course changed"
ENGINE = "engine changed"
ISOLATION = "isolation changed"
POLICY = "policy changed"
FORCED = "forced"
FAULT = "machine fault"
REGRADE = "regrade"
OTHER = "another attempt counts"
AGAIN = "written again"  # after a fault of the machine, or because a file was lost


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older file up to date, in one transaction.

    Raises:
        sqlite3.Error: the file is no store, or one of a newer version.
    """
    version = _version(db)
    if version == VERSION:
        return
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it is of version {version}, this program knows {VERSION}: update coursegrader")
    db.execute("BEGIN IMMEDIATE")
    try:
        if _version(db) < VERSION:  # another process may have done it meanwhile
            for statement in (*_FIRST, *_SECOND):
                db.execute(statement)
            _fill_reasons(db)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _fill_reasons(db: sqlite3.Connection) -> None:
    """Why each verdict replaced the one before, from the addresses of the two."""
    rows = db.execute("SELECT number, student, assignment, key, status FROM history ORDER BY number").fetchall()
    standing: dict[tuple[str, str], str] = {}
    for number, student, assignment, key, status in rows:
        reason = FAULT if status == "fault" else reason_between(standing.get((student, assignment)), key)
        if status != "fault":
            standing[student, assignment] = key
        db.execute("UPDATE history SET reason = ? WHERE number = ?", (reason, number))


def reason_between(before: str | None, after: str) -> str:
    """Why a verdict replaces another, from their addresses.

    Args:
        before: None where there was none.
        after: the new one's.

    Example:
        >>> reason_between('["a", "01", "s1", "c", "1", "full"]', '["a", "01", "s2", "c", "1", "full"]')
        'new submission'
    """
    if before is None:
        return FIRST
    if before == after:
        return AGAIN
    try:
        old, new = json.loads(before), json.loads(after)
        # the version of the course holds that of the engine
        for place, reason in ((2, SUBMISSION), (4, ENGINE), (3, COURSE), (5, ISOLATION)):
            if old[place] != new[place]:
                return reason
    except (ValueError, LookupError, TypeError):
        return ""
    return AGAIN
