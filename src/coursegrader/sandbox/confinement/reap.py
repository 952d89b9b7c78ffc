"""End a child, and know that nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import cgroups, first_process, slots, sweep
from coursegrader.sandbox.confinement.plan import Mode
from coursegrader.sandbox.confinement.spawn import Spawned

SECONDS = 10.0


def destroy(spawned: Spawned, patience: float = 0.0) -> int:
    """Kill a child with everything that it started, and return when nothing is left.

    Args:
        spawned: from `spawn`, by the same process, once.
        patience: seconds to wait, before the kill, for a main process that is about to end by itself.

    Returns:
        How the main process had ended, if it had before: its exit code (127 for those above), or 128 + n when signal n killed it. A
        child that still lived gives 137.

    Raises:
        MachineFault: something survived for `SECONDS`; its slot is not used again by this process.
    """
    if patience > 0 and spawned.guard_fd >= 0:
        _ends(spawned.guard_fd, patience)
    with contextlib.suppress(OSError):
        _kill(spawned)
    if spawned.lifeline >= 0:
        os.close(spawned.lifeline)
    code = _wait(spawned)
    for fd in {spawned.pidfd, spawned.guard_fd} - {-1}:
        os.close(fd)
    if spawned.slot is not None:
        _empty_slot(spawned, spawned.slot, code)
        slots.release(spawned.slot)
    if spawned.directory and os.path.lexists(spawned.directory):
        shutil.rmtree(spawned.directory, ignore_errors=True)
    return code


def _ends(pidfd: int, seconds: float) -> bool:
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _kill(spawned: Spawned) -> None:
    if spawned.mode is Mode.NONE:
        os.killpg(spawned.pid, signal.SIGKILL)
    else:
        signal.pidfd_send_signal(spawned.pidfd, signal.SIGKILL)


def _wait(spawned: Spawned) -> int:
    """Wait for the process that ends last. The kernel lets process 1 of a pid namespace end only after all others in it."""
    if spawned.guard_fd >= 0 and not _ends(spawned.guard_fd, SECONDS):
        raise MachineFault(
            f"process {spawned.guard} does not end", hint="is it waiting for a disk or a network file system?"
        )
    code = os.waitstatus_to_exitcode(os.waitpid(spawned.guard, 0)[1])
    if code < 0 and spawned.mode is Mode.REDUCED:
        return first_process.SURVIVORS  # the guard itself was killed, and nobody has looked after what it guarded
    return code if code >= 0 else 128 - code


def _empty_slot(spawned: Spawned, slot: slots.Slot, code: int) -> None:
    """Prove that the slot is empty; where no pid namespace proves it already, kill by control group and user until it is."""
    deadline = time.monotonic() + SECONDS
    by_user = spawned.mode is Mode.REDUCED and os.geteuid() == 0
    survivors = code == first_process.SURVIVORS and not by_user
    while True:
        nobody = not survivors and not cgroups.members(slot.groups)
        if by_user:
            nobody = sweep.kill_user(slot.uid) and nobody
        if nobody:
            break
        if time.monotonic() > deadline:
            raise MachineFault(
                f"processes of user {slot.uid} survive in its slot", hint="end them by hand, then grade again"
            )
        cgroups.kill(slot.groups)
        time.sleep(0.002)
    if spawned.directory:
        sweep.remove_traces(spawned.directory, slot.uid if by_user else None)
