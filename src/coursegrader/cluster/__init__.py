"""Grading on a Dask cluster: the same pipeline, the same verdicts, no shared disk.

The course travels once to each worker as a bundle known by its content; a task carries a submission's bytes there and a result's bytes back.
Scheduler, workers and coordinator trust one another (Dask itself pickles between them; use TLS); what a student wrote is never unpickled: it
stays bytes until the confined child runs it. Heavy imports happen only when a cluster is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursegrader.cluster.place import Scheduler, scheduler_of

if TYPE_CHECKING:
    from coursegrader.cluster.executor import ClusterExecutor

__all__ = ["ClusterExecutor", "Scheduler", "scheduler_of"]


def __getattr__(name: str) -> Any:
    if name == "ClusterExecutor":  # it imports torch
        from coursegrader.cluster.executor import ClusterExecutor

        return ClusterExecutor
    raise AttributeError(name)
