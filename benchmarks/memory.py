"""How much memory submissions in flight have for themselves: private pages of the confined children below a process, sampled from outside."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path


def private_mb(command: list[object], environment: dict[str, str], every: float = 0.02) -> float | None:
    """Run a command that grades, and watch the children that it confines.

    A submission in flight is a pid namespace below the command. Its memory is what its main process has for itself at the most, plus
    what its snapshots together have for themselves at the most: pages that a snapshot shares with the main process alone are nobody's own
    in one sample, and would be missed by adding up one moment. Sampling slows the run, which is therefore not the timed one.

    Returns:
        MB (10^6 bytes) of the largest submission; None where no pid namespace was seen.
    """
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, env=environment)
    base: dict[str, int] = {}
    snapshots: dict[str, int] = {}
    outside = os.readlink("/proc/self/ns/pid")
    while process.poll() is None:
        for space, members in _by_namespace(process.pid, outside).items():
            sizes = [private_bytes(pid) for pid in members]
            base[space] = max(base.get(space, 0), sum(sizes[:2]))  # the namespace's first process, and the main one
            snapshots[space] = max(snapshots.get(space, 0), sum(sizes[2:]))
        time.sleep(every)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    return max((base[space] + snapshots[space]) / 1e6 for space in base) if base else None


def private_bytes(pid: int) -> int:
    """Private_Clean + Private_Dirty of a process; 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


def descendants(pid: int) -> list[int]:
    """All processes below one, parents first."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(0), [])
        found += below
        waiting += below
    return found


def _by_namespace(pid: int, outside: str) -> dict[str, list[int]]:
    """Descendants in pid namespaces of their own: first process, main process, snapshots."""
    spaces: dict[str, list[int]] = {}
    for member in descendants(pid):
        try:
            space = os.readlink(f"/proc/{member}/ns/pid")
        except OSError:
            continue
        if space != outside:
            spaces.setdefault(space, []).append(member)
    return spaces
