"""The watcher's workers: processes forked once from a warm one, kept, and replaced when one dies or the course changes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress

from coursegrader import worker
from coursegrader.course import Course
from coursegrader.errors import CourseFault
from coursegrader.patience import Patience
from coursegrader.processes import Processes
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.submission import Submission
from coursegrader.worker import Result


def _ready(seconds: float) -> int:
    """A first task for each worker: it holds one until all are started."""
    time.sleep(seconds)
    return os.getpid()


class Desk:
    """Grades submissions in processes that stay.

    Args:
        course: its configuration.
        mode: how student code is confined.
        workers: processes; 0 for one a core.
        assignments: whose checks are collected before the fork, once for all; others are collected by each worker when they come.
    """

    def __init__(self, course: Course, mode: Mode, workers: int, assignments: Iterable[str]) -> None:
        self.root, self.mode = course.root, mode
        self.width = workers or os.cpu_count() or 1
        self.versions: dict[str, str] = {}
        engine = worker.engine_for(course.root, mode)
        for assignment in assignments:
            with suppress(CourseFault):  # told when somebody hands it in
                engine.prepare(assignment)
                self.versions[assignment] = course.version(assignment)
        shared().wait()
        self._pool = Processes(self.width, worker.start)
        for future in [self._pool.submit(_ready, 0.05) for _ in range(self.width)]:
            future.result()

    def is_current(self, course: Course, assignment: str) -> bool:
        """Whether the workers know the assignment as its files are now."""
        version = course.version(assignment)
        return self.versions.setdefault(assignment, version) == version

    def start(self, item: Submission, seconds: float | None = None) -> Future[Result]:
        """Grade a submission, in so many seconds where others wait; its future raises what `worker.grade_one` raises, or BrokenExecutor."""
        patience = None if seconds is None else Patience(seconds)
        return self._pool.submit(worker.grade_one, self.root, self.mode, item, patience)

    def check(self) -> None:
        """Look after the workers, now and then; see `Processes.check`."""
        self._pool.check()

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after what is under way, or at once."""
        if at_once:
            self._pool.terminate()
        self._pool.shutdown(wait=at_once, cancel_futures=at_once)
