"""The pipeline, top to bottom: find submissions, grade what is new, write down each verdict as it comes.

A submission whose verdict stands is not graded again. Everything is written a submission at a time, so that a crash or Ctrl-C loses only
what was under way, and a second run goes on where the first stopped. A submission's bytes are read when its turn comes and forgotten with
its verdict, so that memory does not grow with the class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from coursegrader import __version__, cache, metrics, submission, worker
from coursegrader.course import Course
from coursegrader.dispatch import Outcome, Task, results
from coursegrader.errors import CoursegraderError, MachineFault, SubmissionFault
from coursegrader.feedback.figures import keep_figures
from coursegrader.files import remove_file, write_file
from coursegrader.gradebook import GradebookWriter
from coursegrader.logs import log
from coursegrader.messages import text
from coursegrader.runs import Counts, RunLog
from coursegrader.sandbox.confinement import Mode
from coursegrader.schedule import Effort, Schedule
from coursegrader.settle import NEW, Occasion, Settled, settle, write_rows
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.store_schema import FORCED
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict
from coursegrader.worker import Result

_LOG = log("pipeline")
T = TypeVar("T")
SAID_SECONDS = 0.2  # how often progress is said while verdicts that stand are passed over
TOGETHER = 16  # verdicts in one transaction, at most: others who write to the gradebook wait for it
TRIES = (0.2, 1.0, 3.0)  # seconds to wait for a database that is locked or has dropped the connection


@dataclass
class Run:
    """What a run did.

    Attributes:
        verdicts: given now, by student; empty where they were not to be kept.
        unchanged: that stood already; empty where they were not to be kept.
        faults: student -> why the machine could not grade.
        counts: how many of each.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    unchanged: list[Verdict] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


Progress = Callable[[int, int, Verdict | None], None]
Each = Callable[[Verdict, bool], None]


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
    each: Each | None = None,
    fair: bool = True,
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
        each: called with (verdict, whether it is new) instead of keeping verdicts in the result, for a class of any size.
        fair: quick submissions first, and slow ones yield to them; False for the order of names.

    Returns:
        What was done. Submissions that the machine failed to grade are in `faults`; run again.

    Raises:
        CourseFault: nothing of this assignment can be graded until its author mends it.
    """
    names = submission.names(course.root / "submitted", assignment, students)
    path = course.root / "verdicts.db"
    with (
        VerdictStore(path) as store,
        GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook,
        RunLog(path, assignment, str(getattr(executor, "place", "local"))) as runs,
    ):
        worker.refresh(course, assignment)
        if names:
            register(course, gradebook, assignment)
        efforts = (
            {name: Effort(*effort) for name, effort in store.efforts(assignment)} if fair and len(names) > 1 else {}
        )
        desk = _Desk(course, assignment, mode, store, gradebook, Schedule(names, efforts, fair), force, progress, each)
        with closing(results(course, mode, desk, workers, executor)) as outcomes:
            for group in outcomes:
                desk.take(group)
                runs.say(desk.counts)
        desk.end()
        runs.say(desk.counts)
    cache.clean_to_limits(course)
    metrics.cache(cache.size_of(path))
    desk.run.verdicts.sort(key=lambda verdict: verdict.student)
    desk.run.unchanged.sort(key=lambda verdict: verdict.student)
    return desk.run


class _Desk:
    """Hands out what has to be graded, passes over what stands, and writes down what comes back."""

    def __init__(
        self,
        course: Course,
        assignment: str,
        mode: Mode,
        store: VerdictStore,
        gradebook: GradebookWriter,
        schedule: Schedule,
        force: bool,
        progress: Progress,
        each: Each | None,
    ) -> None:
        self._course, self._assignment, self._mode = course, assignment, mode
        self._store, self._gradebook, self._schedule = store, gradebook, schedule
        self._force, self._progress, self._each = force, progress, each
        self._version = course.version(assignment)
        self.run = Run(counts=Counts(total=len(schedule)))
        self.counts = self.run.counts
        self._said = 0.0
        progress(0, self.counts.total, None)

    def __len__(self) -> int:
        return len(self._schedule)

    def draw(self) -> Task | None:
        """The next submission that has no verdict yet, read now."""
        while (ticket := self._schedule.next()) is not None:
            item = submission.read(
                self._course.root / "submitted" / ticket.name / self._assignment, ticket.name, self._assignment
            )
            address = (item.student, self._assignment, item.digest, self._version, __version__, self._mode.label)
            key = key_of(*address)
            entry = None if self._force else self._store.find(key)
            if entry is None:
                return Task(ticket, item, key, self._schedule.patience(ticket))
            self._pass_over(item, key, entry)
        return None

    def came_back(self, task: Task, stuck: float) -> None:
        """Put a submission that yielded its place behind the others."""
        self._schedule.came_back(task.ticket, stuck)
        self.counts.yielded = self._schedule.yielded
        metrics.repeated("yielded")
        _LOG.write("yielded", student=task.item.student, assignment=self._assignment, patience=task.patience)

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of submissions."""
        new = [(task, result) for task, result in outcomes if not isinstance(result, MachineFault)]
        for task, result in outcomes:
            if isinstance(result, MachineFault):
                self._fault(task.item, result)
                self._say(None)
        for start in range(0, len(new), TOGETHER):
            self._write_down(new[start : start + TOGETHER])

    def _write_down(self, new: Sequence[tuple[Task, Result]]) -> None:
        started = time.perf_counter()
        write_down_new(
            self._course,
            self._store,
            self._gradebook,
            [(task.key, task.item, Entry(done.verdict, done.notebook, done.page)) for task, done in new],
            Occasion(FORCED) if self._force else NEW,
        )
        seconds = (time.perf_counter() - started) / len(new)
        for _, done in new:
            self.counts.graded += 1
            done.verdict.timing["record"] = seconds
            self._note(done.verdict, new=True, write=seconds)
            self._schedule.took(done.verdict.timing.get("total", 0.0))
            self._say(done.verdict)

    def end(self) -> None:
        """Say that everything is done."""
        self._say(None)
        metrics.queue(0, 0)

    def _pass_over(self, item: Submission, key: str, entry: Entry) -> None:
        if not stands(self._course, self._store, key, item, entry):
            # handed in before, or cut off before it was written down: no need to run it again
            write_down(self._course, self._store, self._gradebook, key, item, entry)
        self.counts.unchanged += 1
        self._note(entry.verdict, new=False)
        if time.monotonic() - self._said > SAID_SECONDS:
            self._say(None)

    def _fault(self, item: Submission, fault: MachineFault) -> None:
        self.run.faults[item.student] = str(fault)
        self.counts.faults += 1
        metrics.count(self._assignment, "fault")
        _LOG.write("fault", student=item.student, assignment=self._assignment, fault=fault.message)
        self._store.record_fault(item.student, self._assignment)
        when = submitted_at(self._course, item)
        _persistently(lambda: self._gradebook.mark_stale(item.student, self._assignment, text("record.stale"), when))

    def _note(self, verdict: Verdict, new: bool, **seconds: float) -> None:
        metrics.count(self._assignment, verdict.status if new else "unchanged", verdict.timing if new else None)
        timing = {**{name: round(value, 4) for name, value in verdict.timing.items()}, **seconds}
        who = {"student": verdict.student, "assignment": self._assignment}
        _LOG.write("graded" if new else "unchanged", **who, status=verdict.status, score=verdict.score, **timing)
        if self._each is not None:
            self._each(verdict, new)
        else:
            (self.run.verdicts if new else self.run.unchanged).append(verdict)

    def _say(self, verdict: Verdict | None) -> None:
        self._said = time.monotonic()
        self._progress(self.counts.graded + self.counts.unchanged + self.counts.faults, self.counts.total, verdict)


def register(course: Course, gradebook: GradebookWriter, assignment: str) -> None:
    """Have the gradebook know an assignment, as `nbgrader generate_assignment` would: a release alone is not enough to grade."""
    if not gradebook.has_assignment(assignment):
        from coursegrader.build import build_release

        build_release(course, assignment)
    gradebook.set_due(assignment, course.assignment(assignment).due)


def _persistently(write: Callable[[], T]) -> T:
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
        with store.together():
            for key, _, entry in new:
                store.add(key, entry)
            settled = [settled_for(course, store, gradebook, *one) for one in new]
        for one in settled:
            write_files(course, one)
        _persistently(lambda: _write_rows_together(course, store, gradebook, settled, why))
        return
    except CoursegraderError as fault:
        if len(new) > 1:
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
    return _persistently(lambda: settle(course, store, gradebook, key, item, entry, when))


def write_settled(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, settled: Settled, why: Occasion
) -> None:
    """Files, gradebook and history of what was settled."""
    write_files(course, settled)
    _persistently(lambda: write_rows(course, store, gradebook, settled, why))


def write_files(course: Course, settled: Settled) -> None:
    """The graded notebook and the student's page."""
    verdict, notebook = settled.entry.verdict, settled.entry.notebook
    path = course.root / "autograded" / verdict.student / verdict.assignment / f"{verdict.assignment}.ipynb"
    if notebook is not None:
        write_file(path, notebook)
    else:
        remove_file(path)  # of an earlier, readable submission: it would pass for this one's
    write_page(course, verdict, settled.page)


def write_page(course: Course, verdict: Verdict, page: str) -> None:
    """Write a student's page, and beside it what nbgrader's release_feedback names it by: the receipt of the submission.

    The figures that `coursegrader report` has put into the page before stay in it, with the date that they bear.
    """
    path = feedback_path(course, verdict)
    write_file(path, keep_figures(page, page_at(path)))
    for name in ("timestamp.txt", "submission_secret.txt"):
        receipt = course.root / "submitted" / verdict.student / verdict.assignment / name
        try:
            write_file(path.with_name(name), submission.read_file(receipt, limit=1000).decode())
        except (SubmissionFault, UnicodeDecodeError):
            remove_file(path.with_name(name))  # not handed in through the exchange: nothing to name the page by


def stands(course: Course, store: VerdictStore, key: str, item: Submission, entry: Entry) -> bool:
    """Whether a submission's verdict is written down, all of it, for this very time of handing in."""
    current = store.current(item.student, item.assignment) == key
    return current and is_written(course, entry) and store.archive.knows(item, submitted_at(course, item))


def is_written(course: Course, entry: Entry) -> bool:
    """Whether the files of a verdict are where they belong."""
    folder = course.root / "autograded" / entry.verdict.student / entry.verdict.assignment
    notebook = folder / f"{entry.verdict.assignment}.ipynb"
    return feedback_path(course, entry.verdict).is_file() and (entry.notebook is None or notebook.is_file())


def page_at(path: Path) -> str:
    """A page that was written before; "" where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def feedback_path(course: Course, verdict: Verdict) -> Path:
    """Where a student's page lies, as nbgrader's release_feedback expects it."""
    return course.root / "feedback" / verdict.student / verdict.assignment / f"{verdict.assignment}.html"


def submitted_at(course: Course, item: Submission) -> datetime | None:
    """When a submission was handed in, by nbgrader's timestamp.txt; None where there is none that can be read."""
    from nbgrader.utils import parse_utc

    path = course.root / "submitted" / item.student / item.assignment / "timestamp.txt"
    try:
        stamp: datetime = parse_utc(submission.read_file(path, limit=1000).decode().strip())
    except (SubmissionFault, OSError, ValueError, OverflowError, AttributeError, TypeError):
        return None  # the file may have come from the student: anything may stand in it
    return stamp
