"""The Dask plugin that brings a course to every worker, those that join later included."""

from __future__ import annotations

import asyncio
import functools
import logging
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from coursegrader.cluster.task import Wanted, accept, answer


class CoursePlugin(WorkerPlugin):  # type: ignore[misc, unused-ignore]
    """Prepares a worker for a course. A worker that refuses stays in the cluster but gets no task of this course.

    Args:
        wanted: what the worker must offer.
        content: the bundle's bytes; sent once a worker.
    """

    idempotent = True  # a second coordinator of the same course finds it there

    def __init__(self, wanted: Wanted, content: bytes) -> None:
        self.name = f"coursegrader-{wanted.key[:16]}"
        self.wanted, self.content = wanted, content

    async def setup(self, worker: Any) -> None:
        """Prepare in the task thread, where it is used later; the event loop stays free for the scheduler."""
        place = Path(worker.local_directory) / "coursegrader"
        work = functools.partial(accept, self.wanted, self.content, place, worker.state.nthreads)
        accepted = await asyncio.get_running_loop().run_in_executor(worker.executors["default"], work)
        if not accepted:
            logging.getLogger("distributed.worker").error("coursegrader: refused: %s", answer(self.wanted.key))
