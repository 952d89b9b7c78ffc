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

from coursegrader import __version__, cache, metrics, submission, worker
from coursegrader.course import Course
from coursegrader.dispatch import Outcome, Task, results
from coursegrader.errors import MachineFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.logs import log
from coursegrader.messages import text
from coursegrader.runs import Counts, RunLog
from coursegrader.sandbox.confinement import Mode
from coursegrader.schedule import Schedule
from coursegrader.settle import NEW, Occasion
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.store_schema import FORCED
from coursegrader.student_files import submitted_at
from coursegrader.submission import Submission
from coursegrader.verdict import Effort, Verdict
from coursegrader.worker import Result
from coursegrader.write_down import persistently, stands, write_down, write_down_new

_LOG = log("pipeline")
SAID_SECONDS = 0.2  # how often progress is said while verdicts that stand are passed over
TOGETHER = 16  # verdicts in one transaction, at most: others who write to the gradebook wait for it


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
        efforts = dict(store.efforts(assignment)) if fair and len(names) > 1 else {}
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
        given = task.patience.seconds if task.patience is not None else None
        _LOG.write("yielded", student=task.item.student, assignment=self._assignment, patience=given, stuck=stuck)

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
            self._schedule.took(Effort.of(done.verdict.timing))
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
        persistently(lambda: self._gradebook.mark_stale(item.student, self._assignment, text("record.stale"), when))

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
