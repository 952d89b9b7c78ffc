"""Which files of the host a child needs for Python to work, and whether its user can read them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "timezone",
    "alternatives",
    "fonts",
    "mime.types",
    "locale.alias",
)
_STORES = ("/nix/store", "/gnu/store")  # distributions whose libraries lie outside /usr


@cache
def readable_paths(extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The interpreter with its environment, the system's libraries and a few files of /etc, as far as they exist.

    Args:
        extra: more paths, for example a folder of fonts.

    Returns:
        Absolute paths, none inside another; symbolic links among them stay links.
    """
    interpreter = [sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix]
    interpreter += [os.path.realpath(path) for path in interpreter]
    binary = os.path.realpath(sys.executable)
    stores = [store for store in _STORES if binary.startswith(store + "/")]
    wanted = [*_SYSTEM, *stores, *interpreter, *(f"/etc/{name}" for name in _ETC), *extra]
    return _outermost(path for path in wanted if os.path.lexists(path) and path != "/")


def unreadable(path: str, uid: int, gid: int) -> str | None:
    """The first directory or file on the way to `path` that a user with no other groups cannot pass or read; None if there is none.

    Args:
        path: absolute.
        uid, gid: of the user.
    """
    steps = [*reversed(Path(path).parents), Path(path)]
    for step in steps:
        try:
            status = step.stat()
        except OSError:
            return str(step)
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        needed = 0o1 if step.is_dir() and step != steps[-1] else 0o5 if step.is_dir() else 0o4
        if uid != 0 and (status.st_mode >> shift) & needed != needed:
            return str(step)
    return None


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        inside = any(path.startswith(outer + "/") and not Path(outer).is_symlink() for outer in kept)
        if not inside:
            kept.append(path)
    return tuple(kept)
