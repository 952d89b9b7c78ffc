"""Which system calls a student's code may make: an allowlist, with arguments checked where a call is a door.

What is not listed fails with EPERM, so that libraries that merely try something go on. A few calls that no notebook makes by accident
end the process instead.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from coursegrader.sandbox.confinement import bpf
from coursegrader.sandbox.confinement.kernel import call
from coursegrader.sandbox.confinement.syscall_numbers import MACHINE, numbers

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek open openat creat close close_range dup dup2 dup3
    flock fsync fdatasync truncate ftruncate fallocate sendfile copy_file_range fadvise64 readahead stat fstat lstat newfstatat
    statx access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir statfs fstatfs rename renameat
    renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown
    fchownat utime utimes utimensat futimesat umask mknod mknodat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
"""
_MEMORY = """
    mmap munmap mremap mprotect brk madvise mincore msync mlock mlock2 munlock membarrier get_mempolicy rseq set_robust_list
    get_robust_list set_tid_address arch_prctl futex futex_waitv
"""
_PROCESSES = """
    fork vfork execve exit exit_group wait4 waitid getpid getppid gettid getpgrp getpgid setpgid getsid setsid rt_sigaction
    rt_sigprocmask rt_sigpending rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm getitimer setitimer timer_create
    timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime nanosleep clock_nanosleep
    clock_gettime clock_getres gettimeofday time times getrusage restart_syscall sched_yield sched_getaffinity
    sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority
    capget getrlimit setrlimit uname sysinfo getcpu getuid geteuid getgid getegid getresuid getresgid getgroups getrandom pidfd_open
"""
_WAITING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd
    signalfd4 pipe pipe2
"""
# Sockets exist only as AF_UNIX (see `socket` below): DataLoader workers hand tensors over through them.
_SOCKETS = """
    bind connect listen accept accept4 getsockname getpeername sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown setsockopt
    getsockopt
"""
_SIGNALS = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"
_ATTACKS = """
    ptrace process_vm_readv process_vm_writev bpf kexec_load kexec_file_load init_module finit_module delete_module userfaultfd
    open_by_handle_at pivot_root reboot pidfd_getfd iopl ioperm modify_ldt perf_event_open add_key request_key keyctl
"""
# Callers fall back only on ENOSYS: glibc from clone3 (whose flags lie in memory, out of a filter's sight) to clone.
_ABSENT = "clone3 openat2 map_shadow_stack io_uring_setup"

_NAMESPACES = 0x7E020000  # every CLONE_NEW* that clone takes
_CLONE_PARENT = 0x00008000
_AF_UNIX = 1
# isatty, window size, bytes waiting, non-blocking, close-on-exec on and off. Not TIOCSTI, which types into a terminal.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# Parent-death signal, dumpable (read), name, capability bounds (read), seccomp (read), no_new_privs, names for memory regions.
_PRCTLS = (1, 2, 3, 15, 16, 21, 23, 38, 39, 0x53564D41)
# Have the kernel signal any process of the same user (F_SETOWN, F_SETSIG, F_SETOWN_EX), watch or block others' files (leases, dnotify).
_SIGNALLING_FCNTLS = (8, 10, 15, 1024, 1026)
OWN_PID = 0x7FFFFFF1  # larger than any pid; stands for the process's own until `bind_to`
# Which argument decides, and its allowed values. Where it is a pid, 0 is the caller.
_ALLOWED_VALUES: dict[str, tuple[int, tuple[int, ...]]] = {
    "socket": (0, (_AF_UNIX,)),
    "ioctl": (1, _IOCTLS),
    "prctl": (0, _PRCTLS),
    "prlimit64": (0, (0,)),
    "sched_setaffinity": (0, (0,)),
    "setpriority": (1, (0,)),
    "own pid": (0, (OWN_PID,)),
}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_SET_MODE_FILTER = 1


def allowed() -> frozenset[str]:
    """Names of the calls that are allowed whatever their arguments."""
    return frozenset((_FILES + _MEMORY + _PROCESSES + _WAITING + _SOCKETS).split())


def program(machine: str = MACHINE, signals: bool = True) -> bytes:
    """The filter.

    Args:
        machine: "x86_64" or "aarch64".
        signals: whether any signal may be sent. False where neither a pid namespace nor Landlock bounds who receives it: then only
            `raise` and `abort` work, and only in the process whose pid `bind_to` wrote in.

    Returns:
        An array of `struct sock_filter`.

    Raises:
        KeyError: another machine.
    """
    number = numbers(machine)
    table: dict[int, int | str] = {}

    def put(names: str, outcome: int | str) -> None:
        table.update((number[name], outcome) for name in names.split() if name in number)

    put(" ".join(allowed()), bpf.ALLOW)
    put(_ATTACKS, bpf.KILL)
    put(_ABSENT, bpf.deny(errno.ENOSYS))
    put(_SIGNALS, bpf.ALLOW if signals else "own pid")
    if not signals:
        put("pidfd_send_signal", bpf.deny(errno.EPERM))
    for name in ("clone", "fcntl", *_ALLOWED_VALUES):
        if name in number:
            put(name, name)
    put("socketpair", "socket")

    result = bpf.Program()
    result.load(bpf.ARCH_OFFSET)
    result.unless(bpf.EQUAL, _AUDIT_ARCH[machine], bpf.KILL)
    result.load(bpf.NUMBER_OFFSET)
    if machine == "x86_64":
        result.when(bpf.AT_LEAST, _X32_BIT, bpf.KILL)
    result.search(table, bpf.deny(errno.EPERM))
    _argument_checks(result)
    return result.assemble()


def _argument_checks(result: bpf.Program) -> None:
    refused = bpf.deny(errno.EPERM)
    result.label("clone")
    result.load(bpf.argument_offset(0))
    result.when(bpf.ANY_BIT, _NAMESPACES | _CLONE_PARENT, refused)
    result.verdict(bpf.ALLOW)
    result.label("fcntl")
    result.load(bpf.argument_offset(1))
    for command in _SIGNALLING_FCNTLS:
        result.when(bpf.EQUAL, command, refused)
    result.verdict(bpf.ALLOW)
    for name, (index, values) in _ALLOWED_VALUES.items():
        result.label(name)
        if name == "setpriority":
            result.load(bpf.argument_offset(0))
            result.unless(bpf.EQUAL, 0, refused)
        result.load(bpf.argument_offset(index))
        for value in values:
            result.when(bpf.EQUAL, value, bpf.ALLOW)
        result.verdict(refused)


def bind_to(filter_: bytes, pid: int) -> bytes:
    """The filter with the process's own pid in place of the stand-in."""
    stand_in = struct.pack("<HBBI", bpf.EQUAL, 0, 1, OWN_PID)
    return filter_.replace(stand_in, struct.pack("<HBBI", bpf.EQUAL, 0, 1, pid))


def install(filter_: bytes) -> None:
    """Put the filter on the calling thread and its descendants, for good. Needs no_new_privs."""
    buffer = ctypes.create_string_buffer(filter_, len(filter_))
    header = struct.pack("<HxxxxxxQ", len(filter_) // 8, ctypes.addressof(buffer))
    call("seccomp", _SET_MODE_FILTER, 0, header)
