"""The children of a warm parent: forked when they are asked for, or one ahead of that, confined and waiting."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from coursegrader.errors import CoursegraderError
from coursegrader.sandbox.confinement import Plan, Spawned, destroy, spawn


@dataclass(frozen=True)
class Newborn:
    """A confined child that has run nothing yet, with the trusted ends of its two channels.

    Attributes:
        key: of its plan.
        spawned: what `destroy` wants.
        control, data: descriptors for the trusted side.
    """

    key: str
    spawned: Spawned
    control: int
    data: int


class Nursery:
    """Keeps the children of this process.

    Args:
        body: what a child does with its ends of the two channels.
    """

    def __init__(self, body: Callable[[int, int], NoReturn]) -> None:
        self._body = body
        self._plans: dict[str, Plan] = {}
        self._children: dict[int, Spawned] = {}
        self._spare: Newborn | None = None

    def know(self, key: str, text: str) -> None:
        """Keep a plan under its key."""
        self._plans[key] = Plan.from_json(text)

    def give(self, key: str, number: int) -> tuple[dict[str, float], list[int]]:
        """A child with that plan, kept under the number: the one that waits, or else one forked now.

        Returns:
            Its pid, and the seconds of the fork that were waited for; pidfd and channels, to be sent. The channels are to be closed afterwards.
        """
        born, self._spare = self._spare, None
        waited = 0.0
        if born is not None and (born.key != key or _has_ended(born.spawned)):
            self._discard(born)
            born = None
        if born is None:
            born = self._bear(key)
            waited = born.spawned.fork_seconds
        self._children[number] = born.spawned
        return {"pid": born.spawned.pid, "fork_seconds": waited}, [born.spawned.pidfd, born.control, born.data]

    def prepare(self, key: str) -> None:
        """Have a child with that plan ready for the next time: nobody waits for it to be confined.

        Full modes only: in the others it would have the last student's processes as neighbours. Where it cannot be had now, for want of a slot, say,
        it is tried again when it is needed, and the reason told.
        """
        if not self._plans[key].mode.is_full:
            return
        try:
            self._spare = self._bear(key)
        except (CoursegraderError, OSError):
            self._spare = None

    def drop_spare(self) -> None:
        """Without a child that waits, from now on: what it inherited is not what the next should."""
        born, self._spare = self._spare, None
        if born is not None:
            self._discard(born)

    def destroy(self, number: int) -> None:
        """Destroy a child that was given; raises what `confinement.destroy` raises."""
        destroy(self._children.pop(number))

    def end(self) -> None:
        """Destroy them all."""
        self.drop_spare()
        for spawned in self._children.values():
            destroy(spawned)

    def disown(self) -> None:
        """In a fork of this process: the children stay the first one's. They are neither ended here nor kept alive."""
        spawned = list(self._children.values())
        if self._spare is not None:
            spawned.append(self._spare.spawned)
            _close_channels(self._spare)
        for one in spawned:
            for held in {one.pidfd, one.guard_fd, one.lifeline, one.slot.lock if one.slot else -1} - {-1}:
                os.close(held)
        self._children.clear()
        self._spare = None

    def _bear(self, key: str) -> Newborn:
        control, its_control = _channel(socket.SOCK_SEQPACKET)
        data, its_data = _channel(socket.SOCK_STREAM)
        ends = (its_control, its_data)
        try:
            spawned = spawn(self._plans[key], list(ends), lambda: self._body(*ends))
        except BaseException:
            os.close(control)
            os.close(data)
            raise
        finally:
            for end in ends:
                os.close(end)
        return Newborn(key, spawned, control, data)

    def _discard(self, born: Newborn) -> None:
        _close_channels(born)
        destroy(born.spawned)


def _channel(kind: socket.SocketKind) -> tuple[int, int]:
    """Two ends, as bare descriptors: a child inherits no object that stands for the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    return ours.detach(), theirs.detach()


def _close_channels(born: Newborn) -> None:
    os.close(born.control)
    os.close(born.data)


def _has_ended(spawned: Spawned) -> bool:
    poller = select.poll()
    poller.register(spawned.pidfd, select.POLLIN)
    return bool(poller.poll(0))
