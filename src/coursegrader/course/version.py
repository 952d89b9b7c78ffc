"""The version of an assignment: one hash over everything that decides a grade."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from coursegrader import __version__

# What is decided without running anything: a policy that changes must not have everybody's work run again.
POLICIES = frozenset({"policy", "extensions", "timezone"})
# Where and how it is graded, which is no part of a grade.
MACHINES = frozenset({"scheduler", "cache"})
OWN_POLICIES = frozenset({"policy", "release", "due"})


def course_version(root: Path, assignment_id: str, files: Iterable[str], data: Mapping[str, Any]) -> str:
    """Hash the text, the reference, the checks, the data, the configuration and the engine of one assignment.

    Args:
        root: course root.
        assignment_id: the assignment.
        files: its data files, relative to the root.
        data: the dict COURSE; other assignments, the milestones, dates and policies don't count.

    Returns:
        64 hexadecimal digits. A file that is missing counts as such, so the call never fails on an unfinished course.
    """
    checks = root / "grading_tests"
    paths = {
        root / "source" / assignment_id / f"{assignment_id}.md",
        *tracked_files(root / "reference"),
        *tracked_files(checks / assignment_id),
        checks / "conftest.py",
        checks / "misconceptions" / f"{assignment_id}.toml",
        *(root / name for name in files),
    }
    digest = hashlib.sha256()
    _feed(digest, "engine", __version__.encode())
    _feed(digest, "COURSE", _own_part(data, assignment_id))
    for path in sorted(paths):
        if path.is_file():
            _feed(digest, path.relative_to(root).as_posix(), path.read_bytes())
    return digest.hexdigest()


def tracked_files(folder: Path) -> Iterator[Path]:
    """All files under a folder, without what Python, editors and systems leave behind."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and path.suffix != ".pyc" and not any(p.startswith(".") or p == "__pycache__" for p in parts):
            yield path


def _own_part(data: Mapping[str, Any], assignment_id: str) -> bytes:
    own = {key: value for key, value in data.items() if key not in {"assignments", "milestones"} | POLICIES | MACHINES}
    own["assignment"] = [
        {key: value for key, value in entry.items() if key not in OWN_POLICIES}
        for entry in data.get("assignments", [])
        if entry.get("id") == assignment_id
    ]
    return json.dumps(own, sort_keys=True, ensure_ascii=False, default=str).encode()


def _feed(digest: Any, label: str, content: bytes) -> None:
    # Lengths first: no two different lists of files may give the same stream of bytes.
    name = label.encode()
    digest.update(len(name).to_bytes(8, "big") + name + len(content).to_bytes(8, "big") + content)
