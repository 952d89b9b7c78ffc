"""Small attacks that `probe` lets loose inside a confined child, to learn what really holds on this machine.

Each is a function that tries one thing and returns what it got; it returns None, or the kernel stops it with an error or a signal, when
the confinement holds. They use only what any student could: Python and ctypes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import stat
import struct
import sys
from pathlib import Path

from coursegrader.sandbox.confinement.arena import Attack, Target
from coursegrader.sandbox.confinement.kernel import call, prctl

_CLONE_NEWUSER = 0x10000000
_MS_REMOUNT, _MS_BIND = 32, 4096
_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 21, 39


def read_shadow(target: Target) -> str | None:
    """Read the host's password hashes."""
    return f"{len(Path('/etc/shadow').read_text())} characters of /etc/shadow"


def read_file_open_to_all(target: Target) -> str | None:
    """Read a file of the host that any user may read, as hidden tests often are."""
    return Path(target.directory, "secret.txt").read_text()


def write_outside(target: Target) -> str | None:
    """Leave a file where others would find it."""
    for directory in (target.directory, "/", "/usr", "/etc", "/var/tmp", sys.prefix, os.path.dirname(os.__file__)):
        with contextlib.suppress(OSError):
            path = Path(directory, f"left-by-{os.getpid()}")
            path.write_text("x")
            path.unlink()
            return f"a file in {directory}"
    return None


def list_host_processes(target: Target) -> str | None:
    """Find the probe, or any process outside the sandbox, in /proc."""
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit() and target.secret in Path("/proc", entry, "cmdline").read_text(errors="replace"):
                if int(entry) == os.getpid() or int(entry) == os.getppid():
                    continue
                return f"process {entry} of the host"
    return None


def read_environment_of_parent(target: Target) -> str | None:
    """Find the secret in the environment of any process, in one's own at exec, or in the C library's."""
    if target.secret in repr(dict(os.environ)):
        return "the secret in os.environ"
    with contextlib.suppress(OSError):
        if target.secret.encode() in Path("/proc/self/environ").read_bytes():
            return "the secret in /proc/self/environ"
    for pid in {target.pid, os.getppid(), 1}:
        with contextlib.suppress(OSError):
            if target.secret.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                return f"the secret in the environment of process {pid}"
    return None


def read_memory_of_others(target: Target) -> str | None:
    """Open the memory of the probe, of the first process, of the parent."""
    for pid in {target.pid, os.getppid(), 1}:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/mem", "rb") as memory:
            return f"the memory of process {pid}, open as {memory.fileno()}"
    return None


def connect_tcp(target: Target) -> str | None:
    """Connect to a server on the host."""
    with socket.create_connection(("127.0.0.1", target.port), timeout=2):
        return "a connection"


def send_udp(target: Target) -> str | None:
    """Have a datagram socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", ("127.0.0.1", target.port))
        return "a datagram sent"


def connect_abstract_socket(target: Target) -> str | None:
    """Connect to an abstract unix socket of the host."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{target.abstract}")
        return "a connection"


def connect_unix_socket(target: Target) -> str | None:
    """Connect to a unix socket of the host that is open to all."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{target.directory}/socket")
        return "a connection"


def open_other_sockets(target: Target) -> str | None:
    """Have a socket to the kernel, to the hypervisor, to raw packets."""
    for family, kind in (
        (16, socket.SOCK_RAW),
        (40, socket.SOCK_STREAM),
        (17, socket.SOCK_RAW),
        (38, socket.SOCK_SEQPACKET),
    ):
        with contextlib.suppress(OSError), socket.socket(family, kind):
            return f"a socket of family {family}"
    return None


def signal_the_probe(target: Target) -> str | None:
    """Send (nothing) to a process outside, by its number on the host."""
    if target.full and target.pid < 200:
        return None  # in a namespace of its own that number may be one of the child's
    os.kill(target.pid, 0)
    return "a signal to the probe"


def signal_through_a_file(target: Target) -> str | None:
    """Have the kernel send the signal, as owner of a pipe's events."""
    read, _ = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, target.pid)
    return "the probe would get signals from a pipe"


def change_mounts(target: Target) -> str | None:
    """Ask for a change of mounts that comes to nothing even for those who may: they are told that /usr/bin is no mount of its own."""
    try:
        call("mount", b"none", b"/usr/bin", b"none", _MS_REMOUNT | _MS_BIND, 0)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return "mounts may be changed"


def new_namespace(target: Target) -> str | None:
    """Become root of a user namespace, by either call."""
    with contextlib.suppress(OSError):
        call("unshare", _CLONE_NEWUSER)
        return "a user namespace by unshare"
    pid = call("clone", _CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return "a user namespace by clone"


def trace_a_process(target: Target) -> str | None:
    """Be traced, and so trace."""
    call("ptrace", 0, 0, 0, 0)
    return "ptrace"


def kernel_doors(target: Target) -> str | None:
    """Use calls of the kernel that have a history of holes."""
    doors: tuple[tuple[str, tuple[int | bytes, ...]], ...] = (
        ("io_uring_setup", (1, bytes(120))),
        ("memfd_create", (b"x", 0)),
        ("setns", (0, 0)),
        ("name_to_handle_at", (-100, b"/", bytes(256), bytes(8), 0)),
        ("shmget", (0, 4096, 0o1600)),
        ("msgget", (0, 0o1600)),
        ("semget", (0, 1, 0o1600)),
        ("personality", (0xFFFFFFFF,)),
        ("inotify_init1", (0,)),
        ("syslog", (10, 0, 0)),
    )
    for name, arguments in doors:
        with contextlib.suppress(OSError):
            call(name, *arguments)
            return name
    return None


def load_a_program(target: Target) -> str | None:
    """Load a program into the kernel."""
    call("bpf", 0, bytes(128), 128)
    return "bpf"


def use_a_keyring(target: Target) -> str | None:
    """Leave something in the kernel's key store."""
    call("add_key", b"user", b"coursegrader-probe", b"x", 1, -3)
    return "a key"


def keep_privileges(target: Target) -> str | None:
    """Be root, have a capability or the chance of one, or be without the filter."""
    if 0 in os.getresuid() + os.getresgid():
        return "user or group 0"
    sets = ctypes.create_string_buffer(24)
    call("capget", struct.pack("<Ii", 0x20080522, 0), ctypes.addressof(sets))
    if any(sets.raw):
        return f"capabilities {sets.raw.hex()}"
    if prctl(_PR_GET_NO_NEW_PRIVS) != 1 or prctl(_PR_GET_SECCOMP) != 2:
        return "no_new_privs or seccomp is off"
    return None


def inherit_descriptors(target: Target) -> str | None:
    """Find a descriptor that was not meant for the child."""
    expected = {0, 1, 2, *target.kept}
    for fd in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            if fd not in expected and not _is_own_pipe(fd):
                return f"descriptor {fd}"
    return None


def _is_own_pipe(fd: int) -> bool:
    """The runner's pipe to this attack is the only descriptor that is not the child's own."""
    return stat.S_ISFIFO(os.fstat(fd).st_mode)


ATTACKS: tuple[Attack, ...] = (
    read_shadow,
    read_file_open_to_all,
    write_outside,
    list_host_processes,
    read_environment_of_parent,
    read_memory_of_others,
    connect_tcp,
    send_udp,
    connect_abstract_socket,
    connect_unix_socket,
    open_other_sockets,
    signal_the_probe,
    signal_through_a_file,
    change_mounts,
    new_namespace,
    trace_a_process,
    kernel_doors,
    load_a_program,
    use_a_keyring,
    keep_privileges,
    inherit_descriptors,
)
