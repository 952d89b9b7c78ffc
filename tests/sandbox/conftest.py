"""Warm parents for the confinement tests: one for this user, and as root one more for a user without privileges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coursegrader
from coursegrader.sandbox import warm

PARENT = Path(__file__).parent / "confinement_parent.py"
UNPRIVILEGED = 60990  # as root, the user who plays a grader without privileges; nobody's
ENVIRONMENT = {
    **warm.ENVIRONMENT,  # what keeps the real parent to one thread keeps this one, too
    "MPLCONFIGDIR": "/nonexistent",
    "PYTHONPATH": str(Path(coursegrader.__file__).parents[1]),
    "SECRET_OF_THE_GRADER": "canary-7f3a",
}
MODES = ("full-root", "reduced", "full-user", "reduced-user") if os.geteuid() == 0 else ("full-user", "reduced-user")


class ParentProcess:
    """A warm parent and the modes it can spawn in."""

    def __init__(self, user: int | None, pass_fds: tuple[int, ...] = ()) -> None:
        as_user: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        command = [sys.executable, "-P", str(PARENT)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            pass_fds=pass_fds,
            **as_user,
        )
        self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line that the parent says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the parent has ended"
        return dict(json.loads(line))

    def ask(self, do: str, mode: str, **order: Any) -> dict[str, Any]:
        """Give an order and return its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(
            json.dumps({"do": do, "mode": mode.removesuffix("-user") if mode == "reduced-user" else mode, **order})
            + "\n"
        )
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End the parent."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def user_of(mode: str) -> int | None:
    """Who must be the parent for a mode: None for this user."""
    return UNPRIVILEGED if os.geteuid() == 0 and mode.endswith("-user") else None


@pytest.fixture(scope="session")
def _parents() -> Iterator[dict[int | None, ParentProcess]]:
    parents: dict[int | None, ParentProcess] = {}
    yield parents
    for parent in parents.values():
        parent.close()


@pytest.fixture
def parent_for(_parents: dict[int | None, ParentProcess]) -> Any:
    """The warm parent that can spawn in a mode; skips where this machine refuses the mode."""

    def find(mode: str) -> ParentProcess:
        user = user_of(mode)
        if user not in _parents:
            _parents[user] = ParentProcess(user)
        parent = _parents[user]
        answer = parent.ask("run", mode, scenario="end_with", arguments=[0])
        if "error" in answer:
            assert "threads" not in answer["error"], answer["error"]  # this parent's own fault, not the machine's
            pytest.skip(f"{mode}: {answer['error']}")
        return parent

    return find
