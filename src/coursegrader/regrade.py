"""Grade old submissions again by the checks of today, from the archive, and say whose points move and why before anything is written.

Each new verdict goes into the store as it comes: what Ctrl-C cuts off, the next run takes up where it stopped.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from coursegrader import __version__, submission, worker
from coursegrader.archive import Attempt
from coursegrader.changes import Plan, plan, why_between, write
from coursegrader.course import Course
from coursegrader.dispatch import Task, results
from coursegrader.errors import MachineFault
from coursegrader.grade import register
from coursegrader.gradebook import GradebookWriter
from coursegrader.sandbox.confinement import Mode
from coursegrader.schedule import Ticket
from coursegrader.settle import settle_attempts
from coursegrader.standing import weigh
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.store_schema import REGRADE
from coursegrader.student_files import submitted_at
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict

Progress = Callable[[int, int, Verdict | None], None]


@dataclass
class Regrade:
    """What regrading found.

    Attributes:
        plans: of every student for whom anything differs.
        same: how many students keep every outcome.
        faults: student -> why the machine could not grade.
    """

    plans: list[Plan] = field(default_factory=list)
    same: int = 0
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Work:
    item: Submission
    attempt: Attempt
    key: str


class _Desk:
    """Hands out submissions in their order."""

    def __init__(self, work: Sequence[_Work]) -> None:
        self._waiting = deque(work)

    def draw(self) -> Task | None:
        """The next one."""
        if not self._waiting:
            return None
        one = self._waiting.popleft()
        return Task(Ticket(one.item.student), one.item, one.key, None)

    def came_back(self, task: Task, stuck: float) -> None:
        """Nothing runs out of patience here."""
        raise AssertionError("a task without a limit of patience came back")

    def __len__(self) -> int:
        return len(self._waiting)


def regrade(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    assignment: str,
    mode: Mode,
    *,
    students: Sequence[str] | None = None,
    workers: int = 0,
    progress: Progress = lambda done, total, verdict: None,
) -> Regrade:
    """Give every submission that can count a verdict of today's checks, and compare. No grade is written.

    Args:
        students: only these; None for all.
        workers: processes; 0 for one a core.
        progress: called with (done, total, verdict) after each submission.

    Raises:
        CourseFault: nothing of this assignment can be graded until its author mends it.
    """
    worker.refresh(course, assignment)
    register(course, gradebook, assignment)
    _archive_all(course, store, assignment, students)
    who = [name for name in store.archive.students(assignment) if students is None or name in students]
    version, found = course.version(assignment), Regrade()
    work = [one for name in who for one in _work(course, store, gradebook, name, assignment, version, mode)]
    todo = [one for one in work if store.find(one.key) is None]
    progress(len(work) - len(todo), len(work), None)
    done = len(work) - len(todo)
    with closing(results(course, mode, _Desk(todo), workers, None)) as outcomes:
        for task, result in chain.from_iterable(outcomes):
            done += 1
            if isinstance(result, MachineFault):
                found.faults[task.item.student] = str(result)
                progress(done, len(work), None)
                continue
            store.add(task.key, Entry(result.verdict, result.notebook, result.page))
            progress(done, len(work), result.verdict)
    for name in who:
        if name not in found.faults:
            _compare(
                course, store, gradebook, assignment, name, [one for one in work if one.item.student == name], found
            )
    return found


def apply(course: Course, store: VerdictStore, gradebook: GradebookWriter, found: Regrade) -> None:
    """Write what was found, a student at a time."""
    for one in found.plans:
        write(course, store, gradebook, one, REGRADE)


def _archive_all(course: Course, store: VerdictStore, assignment: str, students: Sequence[str] | None) -> None:
    """Keep what lies in `submitted/` and was graded before submissions were kept."""
    chosen = list(students) if students is not None else None
    for item in submission.find(Path(course.root) / "submitted", assignment, chosen):
        number = store.archive.keep(item, submitted_at(course, item))
        key = store.current(item.student, assignment)
        entry = store.find(key) if key else None
        attempt = next(one for one in store.archive.attempts(item.student, assignment) if one.number == number)
        if not attempt.key and key and entry is not None and entry.verdict.submission == item.digest:
            store.archive.graded(number, key, entry.verdict)


def _work(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    student: str,
    assignment: str,
    version: str,
    mode: Mode,
) -> list[_Work]:
    """The attempts that can count, and the last one, whose page the student reads."""
    chosen = course.assignment(assignment)
    attempts = store.archive.attempts(student, assignment)
    weighed = weigh(attempts, chosen.policy, gradebook.deadline(chosen, student).due, course.tz)
    able = [one for one in weighed if not one.over_limit]
    if chosen.policy.counts == "last":
        able = able[-1:]
    numbers = {one.attempt.number for one in able} | {one.attempt.number for one in weighed[-1:]}
    work = []
    for attempt in attempts:
        item = store.archive.submission(attempt) if attempt.number in numbers else None
        if item is not None:
            key = key_of(student, assignment, item.digest, version, __version__, mode.label)
            work.append(_Work(item, attempt, key))
    return work


def _compare(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    assignment: str,
    student: str,
    work: Sequence[_Work],
    found: Regrade,
) -> None:
    judged = {one.attempt.number: one.key for one in work}
    attempts = []
    for attempt in store.archive.attempts(student, assignment):
        key = judged.get(attempt.number)
        entry = store.find(key) if key is not None else None
        if key is not None and entry is not None:
            verdict = entry.verdict
            attempt = dataclasses.replace(
                attempt, key=key, score=verdict.score, max_score=verdict.max_score, status=verdict.status
            )
        attempts.append(attempt)
    standing = store.standing(student, assignment)
    deadline = gradebook.deadline(course.assignment(assignment), student)
    graded = [attempt for attempt in attempts if attempt.key]
    if not graded:
        return
    last = store.find(graded[-1].key)
    why: list[str] = []
    if last is not None:
        counting = settle_attempts(course, store, deadline, attempts, graded[-1].number, last).key
        if counting != standing:
            why.append(why_between(standing, counting))
    planned = plan(course, store, gradebook, student, assignment, attempts, why)
    if planned is None:
        found.same += 1
    else:
        found.plans.append(planned)
