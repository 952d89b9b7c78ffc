"""Landlock: which files, TCP ports and outside processes a process and its descendants can reach, whatever its user may.

Source: `linux/landlock.h`; each ABI added rights, and asking for a right that the kernel does not know is an error.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from coursegrader.sandbox.confinement.kernel import call

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_CHAR, _MAKE_DIR = 1 << 4, 1 << 5, 1 << 6, 1 << 7
_MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV, _RESOLVE_UNIX = 1 << 13, 1 << 14, 1 << 15, 1 << 16
_FIRST_ABI_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV), (9, _RESOLVE_UNIX))
_NETWORK_ABI, _SCOPE_ABI, _QUIET_ABI = 4, 6, 7
_BIND_AND_CONNECT_TCP = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3
_PATH_BENEATH = 1
_GET_VERSION = 1
_NO_AUDIT_RECORDS = 1  # refusals are the student's doing; they must not fill the host's audit log

LIST = _READ_DIR
READ = _EXECUTE | _READ_FILE | _READ_DIR
USE = _READ_FILE | _WRITE_FILE
WRITE = (
    _READ_FILE
    | _READ_DIR
    | _WRITE_FILE
    | _REMOVE_DIR
    | _REMOVE_FILE
    | _MAKE_DIR
    | _MAKE_REG
    | _MAKE_SOCK
    | _MAKE_FIFO
    | _MAKE_SYM
) | (_REFER | _TRUNCATE | _RESOLVE_UNIX)
_FILE_RIGHTS = _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV


def abi() -> int:
    """The kernel's Landlock version; 0 when it has none or it is switched off."""
    try:
        return call("landlock_create_ruleset", 0, 0, _GET_VERSION)
    except OSError:
        return 0


def bounds_signals(version: int) -> bool:
    """Whether this version keeps signals inside the domain."""
    return version >= _SCOPE_ABI


def handled(version: int) -> int:
    """All file rights that this version knows; what is handled and not granted is refused."""
    return _FIRST_ABI_RIGHTS | sum(right for since, right in _LATER_RIGHTS if version >= since)


def restrict(version: int, rules: Iterable[tuple[str, int]]) -> None:
    """Confine the calling thread and its descendants. Needs no_new_privs.

    Args:
        version: `abi()`, above 0.
        rules: (path, rights); a path that does not exist is passed over.
    """
    rights = handled(version)
    attributes = struct.pack("<Q", rights)
    if version >= _NETWORK_ABI:
        attributes += struct.pack("<Q", _BIND_AND_CONNECT_TCP)
    if version >= _SCOPE_ABI:
        attributes += struct.pack("<Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = call("landlock_create_ruleset", attributes, len(attributes), 0)
    for path, granted in rules:
        _allow(ruleset, path, granted & rights)
    call("landlock_restrict_self", ruleset, _NO_AUDIT_RECORDS if version >= _QUIET_ABI else 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, fd), 12)
        call("landlock_add_rule", ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(fd)
