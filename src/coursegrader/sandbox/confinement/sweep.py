"""Ending everything that a child left, where no pid namespace does it: by user (as root) and by descent."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

SECONDS = 5.0
_NOBODY_LEFT, _SOME_LEFT = 0, 1


def bury(main: int) -> int | None:
    """Wait for all children that have ended; the wait status of `main` if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == main:
                found = status
    return found


def all_gone(uid: int | None) -> bool:
    """Kill all descendants of this process, which must adopt orphans, and as root all processes of a user.

    Args:
        uid: the slot's user, whom nobody else uses; None without root.

    Returns:
        Whether nothing is left, within `SECONDS`.
    """
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        alone = _bury_all()
        if (uid is None or kill_user(uid)) and alone:
            return True
        time.sleep(0.002)
    return False


def kill_user(uid: int) -> bool:
    """As root, kill all processes of a user, in one step that no fork can slip through.

    Returns:
        Whether none is left but dead ones that wait for a parent to bury them.
    """
    helper = os.fork()
    if helper == 0:
        code = _SOME_LEFT
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            if os.getresuid() == (uid, uid, uid) and uid != 0:
                os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            code = _NOBODY_LEFT
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1])
    return code == _NOBODY_LEFT or not living(uid)


def living(uid: int) -> list[int]:
    """Processes of a user that are not yet dead."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError):
                lines = Path("/proc", entry, "status").read_text(errors="replace").splitlines()
                status = dict(line.split(":", 1) for line in lines if ":" in line)
                if str(uid) in status["Uid"].split() and status["State"].split()[0] not in ("Z", "X"):
                    found.append(int(entry))
    return found


def descendants(pid: int) -> list[int]:
    """All living descendants of a process, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int(Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry))
    found, stack = [], [pid]
    while stack:
        below = children.get(stack.pop(), [])
        found += below
        stack += below
    return found


def remove_traces(directory: str, uid: int | None) -> None:
    """Remove a working directory and, as root, what a slot's user left in shared memory."""
    shutil.rmtree(directory, ignore_errors=True)
    if uid is None:
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir("/dev/shm"):
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == uid:
                    shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)


def _bury_all() -> bool:
    """Wait for children that have ended; returns whether none is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False
