"""The pipeline, top to bottom: find submissions, grade what is new, write down each verdict as it comes.

A submission whose verdict stands is not graded again. Everything is written a submission at a time, so that a crash or Ctrl-C loses only
what was under way, and a second run goes on where the first stopped.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from coursegrader import __version__, submission, worker
from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.messages import text
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict
from coursegrader.worker import Result


@dataclass
class Run:
    """What a run did: verdicts given now, students whose verdict stood already, and submissions that could not be graded."""

    verdicts: list[Verdict] = field(default_factory=list)
    unchanged: list[Verdict] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


Progress = Callable[[int, int, Verdict | None], None]


def grade(
    course: Course,
    assignment: str,
    mode: Mode,
    *,
    students: Sequence[str] | None = None,
    force: bool = False,
    workers: int = 0,
    executor: Executor | None = None,
    progress: Progress = lambda done, total, verdict: None,
) -> Run:
    """Grade every submission of an assignment.

    Args:
        course: its configuration.
        assignment: id.
        mode: how student code is confined.
        students: only these; None for all.
        force: grade again what is unchanged.
        workers: processes on this machine; 0 for one a core.
        executor: where to run instead; tasks carry bytes in and a verdict out.
        progress: called with (done, total, verdict) after each submission.

    Returns:
        What was done. Submissions that the machine failed to grade are in `faults`; run again.

    Raises:
        CourseFault: nothing of this assignment can be graded until its author mends it.
    """
    found = list(
        submission.find(course.root / "submitted", assignment, list(students) if students is not None else None)
    )
    run = Run()
    with (
        VerdictStore(course.root / "verdicts.db") as store,
        GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook,
    ):
        version = course.version(assignment)
        keys = {
            id(item): key_of(item.student, assignment, item.digest, version, __version__, mode.label) for item in found
        }
        todo: list[Submission] = []
        for item in found:
            key = keys[id(item)]
            entry = None if force else store.find(key)
            if entry is None:
                todo.append(item)
                continue
            if store.current(item.student, assignment) != key or not _written(course, entry):
                # handed in before, or cut off before it was written down: no need to run it again
                _write(course, store, gradebook, key, item, entry)
            run.unchanged.append(entry.verdict)
        done = len(found) - len(todo)
        progress(done, len(found), None)
        for item, result in _results(course, mode, todo, workers, executor):
            if isinstance(result, MachineFault):
                run.faults[item.student] = str(result)
                gradebook.mark_stale(item.student, assignment, text("record.stale"), submitted_at(course, item))
            else:
                entry = Entry(result.verdict, result.notebook, result.page)
                store.add(keys[id(item)], entry)
                _write(course, store, gradebook, keys[id(item)], item, entry)
                run.verdicts.append(result.verdict)
            done += 1
            progress(done, len(found), None if isinstance(result, MachineFault) else result.verdict)
    run.verdicts.sort(key=lambda verdict: verdict.student)
    return run


def _results(
    course: Course, mode: Mode, items: list[Submission], workers: int, executor: Executor | None
) -> Iterator[tuple[Submission, Result | MachineFault]]:
    """Grade submissions in any order; one whose process died is tried once more, then given up as the machine's fault."""
    tries: dict[int, int] = {}
    while items:
        left: list[Submission] = []
        with _pool(course, mode, items, workers, executor) as pool:
            if pool is None:
                for item in items:
                    try:
                        yield item, worker.grade_one(course.root, mode, item)
                    except MachineFault as fault:
                        yield item, fault
                return
            futures: dict[Future[Result], Submission] = {
                pool.submit(worker.grade_one, course.root, mode, item): item for item in items
            }
            try:
                for future in as_completed(futures):
                    item = futures[future]
                    try:
                        yield item, future.result()
                    except MachineFault as fault:
                        yield item, fault
                    except BrokenProcessPool:
                        tries[id(item)] = tries.get(id(item), 0) + 1
                        if tries[id(item)] < 3:
                            left.append(item)
                        else:
                            yield item, MachineFault("the grading process died three times on it")
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
        items = left


@contextmanager
def _pool(
    course: Course, mode: Mode, items: Sequence[Submission], workers: int, executor: Executor | None
) -> Iterator[Executor | None]:
    """Where tasks run: a given executor, processes forked from this one, or (None) this very process."""
    workers = min(workers or os.cpu_count() or 1, len(items))
    if executor is not None:
        yield executor
    elif workers <= 1:
        yield None
    else:
        # Prepared here and forked, so that workers start with everything imported and the checks collected.
        engine = worker.engine_for(course.root, mode)
        for assignment in {item.assignment for item in items}:
            engine.prepare(assignment)
        shared().wait()  # it says only once that it is warm
        context = get_context("fork")
        with ProcessPoolExecutor(workers, context, worker.start, (context.Lock(),)) as pool:
            yield pool


def _write(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, key: str, item: Submission, entry: Entry
) -> None:
    """Write a verdict down: files first, then the gradebook, and last that it stands, so that a crash in between repeats the step."""
    verdict = entry.verdict
    name = f"{verdict.assignment}.ipynb"
    folder = course.root / "autograded" / verdict.student / verdict.assignment
    if entry.notebook is not None:
        write_file(folder / name, entry.notebook)
    else:
        (folder / name).unlink(missing_ok=True)  # of an earlier, readable submission: it would pass for this one's
    write_file(feedback_path(course, verdict), entry.page)
    gradebook.write(verdict, submitted_at(course, item))
    store.record(verdict, key)


def _written(course: Course, entry: Entry) -> bool:
    folder = course.root / "autograded" / entry.verdict.student / entry.verdict.assignment
    notebook = folder / f"{entry.verdict.assignment}.ipynb"
    return feedback_path(course, entry.verdict).is_file() and (entry.notebook is None or notebook.is_file())


def feedback_path(course: Course, verdict: Verdict) -> Path:
    """Where a student's page lies, as nbgrader's release_feedback expects it."""
    return course.root / "feedback" / verdict.student / verdict.assignment / f"{verdict.assignment}.html"


def write_file(path: Path, content: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def submitted_at(course: Course, item: Submission) -> datetime | None:
    """When a submission was handed in, by nbgrader's timestamp.txt; None where there is none that can be read."""
    from nbgrader.utils import parse_utc

    path = course.root / "submitted" / item.student / item.assignment / "timestamp.txt"
    try:
        stamp: datetime = parse_utc(path.read_text(encoding="utf-8")[:100].strip())
        return stamp
    except (OSError, ValueError, OverflowError):
        return None
