"""What a Dask worker does: prepare a course, then grade.

A worker process has several threads (its event loop, its communication), so it never forks for a student: the warm parent is a process of its
own, started by exec with a clean environment and one thread, as on a single machine (`sandbox.warm`), and children are forked from that one. Only
the worker's one task thread grades.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from coursegrader import worker
from coursegrader.cluster.bundle import Bundle, unpack
from coursegrader.cluster.match import differences, fingerprint
from coursegrader.cluster.task import Wanted
from coursegrader.cluster.wire import pack_fault, pack_result, unpack_task
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, CoursegraderError, MachineFault, OutOfPatience
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared


@dataclass(frozen=True)
class _Accepted:
    root: Path
    mode: Mode


_accepted: dict[str, _Accepted] = {}


def prepare(wanted: Wanted, content: bytes, place: Path, threads: int) -> str:
    """Make this process ready for a course.

    Returns:
        Why it is not; "" when it is.
    """
    try:
        reasons = _refusals(wanted, threads)
        if not reasons:
            mode = _mode(wanted.mode)
            root = unpack(Bundle(wanted.digest, content), place)
            version = load_course(root, only=[]).version(wanted.assignment)
            if version != wanted.version:
                raise CourseFault(
                    f"the course is version {version[:12]} here, the coordinator has {wanted.version[:12]}"
                )
            _accepted[wanted.key] = _Accepted(root, mode)
            worker.keep_only(root)
            worker.engine_for(root, mode).prepare(wanted.assignment)
            shared().wait()
    except CoursegraderError as error:
        reasons = [str(error)]
    except (
        Exception
    ) as error:  # a check's import, say: a worker that cannot prepare a course must say so and stay away from it
        reasons = [f"{type(error).__name__}: {error}"]
    if reasons:
        _accepted.pop(wanted.key, None)
    return "; ".join(reasons)


def _refusals(wanted: Wanted, threads: int) -> list[str]:
    reasons = differences(wanted.fingerprint, fingerprint())
    if threads != 1:
        reasons.append(f"this worker has {threads} threads; start it with --nthreads 1, one process a core")
    return reasons


def _mode(label: str) -> Mode:
    """This machine's mode of that label.

    Raises:
        MachineFault: it offers less.
    """
    best, why = best_mode()
    if label == Mode.NONE.label:
        return Mode.NONE
    if label == Mode.REDUCED.label and best is not Mode.NONE:
        return Mode.REDUCED
    if best.label != label:
        raise MachineFault(
            f'isolation is "{best.label}" here, wanted is "{label}": {why or "run `coursegrader doctor`"}'
        )
    return best


def grade(key: str, task: bytes) -> bytes:
    """Grade a packed submission for a course that `prepare` made ready; see `task.grade_packed`."""
    course = _accepted[key]
    try:
        torch.set_num_threads(1)  # of this thread: the setting is the thread's own
        worker.keep_only(course.root)
        item, patience = unpack_task(task)
        return pack_result(worker.grade_one(course.root, course.mode, item, patience))
    except (CourseFault, MachineFault, OutOfPatience) as fault:
        return pack_fault(fault)
