"""Confinement of a child forked from a warm parent: `make_plan`, `spawn`, `destroy`, and `probe` to learn what this machine can do.

Everything is system calls through ctypes; nothing is compiled, installed or started.
"""

from __future__ import annotations

from collections.abc import Mapping

from coursegrader.sandbox.confinement import cgroups
from coursegrader.sandbox.confinement.paths import readable_paths
from coursegrader.sandbox.confinement.plan import Limits, Mode, Plan
from coursegrader.sandbox.confinement.reap import destroy
from coursegrader.sandbox.confinement.spawn import Spawned, spawn

__all__ = ["Limits", "Mode", "Plan", "Spawned", "destroy", "make_plan", "spawn"]


def make_plan(
    mode: Mode,
    limits: Limits | None = None,
    work_files: Mapping[str, bytes] | None = None,
    extra_readable: tuple[str, ...] = (),
) -> Plan:
    """A plan with what this machine offers: the running interpreter, its environment, writable control groups.

    Args:
        mode: from `probe`.
        limits: defaults to those of `Limits`.
        work_files: relative path -> content, for the child's working directory.
        extra_readable: more paths of the host that the child may read.
    """
    found = cgroups.discover() if mode is not Mode.NONE else ()
    return Plan(
        mode,
        limits or Limits(),
        readable=readable_paths(extra_readable),
        work_files=dict(work_files or {}),
        cgroups=found,
    )
