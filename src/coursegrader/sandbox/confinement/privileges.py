"""Giving up: user, groups, capabilities, resource limits, environment, signals. Each for good."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import struct
import sys
import tempfile
from pathlib import Path

from coursegrader.sandbox.confinement import kernel
from coursegrader.sandbox.confinement.plan import Limits

_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 28, 47, 4
# NOROOT, KEEP_CAPS off, NO_CAP_AMBIENT_RAISE, each locked: being or becoming user 0 gives no capability any more.
_SECUREBITS = 1 | 2 | 32 | 64 | 128
_CAPABILITY_VERSION_3 = 0x20080522
_THREADS_AND_ARENAS = 1 << 30  # address space that threads reserve without using it
_OOM_SCORE = b"500"

KEPT_VARIABLES = (
    *("LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX", "MPLBACKEND"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NBGRADER_EXECUTION"),
)


def last_capability() -> int:
    """The highest capability that the kernel knows."""
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    except OSError:
        return 40


def become(uid: int, gid: int, last: int) -> None:
    """Become a user without groups and without capabilities, as root.

    Args:
        uid, gid: the user.
        last: `last_capability()`, read before the fork.
    """
    _close_capability_doors(last)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    drop_capabilities()


def abandon_namespace(last: int) -> None:
    """Give up the capabilities over a user namespace; the user stays."""
    _close_capability_doors(last)
    drop_capabilities()


def drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets."""
    kernel.call("capset", struct.pack("<Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def _close_capability_doors(last: int) -> None:
    # Containers may lack CAP_SETPCAP; the sets themselves are emptied in any case, and no_new_privs keeps them so.
    with contextlib.suppress(PermissionError):
        for capability in range(last + 1):
            kernel.prctl(_PR_CAPBSET_DROP, capability)
        kernel.prctl(_PR_SET_SECUREBITS, _SECUREBITS)
    with contextlib.suppress(OSError):
        kernel.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


def resource_limits(limits: Limits, tasks_already: int = 0) -> tuple[tuple[int, tuple[int, int]], ...]:
    """Resource limits for a child of this process, to be set after the fork.

    What the parent has already mapped is not the student's: limits on memory count from there. RLIMIT_DATA bounds what a process
    writes to, and leaves out what threads merely reserve; RLIMIT_AS stands behind it for shared memory.

    Args:
        limits: of the plan.
        tasks_already: tasks that the kernel counts together with the child's because they have the same user.
    """
    pages = [int(word) for word in Path("/proc/self/statm").read_text().split()]
    page = resource.getpagesize()
    wanted = {
        resource.RLIMIT_DATA: pages[5] * page + limits.memory_bytes,
        resource.RLIMIT_AS: pages[0] * page + limits.memory_bytes + _THREADS_AND_ARENAS,
        resource.RLIMIT_NPROC: limits.processes + tasks_already,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 1 << 20,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 256,
    }
    pairs = [(kind, (_capped(kind, value), _capped(kind, value))) for kind, value in wanted.items()]
    cpu = limits.cpu_seconds
    pairs.append((resource.RLIMIT_CPU, (_capped(resource.RLIMIT_CPU, cpu), _capped(resource.RLIMIT_CPU, cpu + 2))))
    return tuple(pairs)


def _capped(kind: int, value: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def set_limits(pairs: tuple[tuple[int, tuple[int, int]], ...]) -> None:
    """Set resource limits on this process."""
    for kind, values in pairs:
        resource.setrlimit(kind, values)


def prefer_to_kill() -> None:
    """When memory runs out, the kernel takes this process before others."""
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(fd, _OOM_SCORE)
        os.close(fd)


def environment_block() -> tuple[int, int]:
    """Address and size of the block that this process got at exec; (0, 0) when unknown. It outlives every change of `os.environ`."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
    except (OSError, IndexError, ValueError):
        return 0, 0
    return (start, end - start) if 0 < start < end else (0, 0)


def clean_environment(block: tuple[int, int], home: str, temporary: str) -> None:
    """Keep a few variables, point the rest at the child's own directories, and wipe the original block.

    Args:
        block: `environment_block()`.
        home: the working directory.
        temporary: for temporary files.
    """
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    if block[0]:
        ctypes.memset(block[0], 0, block[1])
    os.environ.update(kept)
    os.environ["PATH"] = f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin"
    os.environ.update(HOME=home, TMPDIR=temporary, USER="student", LOGNAME="student")
    tempfile.tempdir = temporary  # the parent may have remembered another
    os.environ.update(MPLCONFIGDIR=f"{temporary}/.matplotlib", IPYTHONDIR=f"{temporary}/.ipython")


def reset_signals() -> None:
    """Forget the parent's handlers: what a first process of a namespace does not handle, its descendants cannot send to it."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)


def python_signals() -> None:
    """What a Python program expects: KeyboardInterrupt, errors instead of SIGPIPE, nothing blocked."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_descriptors(keep: set[int]) -> None:
    """Close all descriptors but these."""
    low = 0
    for fd in sorted(keep):
        os.closerange(low, fd)  # close_range(2) where the kernel has it
        low = fd + 1
    os.closerange(low, 1 << 20)


def null_standard_streams(keep: set[int]) -> None:
    """Point standard input, output and error at nothing, as far as they are not kept."""
    for fd in {0, 1, 2} - keep:
        null = os.open("/dev/null", os.O_RDWR)
        if null != fd:
            os.dup2(null, fd)
            os.close(null)


def pause_collector() -> bool:
    """Keep the garbage collector from touching, and so copying, the parent's pages. Returns whether it was on."""
    was_on = gc.isenabled()
    gc.disable()
    return was_on
