"""Fork a confined child from a warm parent."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import cgroups, first_process, kernel, privileges, recipe, slots, sweep
from coursegrader.sandbox.confinement.plan import Mode, Plan

_SETUP_SECONDS = 15.0
_DOCTOR = "run `coursegrader doctor`"


@dataclass(frozen=True)
class Spawned:
    """A confined child.

    Attributes:
        pid, pidfd: whom to kill to end it all: the first process of its namespace, or (reduced, off) its main process. The number is
            this process's view of it. -1 for pidfd where the system has none.
        guard, guard_fd: the child of this process to wait for; the same as pid and pidfd except in the reduced mode.
        mode: how it is confined.
        slot: what it occupies; None when off.
        lifeline: the child ends when this descriptor closes; -1 when off.
        directory: its working directory on the host, "" where it has a file system of its own.
        fork_seconds: how long the kernel took to fork, before anything was confined.
    """

    pid: int
    pidfd: int
    guard: int
    guard_fd: int
    mode: Mode
    slot: slots.Slot | None
    lifeline: int
    directory: str
    fork_seconds: float = 0.0


def spawn(plan: Plan, keep_fds: list[int], body: Callable[[], NoReturn]) -> Spawned:
    """Fork a child, confine it, and run `body` in it. Returns once the child is confined.

    Only in a process with a single thread. Nothing is imported in the child: what `body` needs must be loaded before.

    Args:
        plan: how.
        keep_fds: descriptors that stay open, under the same numbers; sockets, pipes and devices only. All others close; standard
            streams that are not kept lead nowhere.
        body: runs in the child, in its working directory; exiting or raising ends the child.

    Returns:
        The child. It holds a slot until `destroy`.

    Raises:
        MachineFault: the machine refused a step, and the child is gone.
        ValueError: a descriptor would be a way out of the sandbox.

    Example:
        >>> child = spawn(make_plan(Mode.FULL_ROOT), [], lambda: os._exit(0))        # doctest: +SKIP
        >>> destroy(child)                                                          # doctest: +SKIP
    """
    _check_descriptors(keep_fds)
    ready = recipe.recipe_for(plan)
    if plan.mode is Mode.NONE:
        return _spawn_unconfined(ready, keep_fds, body)
    _check_single_thread()
    slot = slots.take(plan)
    directory = ""
    try:
        if not plan.mode.is_full:
            directory = recipe.make_work_directory(ready, slot.uid, slot.gid)
        return _spawn_in(slot, ready, frozenset(keep_fds), directory, body)
    except BaseException as error:
        if directory:
            sweep.remove_traces(directory, None)
        slots.release(slot)
        if isinstance(error, OSError):
            raise MachineFault(f"no confined child in mode {plan.mode.value}: {error}", hint=_DOCTOR) from error
        raise


def _spawn_in(
    slot: slots.Slot, ready: recipe.Recipe, keep: frozenset[int], directory: str, body: Callable[[], NoReturn]
) -> Spawned:
    mode = ready.plan.mode
    already = _tasks_of(slot.uid) if mode is Mode.REDUCED and not ready.as_root else 0
    limits = privileges.resource_limits(ready.plan.limits, already)
    lifeline_read, lifeline = os.pipe()
    status, status_write = os.pipe()
    order = first_process.Order(
        ready, slot.uid, slot.gid, limits, lifeline_read, status_write, slot.lock, keep, directory, body
    )
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or the child would write it once more
    started = time.perf_counter()
    try:
        guard, guard_fd = kernel.clone(ready.clone_flags)
        if guard == 0:
            first_process.run(order)
        forked = time.perf_counter() - started
    except OSError:
        os.close(lifeline)
        os.close(status)
        raise
    finally:
        os.close(lifeline_read)
        os.close(status_write)
    try:
        main = _start(slot, guard, lifeline, status)
        pid, pidfd = guard, guard_fd
        if not mode.is_full:
            pid, pidfd = main, os.pidfd_open(main)
            os.write(lifeline, b"g")
    except BaseException:
        _abort(guard, guard_fd, lifeline, mode)
        raise
    finally:
        os.close(status)
    return Spawned(pid, pidfd, guard, guard_fd, mode, slot, lifeline, directory, forked)


def _start(slot: slots.Slot, guard: int, lifeline: int, status: int) -> int:
    """Put the first process into its control groups, let it go on, and wait; returns the main process's pid as the child sees it."""
    refused: OSError | None = None
    try:
        cgroups.join(slot.groups, guard)
        os.write(lifeline, b"g")
    except OSError as error:  # perhaps only because the child has already failed, and says why
        refused = error
    said = _listen(status, 1.0 if refused else _SETUP_SECONDS)
    if refused is None and said[:1] == first_process.CONFINED and said[1:].isdigit():
        return int(said[1:])
    what = said.decode("utf-8", "replace") or str(refused or "the child ended without a word")
    raise MachineFault(f"the confinement failed: {what}", hint=_DOCTOR)


def _listen(status: int, seconds: float) -> bytes:
    """What the child says of its setting up, until it closes the pipe."""
    deadline = time.monotonic() + seconds
    said = b""
    poller = select.poll()
    poller.register(status, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if poller.poll(left * 1000):
            part = os.read(status, 4096)
            if not part:
                return said
            said += part
    return b"" if said[:1] == first_process.CONFINED else said


def _abort(guard: int, guard_fd: int, lifeline: int, mode: Mode) -> None:
    os.close(lifeline)
    poller = select.poll()
    poller.register(guard_fd, select.POLLIN)
    if mode.is_full or not poller.poll(_SETUP_SECONDS * 1000):  # a guard without a namespace first ends what it guards
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(guard_fd, signal.SIGKILL)
    os.waitpid(guard, 0)
    os.close(guard_fd)


def _spawn_unconfined(ready: recipe.Recipe, keep_fds: list[int], body: Callable[[], NoReturn]) -> Spawned:
    """No protection at all: a fork with a working directory and a process group of its own."""
    directory = recipe.make_work_directory(ready, os.getuid(), os.getgid())
    pid = os.fork()
    if pid == 0:
        try:
            keep = set(keep_fds)
            os.setsid()
            os.chdir(f"{directory}/home")
            privileges.clean_environment((0, 0), f"{directory}/home", f"{directory}/tmp")
            privileges.close_descriptors(keep)
            privileges.null_standard_streams(keep)
        except BaseException:
            os._exit(first_process.SETUP_FAILED)
        first_process.run_body(body)
    pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    return Spawned(pid, pidfd, pid, pidfd, Mode.NONE, None, -1, directory)


def _check_descriptors(keep_fds: list[int]) -> None:
    for fd in keep_fds:
        kind = os.fstat(fd).st_mode
        if not (stat.S_ISSOCK(kind) or stat.S_ISFIFO(kind) or stat.S_ISCHR(kind)):
            raise ValueError(
                f"descriptor {fd} leads to a file of the host; only sockets, pipes and devices may be kept"
            )


def _check_single_thread() -> None:
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        raise MachineFault(
            f"this process has {tasks} threads; a fork of it could hang",
            hint="set OMP_NUM_THREADS=1 before torch is imported",
        )


def _tasks_of(uid: int) -> int:
    """How many tasks a user has already: RLIMIT_NPROC counts them all."""
    count = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                status = Path("/proc", entry, "status").read_text(errors="replace")
                if re.search(rf"^Uid:\s+{uid}\s", status, re.MULTILINE):
                    count += len(os.listdir(f"/proc/{entry}/task"))
    return count
