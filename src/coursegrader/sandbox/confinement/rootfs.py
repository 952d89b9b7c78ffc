"""The file system that a fully confined child sees: a small read-only root with the interpreter in it, and private scratch space.

Built in the child's own mount namespace by its first process. The host's tree is detached afterwards, so what is not listed here does
not exist. Source: `mount_setattr(2)`, `move_mount(2)`, `pivot_root(2)`; Linux 5.12 or later.
"""

from __future__ import annotations

import contextlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from coursegrader.sandbox.confinement import landlock
from coursegrader.sandbox.confinement.kernel import call
from coursegrader.sandbox.confinement.plan import Plan

HOME = "/home/student"
WRITABLE = (HOME, "/tmp", "/dev/shm")
DEVICES = ("null", "zero", "full", "random", "urandom")
_CPU = "/sys/devices/system/cpu"  # what torch and the C library ask when they count processors
_FILES_KEPT = 16384  # inodes of the scratch space

_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 4
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 1, 2, 4, 8, 0x4000, 1 << 18, 2
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_NOEXEC = 1, 2, 4, 8
_LIBRARY = _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV
_DATA = _LIBRARY | _ATTR_NOEXEC
_DEVICE = _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NOEXEC


@dataclass(frozen=True)
class Bind:
    """A part of the host's tree that the child sees: where, of which kind, with which mount attributes."""

    path: str
    is_directory: bool
    attributes: int


@dataclass(frozen=True)
class RootFS:
    """A root, prepared in the parent so that the child only has to carry it out.

    Attributes:
        stage: an existing directory of the host; the new root is mounted over it, in the child's namespace only.
        binds, links, files: what to place; links are (path, target), files (path, content).
        scratch_options: size of the writable space.
        work_files: content of the working directory.
    """

    stage: str
    binds: tuple[Bind, ...]
    links: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes], ...]
    scratch_options: bytes
    work_files: tuple[tuple[str, bytes], ...]

    def enter(self, uid: int, gid: int) -> None:
        """Build the root and make it the only one. In the first process of new mount and pid namespaces, with their capabilities.

        Args:
            uid, gid: owner of the scratch space.

        Raises:
            OSError: the kernel refused a step.
        """
        os.umask(0o022)
        call("mount", b"none", b"/", 0, _MS_REC | _MS_PRIVATE, 0)  # nothing below may travel back to the host
        trees = [_copy_tree(bind) for bind in self.binds]
        stage = self.stage.encode()
        call(
            "mount", b"tmpfs", stage, b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, b"size=4m,nr_inodes=2048,mode=0755"
        )
        os.chdir(stage)
        self._place_scratch(uid, gid)
        for path, content in (*self.files, _passwd(uid), _group(gid)):
            _write(path.lstrip("/"), content)
        for path, target in self.links:
            os.makedirs(os.path.dirname(path.lstrip("/")) or ".", exist_ok=True)
            os.symlink(target, path.lstrip("/"))
        for bind, tree in zip(self.binds, trees, strict=True):
            _attach(tree, bind.path.lstrip("/"), bind.is_directory)
        os.makedirs("proc", exist_ok=True)
        # Only processes, and only those that may be inspected: no host-wide figures, no kernel settings.
        call("mount", b"proc", b"proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, b"hidepid=2,subset=pid")
        call("pivot_root", b".", b".")
        call("umount2", b".", _MNT_DETACH)
        os.chdir("/")
        _set_attributes(_AT_FDCWD, b"/", 0, _DATA)

    def _place_scratch(self, uid: int, gid: int) -> None:
        """One tmpfs for everything writable, so that one limit holds for all of it."""
        os.makedirs("scratch")
        call("mount", b"tmpfs", b"scratch", b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, self.scratch_options)
        for number, path in enumerate(WRITABLE):
            directory = f"scratch/{number}"
            os.mkdir(directory, 0o755)
            os.chown(directory, uid, gid)
            _attach(_copy_tree(Bind(directory, True, 0)), path.lstrip("/"), True)
        fill(HOME.lstrip("/"), self.work_files, uid, gid)


def prepare(plan: Plan) -> RootFS:
    """Work out, in the parent, what a plan's root consists of."""
    binds, links = [], []
    for path in plan.readable:
        if os.path.islink(path):
            links.append((path, os.readlink(path)))
        elif os.path.exists(path):
            attributes = _DATA if path.startswith("/etc/") else _LIBRARY
            binds.append(Bind(path, os.path.isdir(path), attributes))
    binds += [Bind(f"/dev/{name}", False, _DEVICE) for name in DEVICES]
    links += [
        ("/dev/fd", "/proc/self/fd"),
        *((f"/dev/{n}", f"/proc/self/fd/{i}") for i, n in enumerate(("stdin", "stdout", "stderr"))),
    ]
    files = [
        ("/etc/hosts", b"127.0.0.1 localhost\n"),
        ("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files\n"),
    ]
    for name in ("online", "possible", "present", "kernel_max"):
        with contextlib.suppress(OSError):
            files.append((f"{_CPU}/{name}", Path(_CPU, name).read_bytes()))
    stage = next(path for path in ("/tmp", "/run", "/mnt", "/dev") if os.path.isdir(path))
    options = f"size={plan.limits.disk_bytes},nr_inodes={_FILES_KEPT},mode=0711".encode()
    return RootFS(stage, tuple(binds), tuple(links), tuple(files), options, tuple(plan.work_files.items()))


def landlock_rules(plan: Plan) -> tuple[tuple[str, int], ...]:
    """What a fully confined child may do where; the same as the mounts say, once more."""
    rules = [(path, landlock.READ) for path in (*plan.readable, "/proc", "/etc", _CPU)]
    rules.append(("/", landlock.LIST))
    rules += [(f"/dev/{name}", landlock.USE) for name in DEVICES]
    return (*rules, *((path, landlock.WRITE) for path in WRITABLE))


def fill(directory: str, files: tuple[tuple[str, bytes], ...], uid: int, gid: int) -> None:
    """Write files into a working directory and give them to its user."""
    for name, content in files:
        parent = directory
        for part in name.split("/")[:-1]:
            parent = f"{parent}/{part}"
            with contextlib.suppress(FileExistsError):
                os.mkdir(parent, 0o755)
                os.chown(parent, uid, gid)
        _write(f"{directory}/{name}", content)
        os.chown(f"{directory}/{name}", uid, gid)


def _copy_tree(bind: Bind) -> int:
    recursive = _AT_RECURSIVE if bind.is_directory else 0
    tree = call("open_tree", _AT_FDCWD, os.fsencode(bind.path), _OPEN_TREE_CLONE | os.O_CLOEXEC | recursive)
    if bind.attributes:
        _set_attributes(tree, b"", _AT_EMPTY_PATH | recursive, bind.attributes)
    return tree


def _attach(tree: int, target: str, is_directory: bool) -> None:
    if is_directory:
        os.makedirs(target, exist_ok=True)
    else:
        _write(target, b"")
    call("move_mount", tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
    os.close(tree)


def _set_attributes(fd: int, path: bytes, flags: int, attributes: int) -> None:
    call("mount_setattr", fd, path, flags, struct.pack("<QQQQ", attributes, 0, 0, 0), 32)


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
    finally:
        os.close(fd)


def _passwd(uid: int) -> tuple[str, bytes]:
    return "etc/passwd", f"root:x:0:0::/:/bin/false\nstudent:x:{uid}:{uid}::{HOME}:/bin/sh\n".encode()


def _group(gid: int) -> tuple[str, bytes]:
    return "etc/group", f"root:x:0:\nstudent:x:{gid}:\n".encode()
