"""Slots: a user id and control groups that at most one child has at a time, on the whole machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import cgroups
from coursegrader.sandbox.confinement.plan import SLOTS, Plan


@dataclass(frozen=True)
class Slot:
    """A slot that is taken.

    Attributes:
        uid, gid: of the child, outside its user namespace.
        groups: its control groups.
        lock: descriptor that keeps the slot taken; the kernel frees the slot if this process dies.
    """

    uid: int
    gid: int
    groups: tuple[str, ...]
    lock: int


def take(plan: Plan) -> Slot:
    """Take the first free slot of a plan.

    Raises:
        MachineFault: all are taken, or a control group could not be made.
    """
    for number in range(SLOTS):
        lock = _lock(plan.uid + number)
        if lock is None:
            continue
        as_root = os.geteuid() == 0
        uid = plan.uid + number if as_root else os.geteuid()
        gid = (uid if plan.gid is None else plan.gid) if as_root else os.getegid()
        try:
            groups = cgroups.open_groups(plan.cgroups, f"slot-{plan.uid + number}", plan.limits)
        except OSError as error:
            os.close(lock)
            raise MachineFault(f"no control group for a child: {error}", hint="run `coursegrader doctor`") from error
        if cgroups.members(groups):  # left by a grader that was killed; whoever they are, they do not get company
            os.close(lock)
            continue
        return Slot(uid, gid, groups, lock)
    raise MachineFault(f"all {SLOTS} slots are taken", hint="fewer workers, or wait until other gradings end")


def release(slot: Slot) -> None:
    """Give a slot back, once nothing lives in it."""
    cgroups.close_groups(slot.groups)
    os.close(slot.lock)


def _lock(number: int) -> int | None:
    """Lock a slot's file; the descriptor holds it, and a dead process cannot forget to unlock. None when it is taken."""
    lock = os.open(_directory() / str(number), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


@cache
def _directory() -> Path:
    """A directory of this user's own, the same for all its graders on this machine."""
    runtime = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
    for base, name in ((runtime, "coursegrader"), ("/tmp", f"coursegrader-slots-{os.geteuid()}")):
        directory = Path(base, name)
        with contextlib.suppress(OSError):
            directory.mkdir(mode=0o700, exist_ok=True)
            status = directory.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077:
                return directory
    raise MachineFault(f"no directory for locks: {runtime or '/tmp'} cannot be written, or belongs to somebody else")
