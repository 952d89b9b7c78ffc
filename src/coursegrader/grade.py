"""The pipeline, top to bottom: find submissions, grade what is new, write down each verdict as it comes.

A submission whose verdict stands is not graded again. Everything is written a submission at a time, so that a crash or Ctrl-C loses only
what was under way, and a second run goes on where the first stopped.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import active_children, get_context
from pathlib import Path

from coursegrader import __version__, submission, worker
from coursegrader.course import Course
from coursegrader.errors import MachineFault, SubmissionFault
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
        worker.refresh(course, assignment)
        version = course.version(assignment)
        if found:
            register(course, gradebook, assignment)
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
            if store.current(item.student, assignment) != key or not is_written(course, entry):
                # handed in before, or cut off before it was written down: no need to run it again
                write_down(course, store, gradebook, key, item, entry)
            run.unchanged.append(entry.verdict)
        done = len(found) - len(todo)
        progress(done, len(found), None)
        with closing(_results(course, mode, todo, workers, executor)) as results:
            for item, result in results:
                if isinstance(result, MachineFault):
                    run.faults[item.student] = str(result)
                    store.record_fault(item.student, assignment)
                    gradebook.mark_stale(item.student, assignment, text("record.stale"), submitted_at(course, item))
                else:
                    entry = Entry(result.verdict, result.notebook, result.page)
                    store.add(keys[id(item)], entry)
                    write_down(course, store, gradebook, keys[id(item)], item, entry)
                    run.verdicts.append(result.verdict)
                done += 1
                progress(done, len(found), None if isinstance(result, MachineFault) else result.verdict)
    run.verdicts.sort(key=lambda verdict: verdict.student)
    return run


def register(course: Course, gradebook: GradebookWriter, assignment: str) -> None:
    """Have the gradebook know an assignment, as `nbgrader generate_assignment` would: a release alone is not enough to grade."""
    if not gradebook.has_assignment(assignment):
        from coursegrader.build import build_release

        build_release(course, assignment)
    gradebook.set_due(assignment, course.assignment(assignment).due)


def _results(
    course: Course, mode: Mode, items: Sequence[Submission], workers: int, executor: Executor | None
) -> Generator[tuple[Submission, Result | MachineFault], None, None]:
    """Grade submissions in any order.

    What was under way when a process died is tried again, one at a time, so that what kills a process costs only itself.
    """
    waiting, suspects = deque(items), deque[Submission]()
    while waiting or suspects:
        queue, alone = (suspects, True) if suspects else (waiting, False)
        with _pool(course, mode, queue, 1 if alone else workers, executor, alone) as (pool, width):
            if pool is None:
                yield from _in_this_process(course, mode, queue)
                return
            for item, result in _under_way(course, mode, pool, width, queue):
                if result is None and not alone and executor is None:
                    suspects.append(item)
                else:
                    yield item, result or MachineFault("the grading process died on it")
        if executor is not None:
            yield from ((item, MachineFault("the executor is broken")) for item in queue)
            return


def _in_this_process(
    course: Course, mode: Mode, items: Iterable[Submission]
) -> Iterator[tuple[Submission, Result | MachineFault]]:
    for item in items:
        try:
            result: Result | MachineFault = worker.grade_one(course.root, mode, item)
        except MachineFault as fault:
            result = fault
        yield item, result


def _under_way(
    course: Course, mode: Mode, pool: Executor, width: int, queue: deque[Submission]
) -> Iterator[tuple[Submission, Result | MachineFault | None]]:
    """Results as they come; None for what was under way when a process died, after which the rest stays in the queue."""
    futures: dict[Future[Result], Submission] = {}
    broken = False
    try:
        while futures or (queue and not broken):
            while queue and len(futures) < width and not broken:
                try:
                    future = pool.submit(worker.grade_one, course.root, mode, queue[0])
                except BrokenExecutor:
                    broken = True
                else:
                    futures[future] = queue.popleft()
            for future in wait(futures, return_when=FIRST_COMPLETED).done:
                item = futures.pop(future)
                try:
                    yield item, future.result()
                except MachineFault as fault:
                    yield item, fault
                except BrokenExecutor:
                    broken = True
                    yield item, None
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def _pool(
    course: Course, mode: Mode, items: Sequence[Submission], workers: int, executor: Executor | None, alone: bool
) -> Iterator[tuple[Executor | None, int]]:
    """Where tasks run, and how many are given out at a time.

    A given executor; processes forked from this one; or (None) this very process, unless a task may kill the one it runs in.
    """
    workers = max(1, min(workers or os.cpu_count() or 1, len(items)))
    if executor is not None:
        yield executor, len(items)
        return
    if workers == 1 and not alone:
        yield None, 1
        return
    # Prepared here and forked, so that workers start with everything imported and the checks collected.
    engine = worker.engine_for(course.root, mode)
    for assignment in {item.assignment for item in items}:
        engine.prepare(assignment)
    shared().wait()  # it says only once that it is warm
    context, others = get_context("fork"), set(active_children())
    with ProcessPoolExecutor(workers, context, worker.start, (context.Lock(),)) as pool:
        try:
            yield pool, 1 if alone else workers + 1
        except BaseException:  # Ctrl-C, say: what is under way may take minutes
            for process in set(active_children()) - others:
                process.terminate()
            raise


def write_down(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, key: str, item: Submission, entry: Entry
) -> None:
    """Write a verdict down: files first, then the gradebook, and last that it stands, so that a crash in between repeats the step."""
    verdict = entry.verdict
    path = course.root / "autograded" / verdict.student / verdict.assignment / f"{verdict.assignment}.ipynb"
    if entry.notebook is not None:
        write_file(path, entry.notebook)
    else:
        remove_file(path)  # of an earlier, readable submission: it would pass for this one's
    write_page(course, verdict, entry.page)
    gradebook.write(verdict, submitted_at(course, item))
    store.record(verdict, key)


def write_page(course: Course, verdict: Verdict, page: str) -> None:
    """Write a student's page, and beside it what nbgrader's release_feedback names it by: the receipt of the submission."""
    path = feedback_path(course, verdict)
    write_file(path, page)
    for name in ("timestamp.txt", "submission_secret.txt"):
        receipt = course.root / "submitted" / verdict.student / verdict.assignment / name
        try:
            write_file(path.with_name(name), submission.read_file(receipt, limit=1000).decode())
        except (SubmissionFault, UnicodeDecodeError):
            remove_file(path.with_name(name))  # not handed in through the exchange: nothing to name the page by


def is_written(course: Course, entry: Entry) -> bool:
    """Whether the files of a verdict are where they belong."""
    folder = course.root / "autograded" / entry.verdict.student / entry.verdict.assignment
    notebook = folder / f"{entry.verdict.assignment}.ipynb"
    return feedback_path(course, entry.verdict).is_file() and (entry.notebook is None or notebook.is_file())


def feedback_path(course: Course, verdict: Verdict) -> Path:
    """Where a student's page lies, as nbgrader's release_feedback expects it."""
    return course.root / "feedback" / verdict.student / verdict.assignment / f"{verdict.assignment}.html"


def write_file(path: Path, content: str) -> None:
    """Write a file whole or not at all.

    Raises:
        MachineFault: the disk is full, or the place is not ours to write.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _not_written(path, error) from error
        raise


def remove_file(path: Path) -> None:
    """Remove a file that may be there.

    Raises:
        MachineFault: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> MachineFault:
    return MachineFault(
        f"{path} cannot be written: {error.strerror or error}", hint="Mend that, then run the same command."
    )


def submitted_at(course: Course, item: Submission) -> datetime | None:
    """When a submission was handed in, by nbgrader's timestamp.txt; None where there is none that can be read."""
    from nbgrader.utils import parse_utc

    path = course.root / "submitted" / item.student / item.assignment / "timestamp.txt"
    try:
        stamp: datetime = parse_utc(submission.read_file(path, limit=1000).decode().strip())
    except (SubmissionFault, OSError, ValueError, OverflowError, AttributeError, TypeError):
        return None  # the file may have come from the student: anything may stand in it
    return stamp
