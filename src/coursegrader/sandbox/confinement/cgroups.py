"""Control groups where they can be written, version 1 or 2: memory and number of processes of a slot, and a sure way to find its members.

Groups are made below the grader's own group, so that a limit put on the grader holds for what it starts.
Source: the kernel's `admin-guide/cgroup-v1/` and `admin-guide/cgroup-v2.rst`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from functools import cache
from pathlib import Path

from coursegrader.sandbox.confinement.plan import Limits

_PREFIX = "coursegrader-"
# "cpu" without any setting already shares the processor by slot, however many processes a slot has.
_CONTROLLERS = {"memory", "pids", "cpu"}
_SPARE_MEMORY = 128 << 20  # page tables, and pages of the parent that a child copies by writing to them
_REMOVALS = 10
_SPARE_TASKS = 2  # the first process of the namespace


@cache
def discover() -> tuple[str, ...]:
    """Directories in which groups for slots can be made, one a hierarchy; () when there is none. Leaves no group behind.

    Version 2 hands controllers down only from a group without processes of its own; a session's scope has some, so the slice around it,
    which systemd gives to the same user, is tried too.
    """
    found = []
    for own in _own_groups():
        around = [own.parent] if (own / "cgroup.controllers").exists() else []
        usable = [directory for directory in (own, *around) if _usable(directory)]
        limiting = [directory for directory in usable if _has(directory, "memory")]
        found += [str(directory) for directory in (limiting or usable)[:1]]
    return tuple(found)


def _usable(directory: Path) -> bool:
    """Whether a group can be made here, and a process of ours moved into it."""
    trial = directory / f"{_PREFIX}trial-{os.getpid()}"
    if not (directory / "cgroup.procs").exists():
        return False
    try:
        _prepare(directory)
        trial.mkdir()
    except OSError:
        return False
    try:
        with subprocess.Popen(["sleep", "10"], stdin=subprocess.DEVNULL) as process:
            try:
                join((str(trial),), process.pid)
            finally:
                process.kill()
    except OSError:
        return False
    finally:
        close_groups((str(trial),))
    return True


def limits_memory(parents: tuple[str, ...]) -> bool:
    """Whether one of the directories limits the memory of all processes of a slot together."""
    return any(_has(Path(parent), "memory") for parent in parents)


def open_groups(parents: tuple[str, ...], slot: str, limits: Limits) -> tuple[str, ...]:
    """Make (or find) a slot's groups and set their limits.

    Raises:
        OSError: a group could not be made or a limit not set.
    """
    groups = []
    for parent in parents:
        group = Path(parent) / f"{_PREFIX}{slot}"
        group.mkdir(exist_ok=True)
        memory = str(limits.memory_bytes + limits.disk_bytes + _SPARE_MEMORY)
        with contextlib.suppress(
            OSError
        ):  # memory and swap together: never below memory alone, so out of the way first
            (group / "memory.memsw.limit_in_bytes").write_text("-1")
        values = {
            "pids.max": str(limits.processes + _SPARE_TASKS),
            "memory.limit_in_bytes": memory,
            "memory.memsw.limit_in_bytes": memory,
            "memory.max": memory,
            "memory.swap.max": "0",
        }
        for name, value in values.items():
            if (group / name).exists():
                (group / name).write_text(value)
        groups.append(str(group))
    return tuple(groups)


def join(groups: tuple[str, ...], pid: int) -> None:
    """Move a process into a slot's groups."""
    for group in groups:
        (Path(group) / "cgroup.procs").write_text(str(pid))


def members(groups: tuple[str, ...]) -> set[int]:
    """The processes in a slot's groups, as this pid namespace numbers them."""
    pids: set[int] = set()
    for group in groups:
        with contextlib.suppress(OSError):
            pids.update(map(int, (Path(group) / "cgroup.procs").read_text().split()))
    return pids


def kill(groups: tuple[str, ...]) -> None:
    """Kill all members at once, where the kernel offers it (version 2)."""
    for group in groups:
        with contextlib.suppress(OSError):
            (Path(group) / "cgroup.kill").write_text("1")


def close_groups(groups: tuple[str, ...]) -> None:
    """Remove empty groups. One whose last member is not yet buried stays a moment longer; one that stays for good is used again."""
    for group in groups:
        for _ in range(_REMOVALS):
            try:
                Path(group).rmdir()
            except OSError:
                time.sleep(0.002)
            else:
                break


def _own_groups() -> list[Path]:
    """The grader's own group in each hierarchy that limits memory, processes or processor time, or (version 2)
    can kill a group."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return []
    own = {name: path for _, names, path in (line.split(":", 2) for line in lines) for name in names.split(",")}
    groups = []
    for mount in mounts:
        left, _, right = mount.partition(" - ")
        root, point = left.split()[3:5]
        kind, _, options = right.split()[:3]
        controllers = _unified(point) if kind == "cgroup2" else _CONTROLLERS & set(options.split(","))
        if kind not in ("cgroup", "cgroup2") or not controllers:
            continue
        path = own.get(min(controllers))
        if path is not None and (path == root or root == "/" or path.startswith(root + "/")):
            groups.append(Path(point + (path if root == "/" else path[len(root) :])))
    return sorted(set(groups))


def _unified(point: str) -> set[str]:
    """The one entry of version 2 in /proc/self/cgroup, unless root gains nothing by it: it kills by user as surely as by group."""
    limits = _CONTROLLERS & set(Path(point, "cgroup.controllers").read_text().split())
    return {""} if limits or os.geteuid() != 0 else set()


def _prepare(group: Path) -> None:
    """Version 2: hand the controllers down to sub-groups; refused where the group itself has processes, and then only killing is left."""
    available = group / "cgroup.controllers"
    if available.exists():
        for controller in _CONTROLLERS & set(available.read_text().split()):
            with contextlib.suppress(OSError):
                (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _has(group: Path, controller: str) -> bool:
    """Whether sub-groups of a group get this controller."""
    handed_down = group / "cgroup.subtree_control"
    if handed_down.exists():
        return controller in handed_down.read_text().split()
    return bool(list(group.glob(f"{controller}.*limit*")) or list(group.glob(f"{controller}.max")))
