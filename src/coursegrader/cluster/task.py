"""What a Dask worker is asked: accept a course or refuse it, then bytes in and bytes out.

Scheduler and coordinator load this module too, so it imports nothing heavy; what a worker does is in `grading`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

REFUSED = b"this worker has not accepted the course"

_answers: dict[str, str] = {}


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


def accept(wanted: Wanted, content: bytes, place: Path, threads: int) -> bool:
    """Unpack a course, prepare its checks and the warm parent; or refuse it, for a reason that `answer` tells.

    Args:
        wanted: what must hold here.
        content: the bundle's bytes.
        place: folder for courses.
        threads: task threads of this worker.
    """
    from coursegrader.cluster import grading

    reason = grading.prepare(wanted, content, place, threads)
    _answers[wanted.key] = reason
    return not reason


def answer(key: str) -> str | None:
    """Why this worker refused a course; "" when it accepted it, None when it does not know it (yet)."""
    return _answers.get(key)


def grade_packed(key: str, task: bytes) -> bytes:
    """Grade a packed submission.

    Args:
        key: of what the coordinator wanted and this worker accepted.
        task: from `pack_task`.

    Returns:
        A packed result or fault; nothing is raised, so that no exception needs to be pickled. `REFUSED` from a worker that has not
        accepted the course: it grades nothing, and the task has to go elsewhere.
    """
    if _answers.get(key) != "":
        return REFUSED
    from coursegrader.cluster import grading

    return grading.grade(key, task)
