"""What a Dask worker runs: accept a course or refuse it, then bytes in and bytes out.

A worker process has several threads (its event loop, its communication), so it never forks for a student: the warm parent is a process of its
own, started by exec with a clean environment and one thread, as on a single machine (`sandbox.warm`), and children are forked from that one. Only
the worker's one task thread grades.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import torch

from coursegrader import worker
from coursegrader.cluster.bundle import Bundle, unpack
from coursegrader.cluster.match import differences, fingerprint
from coursegrader.cluster.wire import pack_fault, pack_result, unpack_task
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, CoursegraderError, MachineFault, OutOfPatience
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared


@dataclass(frozen=True)
class Wanted:
    """What a worker must offer before it gets work.

    Attributes:
        digest: of the bundle.
        assignment: id.
        version: of the course, as the coordinator has it.
        mode: of isolation: "full", "reduced" or "off".
        fingerprint: versions of the engine and its libraries.
    """

    digest: str
    assignment: str
    version: str
    mode: str
    fingerprint: dict[str, str]

    @property
    def key(self) -> str:
        """SHA-256 of all of it: what one coordinator was promised is not taken for another's."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class _Accepted:
    root: Path
    mode: Mode


_accepted: dict[str, _Accepted] = {}
_answers: dict[str, str] = {}


def resource(key: str) -> str:
    """The Dask resource that a worker has once it has accepted what is wanted: tasks go to no other worker."""
    return f"coursegrader-{key[:16]}"


def accept(wanted: Wanted, content: bytes, place: Path, threads: int) -> bool:
    """Unpack a course, prepare its checks and the warm parent; or refuse it, for a reason that `answer` tells.

    Args:
        wanted: what must hold here.
        content: the bundle's bytes.
        place: folder for courses.
        threads: task threads of this worker.
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
    _answers[wanted.key] = "; ".join(reasons)
    return not reasons


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


def answer(key: str) -> str | None:
    """Why this worker refused a course; "" when it accepted it, None when it does not know it (yet)."""
    return _answers.get(key)


def grade_packed(key: str, task: bytes) -> bytes:
    """Grade a packed submission.

    Args:
        key: of what the coordinator wanted and this worker accepted.
        task: from `pack_task`.

    Returns:
        A packed result or fault; nothing is raised, so that no exception needs to be pickled.
    """
    try:
        course = _accepted.get(key)
        if course is None:
            raise MachineFault("this worker has not accepted the course", hint="Its log says why.")
        torch.set_num_threads(1)  # of this thread: the setting is the thread's own
        worker.keep_only(course.root)
        item, patience = unpack_task(task)
        return pack_result(worker.grade_one(course.root, course.mode, item, patience))
    except (CourseFault, MachineFault, OutOfPatience) as fault:
        return pack_fault(fault)
