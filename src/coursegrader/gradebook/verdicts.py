"""The verdicts beside the gradebook as frames: every check of what stands now, and the history of verdicts. Only read here.

A verdict is kept as packed JSON. Arrow's JSON reader takes some thousands at a time straight into nested columns, which are then flattened; no
Python object is made for a check.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.gradebook.columns import arrow_text

_CHUNK = 4_000
_STANDING = """
SELECT verdict.verdict FROM history JOIN verdict ON verdict.key = history.key
WHERE history.number IN (SELECT MAX(number) FROM history WHERE status <> 'fault' {some} GROUP BY student, assignment)
ORDER BY history.student, history.assignment
"""
_CHECK = {
    "name": pa.string(),
    "passed": pa.bool_(),
    "points": pa.float64(),
    "message": pa.string(),
    "misconception": pa.string(),
}
_EXERCISE = pa.struct({"id": pa.string(), "checks": pa.list_(pa.struct(_CHECK))})
_VERDICT = pa.schema({"student": pa.string(), "assignment": pa.string(), "exercises": pa.list_(_EXERCISE)})
_COLUMNS = ("student", "assignment", "exercise", "check", "message", "misconception")


def read_history(course: Course | None) -> pd.DataFrame:
    """Every verdict ever given, oldest first; the reason too where the store keeps one."""
    with _store(course) as db:
        names = ["number", "student", "assignment", "score", "max_score", "status", "at", "key"]
        there = {row[1] for row in db.execute("PRAGMA table_info(history)")}
        names += ["reason"] if "reason" in there else []
        rows = db.execute(f"SELECT {', '.join(names)} FROM history ORDER BY number").fetchall() if there else []
    frame = pd.DataFrame(rows, columns=names)
    for name in names:
        if name in ("number", "score", "max_score"):
            frame[name] = frame[name].astype("int64" if name == "number" else "float64")
        elif name != "at":
            frame[name] = pd.array([value or "" for value in frame[name]], dtype="str")
    frame["at"] = pd.to_datetime(frame["at"], utc=True, format="ISO8601").dt.as_unit("us")
    return frame


def read_checks(course: Course | None, only: Sequence[str] = ()) -> pd.DataFrame:
    """Every check of every standing verdict; of these students only, where any are named."""
    with _store(course) as db:
        there = db.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('history', 'verdict')").fetchone()[0] == 2
        parts = [_flat(part) for part in (_chunks(db, only) if there else ())]
    empty = {name: pa.array([], pa.string()) for name in _COLUMNS}
    blank = pa.table({**empty, "passed": pa.array([], pa.bool_()), "points": pa.array([], pa.float64())})
    table = pa.concat_tables(parts) if parts else blank
    frame = pd.DataFrame({name: arrow_text(pc.fill_null(table[name], "")) for name in _COLUMNS})
    frame.insert(4, "passed", pd.Series(table["passed"].to_pandas(), dtype="boolean"))
    frame.insert(5, "points", np.asarray(table["points"].to_numpy(), dtype=np.float64))
    return frame


def _chunks(db: sqlite3.Connection, only: Sequence[str]) -> Iterator[pa.Table]:
    some = f"AND student IN ({', '.join('?' for _ in only)})" if only else ""
    cursor = db.execute(_STANDING.format(some=some), tuple(only))
    while rows := cursor.fetchmany(_CHUNK):
        lines = [line for line in map(_unpacked, rows) if line]
        if lines:
            yield _parsed(lines)


def _unpacked(row: tuple[Any, ...]) -> bytes:
    """A verdict's JSON; nothing for one that cannot be read, which grading too takes for none."""
    try:
        return zlib.decompress(row[0])
    except (zlib.error, TypeError):
        return b""


def _parsed(lines: list[bytes]) -> pa.Table:
    from pyarrow import json as arrow_json

    options = arrow_json.ParseOptions(explicit_schema=_VERDICT, unexpected_field_behavior="ignore")
    data = b"\n".join(lines)
    reading = arrow_json.ReadOptions(block_size=len(data) + 1)
    try:
        return arrow_json.read_json(BytesIO(data), reading, options)
    except pa.ArrowInvalid:  # one of them is broken: keep the others
        whole = [line for line in lines if _is_verdict(line)]
        if len(whole) == len(lines) or not whole:
            return _VERDICT.empty_table()
        return _parsed(whole)


def _is_verdict(line: bytes) -> bool:
    try:
        pa.array([json.loads(line)["exercises"]], pa.list_(_EXERCISE))
    except (ValueError, KeyError, TypeError, pa.ArrowException):
        return False
    return True


def _flat(table: pa.Table) -> pa.Table:
    """A row a check, from a row a verdict."""
    table = table.combine_chunks()
    of_verdict = pc.list_parent_indices(table["exercises"]).combine_chunks()
    exercises = pc.list_flatten(table["exercises"]).combine_chunks()
    checks_of = exercises.field("checks")
    of_exercise = pc.list_parent_indices(checks_of)
    checks = pc.list_flatten(checks_of)
    parent = of_verdict.take(of_exercise)
    return pa.table(
        {
            "student": table["student"].take(parent),
            "assignment": table["assignment"].take(parent),
            "exercise": exercises.field("id").take(of_exercise),
            "check": checks.field("name"),
            "message": checks.field("message"),
            "misconception": checks.field("misconception"),
            "passed": checks.field("passed"),
            "points": checks.field("points"),
        }
    )


@contextmanager
def _store(course: Course | None) -> Iterator[sqlite3.Connection]:
    """The store of verdicts, read only; an empty one where nothing was graded yet."""
    path = None if course is None else Path(course.root) / "verdicts.db"
    try:
        there = path is not None and path.is_file()
        address = f"{path.as_uri()}?mode=ro" if path is not None and there else ":memory:"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as db:
            yield db
    except sqlite3.Error as error:
        raise MachineFault(
            f"{path} cannot be read as the store of verdicts: {error}",
            hint="A broken one can be moved away: `coursegrader grade` makes a new one. Grades are in the gradebook.",
        ) from error
