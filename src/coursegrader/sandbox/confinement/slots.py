"""Slots: a user id and control groups that at most one child has at a time, on the whole machine."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass

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
        lock = _lock(f"coursegrader-{os.geteuid()}-{plan.uid + number}")
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


def _lock(name: str) -> int | None:
    """Bind an abstract socket: one process at a time can, and a dead one cannot forget to unlock. None when taken."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        lock.bind(f"\0{name}")
        return lock.detach()
    lock.close()
    return None
