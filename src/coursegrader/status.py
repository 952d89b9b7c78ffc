"""What runs, what waits, what ran last: read from the store of verdicts and the folder of submissions, without a lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coursegrader import cache, submission
from coursegrader.cache import CacheInfo
from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.runs import RunRow, last_runs


@dataclass(frozen=True)
class AssignmentLine:
    """How many have handed an assignment in, how many of them have a verdict, and how many wait for their first."""

    assignment: str
    handed_in: int
    graded: int
    waiting: int


@dataclass(frozen=True)
class FaultLine:
    """A submission whose last attempt at grading failed by a fault of the machine (UTC)."""

    student: str
    assignment: str
    at: datetime


@dataclass(frozen=True)
class Status:
    """The whole of it."""

    assignments: tuple[AssignmentLine, ...]
    runs: tuple[RunRow, ...]
    faults: tuple[FaultLine, ...]
    cache: CacheInfo


def status_of(course: Course, last: int = 10) -> Status:
    """The state of a course's grading.

    A submission that was handed in again and not graded since counts as graded: telling it apart would mean to read them all.

    Raises:
        MachineFault: the store cannot be read.
    """
    path = course.root / "verdicts.db"
    standing = _last_rows(path)
    lines = []
    for assignment in course.assignments:
        names = submission.names(course.root / "submitted", assignment.id)
        if names:
            graded = sum(standing.get((name, assignment.id), ("fault", ""))[0] != "fault" for name in names)
            lines.append(AssignmentLine(assignment.id, len(names), graded, len(names) - graded))
    faults = tuple(
        FaultLine(student, assignment, datetime.fromisoformat(at))
        for (student, assignment), (status, at) in sorted(standing.items())
        if status == "fault"
    )
    return Status(tuple(lines), tuple(last_runs(path, last)), faults, cache.info(path))


def _last_rows(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(student, assignment) -> status and time of the last row of its history."""
    if not path.is_file():
        return {}
    query = """
        SELECT student, assignment, status, at FROM history
        WHERE number IN (SELECT max(number) FROM history GROUP BY student, assignment)"""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            return {(student, assignment): (status, at) for student, assignment, status, at in db.execute(query)}
    except sqlite3.Error as error:
        raise MachineFault(f"{path} cannot be read: {error}", hint="Is it the course's store of verdicts?") from error
