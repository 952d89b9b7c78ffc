"""Give submissions out to processes, take results back, and try again what was under way when a process died.

Speaks to `concurrent.futures.Executor`: processes forked from this one by default, a cluster or anything else when given. No more is given out
than keeps the workers busy, so that memory does not grow with the number of submissions.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from coursegrader import metrics, worker
from coursegrader.course import Course
from coursegrader.errors import MachineFault, OutOfPatience
from coursegrader.logs import log
from coursegrader.patience import Patience
from coursegrader.processes import Processes
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.schedule import Ticket
from coursegrader.submission import Submission
from coursegrader.worker import Result

_LOG = log("pipeline")
CHECK_SECONDS = 5.0  # without a result, after which the processes are looked at


@dataclass(frozen=True)
class Task:
    """A submission to grade now: its place in the queue, its bytes, the address of its verdict, and how long it may take (None: all its time)."""

    ticket: Ticket
    item: Submission
    key: str
    patience: Patience | None


class Desk(Protocol):
    """Who hands out tasks: reads a submission only when it is drawn."""

    def draw(self) -> Task | None:
        """The next task; None when nothing waits."""

    def came_back(self, task: Task, stuck: float) -> None:
        """A task ran out of patience: hand it out again later. `stuck` as in `OutOfPatience`."""

    def __len__(self) -> int:
        """How many wait."""


Outcome = tuple[Task, Result | MachineFault]
Ended = tuple[Task, Result | MachineFault | None]


def results(
    course: Course, mode: Mode, desk: Desk, workers: int, executor: Executor | None
) -> Generator[list[Outcome], None, None]:
    """Grade what the desk hands out, in any order.

    Yields:
        What has ended since the last time: mostly one submission, more where they end faster than they are written down.

    What was under way when a process died is tried again, one at a time, so that what kills a process costs only itself.
    """
    suspects: deque[Task] = deque()
    others, unlucky = _Ahead(desk), _Suspects(suspects, desk)
    while suspects or others.ahead(1):
        alone = bool(suspects)
        source = unlucky if alone else others
        with _pool(course, mode, source, 1 if alone else workers, executor, alone) as pool:
            if pool is None:
                yield from _in_this_process(course, mode, source)
            else:
                for group in _under_way(course, mode, pool, source):
                    known: list[Outcome] = []
                    for task, result in group:
                        if result is None and not alone and executor is None:
                            metrics.repeated("died")
                            _LOG.write("process died", student=task.item.student, assignment=task.item.assignment)
                            suspects.append(task)
                        else:
                            known.append((task, result or MachineFault("the grading process died on it")))
                    yield known
        if executor is not None:
            fault = MachineFault("the executor is broken")
            for task in iter(source.draw, None):
                yield [(task, fault)]
            return


class _Ahead:
    """A desk that can be looked at: how many wait decides how many processes are worth starting."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._drawn: deque[Task] = deque()

    def ahead(self, number: int) -> list[Task]:
        """Up to that many tasks, drawn but not given out."""
        while len(self._drawn) < number:
            task = self.desk.draw()
            if task is None:
                break
            self._drawn.append(task)
        return list(self._drawn)

    def draw(self) -> Task | None:
        return self._drawn.popleft() if self._drawn else self.desk.draw()

    def put_back(self, task: Task) -> None:
        self._drawn.appendleft(task)


class _Suspects(_Ahead):
    """Only those that were under way when a process died."""

    def __init__(self, suspects: deque[Task], desk: Desk) -> None:
        super().__init__(desk)
        self._suspects = suspects

    def ahead(self, number: int) -> list[Task]:
        return list(self._suspects)[:number]

    def draw(self) -> Task | None:
        return self._suspects.popleft() if self._suspects else None

    def put_back(self, task: Task) -> None:
        self._suspects.appendleft(task)


def _in_this_process(course: Course, mode: Mode, source: _Ahead) -> Iterator[list[Outcome]]:
    for task in iter(source.draw, None):
        try:
            result: Result | MachineFault = worker.grade_one(course.root, mode, task.item, task.patience)
        except OutOfPatience as fault:
            source.desk.came_back(task, fault.stuck)
            continue
        except MachineFault as fault:
            result = fault
        yield [(task, result)]


def _under_way(course: Course, mode: Mode, pool: Pool, source: _Ahead) -> Iterator[list[Ended]]:
    """Results as they come; None for what was under way when a process died, after which the rest stays at the desk."""
    futures: dict[Future[Result], Task] = {}
    ended: list[Ended] = []
    broken = False
    try:
        while True:
            while len(futures) < pool.width and not broken:
                task = source.draw()
                if task is None:
                    break
                try:
                    future = pool.executor.submit(worker.grade_one, course.root, mode, task.item, task.patience)
                except BrokenExecutor:
                    broken = True
                    source.put_back(task)
                else:
                    futures[future] = task
            if ended:
                yield ended  # to be written down, while those who were free have something to do already
            if not futures:
                return
            metrics.queue(len(source.desk), len(futures))
            ended = []
            done = wait(futures, CHECK_SECONDS, FIRST_COMPLETED).done
            if not done and isinstance(pool.executor, Processes):
                pool.executor.check()
            for future in done:
                task = futures.pop(future)
                try:
                    ended.append((task, future.result()))
                except OutOfPatience as fault:
                    source.desk.came_back(task, fault.stuck)
                except MachineFault as fault:
                    ended.append((task, fault))
                except BrokenExecutor:
                    broken = True
                    ended.append((task, None))
    finally:
        for future in futures:
            future.cancel()


@dataclass(frozen=True)
class Pool:
    """Where tasks run. An executor that knows its own width (a cluster grows and shrinks) says it itself."""

    executor: Executor
    slots: int

    @property
    def width(self) -> int:
        """How many tasks are given out at a time: one more than run, so that none waits for this process."""
        return int(getattr(self.executor, "width", 0)) or self.slots


@contextmanager
def _pool(
    course: Course, mode: Mode, source: _Ahead, workers: int, executor: Executor | None, alone: bool
) -> Iterator[Pool | None]:
    """A given executor; processes forked from this one; or (None) this very process, unless a task may kill the one it runs in."""
    if executor is not None:
        yield Pool(executor, 2 * (os.cpu_count() or 1))
        return
    first = source.ahead(workers or os.cpu_count() or 1)
    if not first or (len(first) == 1 and not alone):
        yield None
        return
    # Prepared here and forked, so that workers start with everything imported and the checks collected.
    engine = worker.engine_for(course.root, mode)
    engine.prepare(first[0].item.assignment)
    shared().wait()  # it says only once that it is warm
    with Processes(len(first), worker.start) as pool:
        try:
            yield Pool(pool, 1 if alone else len(first) + 1)
            pool.end()
        except BaseException:  # Ctrl-C, say: what is under way may take minutes
            pool.terminate()
            raise
