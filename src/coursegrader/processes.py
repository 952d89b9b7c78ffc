"""A pool of processes forked from this one that ends even where some of them died in the middle of something."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from coursegrader.logs import log

_LOG = log("pipeline")
ENDING_SECONDS = 10.0  # for a process to end when there is nothing left to do


class Processes(ProcessPoolExecutor):
    """`ProcessPoolExecutor` whose processes are all forked at the first task, and end with it.

    Args:
        number: how many.
        start: called in each with a lock that all of them share, before its first task.

    Attributes:
        forked: the processes; none before the first task.

    Example:
        >>> with Processes(2) as pool:
        ...     pool.submit(abs, -3).result()
        3
    """

    def __init__(self, number: int, start: Callable[[Any], None] = lambda turn: None) -> None:
        context = get_context("fork")
        super().__init__(number, context, start, (context.Lock(),))
        self.forked: tuple[BaseProcess, ...] = ()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As any executor's."""
        future = super().submit(fn, *args, **kwargs)
        if not self.forked:
            self.forked = tuple(self._processes.values())
            # Tasks and results go through pipes. As long as this process has the workers' ends, too, it waits for ever when they have died: to write
            # a task that does not fit (https://github.com/python/cpython/issues/94777; Python 3.11.2 has it), to read the rest of a result.
            self._call_queue._reader.close()  # type: ignore[attr-defined]
            self._result_queue._writer.close()  # type: ignore[attr-defined]
        return future

    def check(self) -> None:
        """End all where one has died: to be called when nothing has come for a while.

        The pool sees by itself that a process has died, and breaks, except when it has read the beginning of a result: it waits for the rest, and
        the others for their turn to write. A broken pool's futures raise `BrokenProcessPool`.
        """
        if any(not process.is_alive() for process in self.forked):
            self.terminate()

    def terminate(self) -> None:
        """End the processes in the middle of what they do."""
        for process in self.forked:
            process.terminate()

    def end(self, seconds: float = ENDING_SECONDS) -> None:
        """End processes that have nothing to do any more; who does not go by itself within that time is killed.

        `shutdown` alone would wait for ever: of idle processes one reads the queue of tasks and holds its lock, and where that one is killed just
        now the others never learn that they are to end.
        """
        self.shutdown(wait=False)
        waiting: dict[Any, BaseProcess] = {process.sentinel: process for process in self.forked}
        until = time.monotonic() + seconds
        while waiting and (left := until - time.monotonic()) > 0:
            for gone in wait(list(waiting), left):
                waiting.pop(gone, None)
        for process in waiting.values():
            _LOG.write("process would not end", pid=process.pid)
            process.kill()
            process.join(seconds)
