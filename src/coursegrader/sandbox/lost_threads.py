"""What a fork of a process with threads lacks: only the thread that forks is in it, and who waits for another one waits for ever."""

from __future__ import annotations

import contextlib
import gc
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

_set_num_threads = torch.set_num_threads
_lost = False


def are_lost() -> bool:
    """Whether the notebook had threads of Python's when this process was forked from it: a call that hangs may be waiting for one."""
    return _lost


def make_do(had_threads: bool) -> None:
    """To be called first in the fork.

    Args:
        had_threads: whether Python knew of other threads before it.
    """
    global _lost
    _lost = had_threads
    use_one_thread()
    if had_threads:
        with contextlib.suppress(Exception):  # the student may have put something else in its place
            revive_pools()


def use_one_thread() -> None:
    """torch's own threads, which a notebook may have asked for, are not there.

    OpenMP takes none where torch asks for one; so none can be asked for here.
    """
    with contextlib.suppress(Exception):
        _set_num_threads(1)
        torch.set_num_threads = lambda nthreads: None


def revive_pools() -> None:
    """Every `ThreadPoolExecutor` starts new threads when work comes in, as one does that has just been made. What it had not done yet is lost."""
    module = sys.modules["concurrent.futures.thread"]
    queues = list({id(work): work for work in module._threads_queues.values()}.values())
    if not queues:
        return
    known = set(map(id, queues))
    for owner in gc.get_referrers(*queues):
        fields: dict[str, Any] = vars(owner) if isinstance(owner, ThreadPoolExecutor) else owner
        if type(fields) is dict and id(fields.get("_work_queue")) in known:
            fields |= {
                "_threads": set(),
                "_work_queue": queue.SimpleQueue(),
                "_idle_semaphore": threading.Semaphore(0),
                "_shutdown_lock": threading.Lock(),
            }
