"""Write verdicts down, one or several together: store, files, gradebook, and last that they stand.

Databases may be held by another program, or have dropped the connection: what could not be written is tried again for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from coursegrader.course import Course
from coursegrader.errors import CoursegraderError, MachineFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.logs import log
from coursegrader.settle import NEW, Occasion, Settled, settle, write_rows
from coursegrader.store import Entry, VerdictStore
from coursegrader.student_files import is_written, submitted_at, write_files
from coursegrader.submission import Submission

_LOG = log("pipeline")
T = TypeVar("T")
TRIES = (0.2, 1.0, 3.0)  # seconds to wait for a database that is locked or has dropped the connection


def write_down_new(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    new: Sequence[tuple[str, Submission, Entry]],
    why: Occasion,
) -> None:
    """Keep new verdicts and write them down in the order of `write_down`, with one wait for the disk at each step for all of them.

    Where that fails they are written one by one, so that a fault costs only its own.

    Args:
        new: address, submission and verdict of each, of different students.

    Raises:
        MachineFault: one of them could not be written, the first that is known; the others are.
    """
    try:
        with store.together():  # by itself: what cannot be settled now is not to be graded again
            for key, _, entry in new:
                store.add(key, entry)
        with store.together():
            settled = [settled_for(course, store, gradebook, *one) for one in new]
        for one in settled:
            write_files(course, one)
        persistently(lambda: _write_rows_together(course, store, gradebook, settled, why))
        return
    except CoursegraderError as fault:
        if len(new) == 1:
            raise
        _LOG.write("write failed, trying one by one", fault=str(fault), submissions=len(new))
    faults = []
    for key, item, entry in new:
        try:
            store.add(key, entry)
            write_down(course, store, gradebook, key, item, entry, why)
        except CoursegraderError as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def _write_rows_together(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, settled: Sequence[Settled], why: Occasion
) -> None:
    with store.together(), gradebook.together():  # the gradebook is written first: history says that all is
        for one in settled:
            write_rows(course, store, gradebook, one, why)


def write_down(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    key: str,
    item: Submission,
    entry: Entry,
    why: Occasion = NEW,
) -> None:
    """Write a verdict down: archive and files first, then the gradebook, and last that it stands, so that a crash in between repeats the step.

    Args:
        key: address of the verdict, which is in the store already.
        item: the submission; which of the student's attempts counts is the policy's to say.
        entry: its verdict.
    """
    write_settled(course, store, gradebook, settled_for(course, store, gradebook, key, item, entry), why)


def settled_for(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, key: str, item: Submission, entry: Entry
) -> Settled:
    """`settle` with the time of the submission, tried again where a database is held."""
    when = submitted_at(course, item)
    return persistently(lambda: settle(course, store, gradebook, key, item, entry, when))


def write_settled(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, settled: Settled, why: Occasion
) -> None:
    """Files, gradebook and history of what was settled."""
    write_files(course, settled)
    persistently(lambda: write_rows(course, store, gradebook, settled, why))


def stands(course: Course, store: VerdictStore, key: str, item: Submission, entry: Entry) -> bool:
    """Whether a submission's verdict is written down, all of it, for this very time of handing in."""
    current = store.current(item.student, item.assignment) == key
    return current and is_written(course, entry) and store.archive.knows(item, submitted_at(course, item))


def persistently(write: Callable[[], T]) -> T:
    """Write to a database that another program may hold for a moment, or that may have dropped the connection.

    Raises:
        MachineFault: it does not take it after several tries either.
    """
    for seconds in TRIES:
        try:
            return write()
        except MachineFault as fault:
            _LOG.write("write failed, trying again", fault=fault.message)
            time.sleep(seconds)
    return write()
