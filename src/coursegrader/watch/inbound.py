"""What lies in the exchange's inbound folder: submissions that are complete, and those that are still being written.

nbgrader's `submit` makes `<student>+<assignment>+<timestamp>+<random>`, copies the files, and writes timestamp.txt and submission_secret.txt
last. Every byte of it is the student's: names and contents are checked, links are never followed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import make_unique_key, notebook_hash

from coursegrader.errors import SubmissionFault
from coursegrader.submission import MAX_FILES, printable, read_file, read_stamp

MAX_NAME = 200
MAX_PAGES = 20  # notebooks of one submission that get a page; nbgrader's list wants one for each
SECRET_SECONDS = 5.0  # nbgrader before 0.7 writes no secret: not waited for longer than this
STALE_SECONDS = 60.0  # half a submission after this long: its student's server died, or the disk was full
CLOCK_SECONDS = 600.0  # clocks differ; a claim that is off by more is told to the teacher


@dataclass(frozen=True)
class Arrival:
    """A submission that is complete, or one that never will be (`problem`, English, for the teacher).

    Attributes:
        name: of its folder; nothing else has it.
        stamp: when it was handed in, as the student's side says; the disk's time where that cannot be read.
        arrived: when the disk saw it last changed, seconds since 1970: no student can set that back.
        pages: file names, without .html, under which nbgrader's fetch_feedback looks for its pages.
    """

    name: str
    student: str
    assignment: str
    stamp: datetime
    arrived: float
    pages: tuple[str, ...] = ()
    problem: str = ""

    @property
    def backdated(self) -> float:
        """By how many seconds the claim is older than the disk's time, where that is more than clocks differ; else 0."""
        gap = self.arrived - self.stamp.timestamp()
        return gap if gap > CLOCK_SECONDS else 0.0


def scan(inbound: Path, known: Container[str], course_id: str, now: float | None = None) -> tuple[list[Arrival], int]:
    """New submissions, oldest first, and how many are still being written.

    Args:
        inbound: the folder.
        known: names that were seen before.
        course_id: nbgrader's, which older versions name pages by.
        now: seconds since 1970.
    """
    now = time.time() if now is None else now
    found: list[Arrival] = []
    unfinished = 0
    with os.scandir(inbound) as entries:
        names = [entry.name for entry in entries if entry.name not in known]
    for name in names:
        try:
            arrival = _look(inbound / name, course_id, now)
        except OSError as error:  # going, coming, or not ours to read yet
            try:
                arrival = _unreadable(inbound / name, error, now)
            except OSError:
                continue  # gone
        if arrival is None:
            unfinished += 1
        else:
            found.append(arrival)
    return sorted(found, key=lambda arrival: (arrival.arrived, arrival.stamp, arrival.name)), unfinished


def _look(folder: Path, course_id: str, now: float) -> Arrival | None:
    """The submission in a folder; None while it may still be under way."""
    info = os.lstat(folder)
    fields = folder.name.rsplit("+", 3)  # from the right: a student's name may hold a +
    if len(fields) == 3:
        fields.append("")
    at = datetime.fromtimestamp(info.st_ctime, UTC)
    if not stat.S_ISDIR(info.st_mode):
        return Arrival(folder.name, "?", "?", at, info.st_ctime, problem="no folder")
    if len(fields) != 4 or not all(fields[:3]):
        return Arrival(folder.name, "?", "?", at, info.st_ctime, problem="its name is not nbgrader's")
    student, assignment, claimed = fields[:3]
    if printable(student) != student or student.startswith(".") or len(folder.name) > MAX_NAME:
        return Arrival(folder.name, printable(student)[:80], assignment, at, info.st_ctime, problem="a strange name")
    written = _text(folder / "timestamp.txt")
    arrived = max(info.st_ctime, os.lstat(folder / "timestamp.txt").st_ctime) if written else info.st_ctime
    waited = now - arrived
    if written.strip() != claimed:
        if waited < STALE_SECONDS:
            return None
        why = "it was never finished: timestamp.txt is missing or is not the folder's"
        return Arrival(folder.name, student, assignment, at, arrived, problem=why)
    stamp = read_stamp(claimed)
    if stamp is None:
        return Arrival(folder.name, student, assignment, at, arrived, problem="its time cannot be read")
    secret = _text(folder / "submission_secret.txt")
    if len(secret) < 32 and waited < SECRET_SECONDS:
        return None
    pages = _pages(folder, secret, (course_id, assignment, student, claimed))
    return Arrival(folder.name, student, assignment, stamp, arrived, pages)


def _unreadable(folder: Path, error: OSError, now: float) -> Arrival | None:
    """A folder that stays closed is one for the teacher; nbgrader's submit opens it last of all."""
    at = os.lstat(folder).st_ctime
    if now - at < STALE_SECONDS:
        return None
    fields = [printable(field)[:80] for field in folder.name.rsplit("+", 3)]
    student, assignment = fields[:2] if len(fields) == 4 else ("?", "?")
    why = f"it cannot be read: {error.strerror or error}"
    return Arrival(folder.name, student, assignment, datetime.fromtimestamp(at, UTC), at, problem=why)


def _text(path: Path) -> str:
    try:
        return read_file(path, limit=1000).decode()
    except (SubmissionFault, UnicodeDecodeError):
        return ""


def _pages(folder: Path, secret: str, names: tuple[str, str, str, str]) -> tuple[str, ...]:
    """Under which names fetch_feedback will look: one for each notebook, and one for the notebook that should be there."""
    course_id, assignment, student, claimed = names
    with os.scandir(folder) as entries:
        some = [entry.name for _, entry in zip(range(MAX_FILES), entries, strict=False)]
    notebooks = sorted(name for name in some if name.endswith(".ipynb") and not name.startswith("."))
    if secret:
        ids = dict.fromkeys([assignment, *(name.removesuffix(".ipynb") for name in notebooks[:MAX_PAGES])])
        return tuple(str(notebook_hash(secret=secret, notebook_id=notebook)) for notebook in ids)
    hashes = []
    for name in notebooks[:MAX_PAGES]:
        key = make_unique_key(course_id, assignment, name.removesuffix(".ipynb"), student, claimed)
        try:
            read_file(folder / name)  # of a size that can be hashed, and a file
        except SubmissionFault:
            continue
        hashes.append(str(notebook_hash(str(folder / name), key)))
    return tuple(hashes)
