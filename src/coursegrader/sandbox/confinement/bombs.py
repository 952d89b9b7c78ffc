"""Attacks on resources, for `probe`: each stays bounded even where nothing stops it."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import time

from coursegrader.sandbox.confinement.arena import Target

_CHUNK = 16 << 20
_PAGE = 4096
_FILES = 20_000


def fork_bomb(target: Target) -> str | None:
    """Start more processes than the limit allows, at one time."""
    wanted = target.limits.processes + 20
    pids: list[int] = []
    try:
        while len(pids) < wanted:
            pid = os.fork()
            if pid == 0:
                time.sleep(30)
                os._exit(0)
            pids.append(pid)
    except OSError:
        return None
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
    return f"{wanted} processes at a time"


def allocate(size: int, flags: int) -> list[mmap.mmap]:
    """Map and touch memory in chunks. Raises OSError or MemoryError at a limit."""
    held = []
    for _ in range(size // _CHUNK):
        chunk = mmap.mmap(-1, _CHUNK, flags=flags)
        for offset in range(0, _CHUNK, _PAGE):
            chunk[offset] = 1
        held.append(chunk)
    return held


def private_memory(target: Target) -> str | None:
    """Use twice the memory that the limit allows, in one process."""
    held = allocate(2 * target.limits.memory_bytes, mmap.MAP_PRIVATE)
    return f"{len(held) * _CHUNK >> 20} MiB"


def memory_of_many(target: Target) -> str | None:
    """Use three times the memory that the limit allows, in several processes at a time."""
    share = target.limits.memory_bytes * 3 // 4
    read, write = os.pipe()
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(OSError, MemoryError):
                held = allocate(share, mmap.MAP_SHARED)
                os.write(write, b"x" if held else b"")
                time.sleep(30)
            os._exit(1)
        pids.append(pid)
    os.close(write)
    reached = 0
    deadline = time.monotonic() + 5
    os.set_blocking(read, False)
    while time.monotonic() < deadline and reached < len(pids):
        with contextlib.suppress(BlockingIOError):
            reached += len(os.read(read, 16))
        if any(os.waitpid(pid, os.WNOHANG)[0] for pid in pids):
            break
        time.sleep(0.02)
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return f"{4 * share >> 20} MiB in 4 processes" if reached == len(pids) else None


def fill_disk(target: Target) -> str | None:
    """Write twice what the limit allows, in several files."""
    return _fill(os.environ["TMPDIR"], 2 * target.limits.disk_bytes)


def fill_shared_memory(target: Target) -> str | None:
    """The same, where named shared memory lies."""
    return _fill("/dev/shm", 2 * target.limits.disk_bytes)


def _fill(directory: str, size: int) -> str | None:
    block, written = bytes(_CHUNK // 4), 0
    paths: list[str] = []
    try:
        while written < size:
            path = f"{directory}/fill-{os.getpid()}-{len(paths)}"
            paths.append(path)
            with open(path, "wb", buffering=0) as file:
                for _ in range(4):
                    written += file.write(block)
    finally:
        for path in paths:
            with contextlib.suppress(OSError):
                os.unlink(path)
    return f"{written >> 20} MiB in {len(paths)} files of {directory}"


def one_large_file(target: Target) -> str | None:
    """Write one file beyond its limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = f"{os.environ['TMPDIR']}/large-{os.getpid()}"
    try:
        with open(path, "wb", buffering=0) as file:
            file.truncate(target.limits.file_bytes + 1)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return f"a file of more than {target.limits.file_bytes >> 20} MiB"


def many_descriptors(target: Target) -> str | None:
    """Open more descriptors than the limit allows."""
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(target.limits.open_files + 1)]
    return f"{len(held)} descriptors"


def many_files(target: Target) -> str | None:
    """Make more files than a notebook could need."""
    directory = f"{os.environ['TMPDIR']}/many-{os.getpid()}"
    os.mkdir(directory)
    made = 0
    try:
        while made < _FILES:
            os.close(os.open(f"{directory}/{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    finally:
        for number in range(made):
            os.unlink(f"{directory}/{number}")
    return f"{made} files"


def leave_a_daemon() -> None:
    """Start a process that has left session and parent, ignores polite signals, and keeps every inherited descriptor open."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)


def leave_files(name: str) -> None:
    """Leave a file wherever a child can write and others might find it."""
    for directory in (os.environ["TMPDIR"], "/tmp", "/var/tmp", "/dev/shm"):
        with contextlib.suppress(OSError), open(f"{directory}/{name}", "w") as file:
            file.write("x")


BOMBS = (
    fork_bomb,
    private_memory,
    memory_of_many,
    fill_disk,
    fill_shared_memory,
    one_large_file,
    many_descriptors,
    many_files,
)
