"""Everything about a plan that can be worked out before the fork, so that children only carry it out."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import landlock, paths, privileges, rootfs, seccomp
from coursegrader.sandbox.confinement.kernel import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
)
from coursegrader.sandbox.confinement.plan import Mode, Plan

_NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
_REMEMBERED = 64


@dataclass(frozen=True)
class Recipe:
    """A plan, ready to be carried out.

    Attributes:
        plan: what was asked for.
        clone_flags: namespaces of the first process.
        root: the file system to build, in the full modes.
        rules: Landlock's, without the scratch space of the reduced mode.
        landlock: its version in this kernel, 0 for none.
        filter: the seccomp program.
        as_root: whether the slot's user is another than this process's.
        last_capability: of the kernel.
        environment: where the block from exec lies.
    """

    plan: Plan
    clone_flags: int
    root: rootfs.RootFS | None
    rules: tuple[tuple[str, int], ...]
    landlock: int
    filter: bytes
    as_root: bool
    last_capability: int
    environment: tuple[int, int]


_recipes: dict[int, Recipe] = {}


def recipe_for(plan: Plan) -> Recipe:
    """The recipe of a plan, worked out at its first use.

    Raises:
        MachineFault: this machine cannot do what the plan asks, whatever its permissions.
    """
    recipe = _recipes.get(id(plan))
    if recipe is None:
        if len(_recipes) >= _REMEMBERED:
            _recipes.clear()
        recipe = _recipes[id(plan)] = _work_out(plan)  # keeps the plan, so that its id stays its own
    return recipe


def _work_out(plan: Plan) -> Recipe:
    as_root = os.geteuid() == 0
    version = landlock.abi()
    if plan.mode is Mode.FULL_ROOT and not as_root:
        raise MachineFault("mode full-root needs root", hint="choose full-user, or let `coursegrader doctor` choose")
    if plan.mode is Mode.FULL_USER and as_root:
        raise MachineFault("mode full-user is for users other than root", hint="choose full-root")
    if plan.mode is Mode.REDUCED and not version:
        raise MachineFault("the reduced mode needs Landlock, which this kernel lacks (Linux 5.13 or later has it)")
    if plan.mode is Mode.REDUCED and as_root:
        _check_interpreter(plan)
    bounded = plan.mode.is_full or as_root or landlock.bounds_signals(version)
    flags = _NAMESPACES if plan.mode.is_full else 0
    if plan.mode is Mode.FULL_USER:
        flags |= CLONE_NEWUSER
    return Recipe(
        plan=plan,
        clone_flags=flags,
        root=rootfs.prepare(plan) if plan.mode.is_full else None,
        rules=rootfs.landlock_rules(plan) if plan.mode.is_full else _reduced_rules(plan),
        landlock=version,
        filter=seccomp.program(signals=bounded) if plan.mode is not Mode.NONE else b"",
        as_root=as_root,
        last_capability=privileges.last_capability(),
        environment=privileges.environment_block(),
    )


def _check_interpreter(plan: Plan) -> None:
    """Without a file system of its own, the slot's user walks the host's directories to the interpreter."""
    for path in (sys.executable, os.__file__, sys.prefix):
        blocked = paths.unreadable(os.path.realpath(path), plan.uid, plan.uid if plan.gid is None else plan.gid)
        if blocked is not None:
            raise MachineFault(
                f"user {plan.uid} cannot read the interpreter {sys.executable}: {blocked} is closed to other users",
                hint=f"use a Python outside of it (for example /usr/bin/python3 -m venv /opt/coursegrader), or: chmod o+x {blocked}",
            )


def _reduced_rules(plan: Plan) -> tuple[tuple[str, int], ...]:
    """The host's tree stays in view; Landlock lets the child open what the full mode would have bound, and shared memory."""
    rules = [
        (path, landlock.READ)
        for path in (*plan.readable, "/sys/devices/system/cpu", "/proc/cpuinfo", "/etc/passwd", "/etc/group")
    ]
    rules += [(f"/dev/{name}", landlock.USE) for name in rootfs.DEVICES]
    return (*rules, ("/dev/shm", landlock.WRITE))


def make_work_directory(recipe: Recipe, uid: int, gid: int) -> str:
    """A working directory on the host, for the modes without a file system of their own.

    Args:
        recipe: holds the files to place.
        uid, gid: its owner.

    Returns:
        Its path; it holds `home` and `tmp`.
    """
    directory = tempfile.mkdtemp(prefix="coursegrader-", dir="/tmp" if Path("/tmp").is_dir() else None)
    home, temporary = f"{directory}/home", f"{directory}/tmp"
    for path in (home, temporary):
        Path(path).mkdir(mode=0o700)
    rootfs.fill(home, tuple(recipe.plan.work_files.items()), uid, gid)
    if recipe.as_root and recipe.plan.mode is not Mode.NONE:
        for path in (home, temporary, directory):
            os.chown(path, uid, gid)
    return directory
