"""Raw system calls through ctypes: what Python's `os` does not offer, resolved once so that nothing is looked up after a fork."""

from __future__ import annotations

import ctypes
import errno
import os

from coursegrader.sandbox.confinement.syscall_numbers import NUMBERS

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_PIDFD = 0x00001000

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SFD_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC

# CDLL lets go of the interpreter lock around a call. A fork must keep it: the child would wait for a lock that nobody holds for it.
_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.restype = ctypes.c_long
_syscall_locked = ctypes.PyDLL(None, use_errno=True).syscall
_syscall_locked.restype = ctypes.c_long
_fork = ctypes.PyDLL(None, use_errno=True).fork


def call(name: str, *arguments: int | bytes) -> int:
    """Make a system call by name.

    Args:
        name: as in `syscall_numbers`.
        arguments: integers (flags, descriptors, addresses) or bytes, passed as a pointer.

    Returns:
        What the kernel returned.

    Raises:
        OSError: the kernel refused; the message names the call.

    Example:
        >>> call("getpid") == os.getpid()
        True
    """
    number = NUMBERS.get(name)
    if number is None:
        raise OSError(errno.ENOSYS, f"{name}: {os.strerror(errno.ENOSYS)}")
    return _checked(name, _syscall(ctypes.c_long(number), *map(_argument, arguments)))


def prctl(option: int, *arguments: int | bytes) -> int:
    """`prctl(2)`; unused arguments are zero, as the kernel demands of most options."""
    return call("prctl", option, *arguments, *[0] * (4 - len(arguments)))


def clone(flags: int) -> tuple[int, int]:
    """Fork with namespaces in one step.

    Unlike unshare and a second fork, the caller is the true parent: it can wait for the child, and gets a pidfd without a race.
    The child sees a C library that believes it is still in its parent's thread, so it may only set up and fork again.

    Args:
        flags: `CLONE_NEW*`.

    Returns:
        (pid, pidfd) in the parent, (0, -1) in the child.
    """
    pidfd = ctypes.c_int(-1)
    place = ctypes.c_long(ctypes.addressof(pidfd))
    arguments = (ctypes.c_long(flags | CLONE_PIDFD | 17), ctypes.c_long(0), place, ctypes.c_long(0), ctypes.c_long(0))
    pid = _checked("clone", _syscall_locked(ctypes.c_long(NUMBERS["clone"]), *arguments))
    if pid == 0:
        return 0, -1
    os.set_inheritable(pidfd.value, False)
    return pid, pidfd.value


def fork() -> int:
    """Fork through the C library, without what Python does around a fork, in a process that has a single thread.

    Python's hooks see to locks that other threads hold, and seed `random` anew; they write to three hundred pages, each of which is
    then a child's own.

    Returns:
        The child's pid in the parent, 0 in the child.
    """
    return _checked("fork", int(_fork()))


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this signal when the parent goes. Lost on a change of user: call it after the last one."""
    prctl(_PR_SET_PDEATHSIG, signal_number)


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may read this one's memory and environment through /proc."""
    prctl(_PR_SET_DUMPABLE, int(dumpable))


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent exits."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def no_new_privileges() -> None:
    """No exec raises privileges from now on, here and in all descendants."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def child_signals() -> int:
    """A descriptor that becomes readable when a child ends (SIGCHLD must be blocked)."""
    mask = ctypes.c_uint64(1 << (17 - 1))
    return call("signalfd4", -1, ctypes.addressof(mask), 8, _SFD_FLAGS)


def _argument(value: int | bytes) -> ctypes.c_long | ctypes.c_char_p:
    return ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_long(value)


def _checked(name: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result
