"""What student code left on this machine: processes, files, shared memory and other objects of the kernel's.

As root a slot's user belongs to one child at a time. Another grader on this machine may be using some of them: what lives in a slot that is locked is
not ours to judge. As an ordinary user everything that this user runs, besides the grader and its warm parent, was left behind.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from coursegrader.sandbox import warm
from coursegrader.sandbox.confinement import slots
from coursegrader.sandbox.confinement.plan import FIRST_UID, SLOTS

KEY = "0x41524E41"  # of the System V objects that the attacks make


def remove_named() -> None:
    """Remove the System V objects that attacks made on the host with confinement off; there may be none."""
    for kind in ("-M", "-S", "-Q"):
        subprocess.run(["ipcrm", kind, KEY], capture_output=True, check=False)


def left() -> list[str]:
    """Everything there is, one thing a line; a child that the warm parent made ahead, in which nothing has run, is ended first."""
    if warm._shared is not None and warm._shared.alive:
        warm._shared.rest()
    users = _free_users()
    return [*_processes(users), *_files(users), *_kernel_objects(users)]


def _free_users() -> set[int]:
    if os.geteuid() != 0:
        return {os.geteuid()}
    free = set()
    for uid in range(FIRST_UID, FIRST_UID + SLOTS):
        lock = slots._lock(uid)
        if lock is not None:
            os.close(lock)
            free.add(uid)
    return free


def _processes(users: set[int]) -> list[str]:
    parent = warm._shared._process if warm._shared is not None else None
    own = {os.getpid(), os.getppid(), parent.pid if parent is not None else 0}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid in users and int(entry.name) not in own:
                found.append(f"process {entry.name}: {(entry / 'comm').read_text().strip()}")
    return found


def _files(users: set[int]) -> list[str]:
    found = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        for path in Path(folder).glob("*"):
            with contextlib.suppress(OSError):
                if path.lstat().st_uid in users and (os.geteuid() == 0 or path.name.startswith("coursegrader-")):
                    found.append(str(path))
    return [path for path in found if not path.startswith(f"/tmp/coursegrader-slots-{os.geteuid()}")]


def _kernel_objects(users: set[int]) -> list[str]:
    """System V shared memory, semaphores and message queues."""
    found = []
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            head, *rows = Path("/proc/sysvipc", kind).read_text().splitlines()
            place = head.split().index("uid")
            found += [f"{kind} {row.split()[0]}" for row in rows if int(row.split()[place]) in users]
    return found
