"""The promises of a mode, put to the test one by one: attacks, destruction, honest work. Each in a child of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

from coursegrader.sandbox.confinement import Spawned, arena, attacks, bombs, cgroups, destroy, honest, landlock, spawn
from coursegrader.sandbox.confinement.plan import FIRST_UID, SLOTS, Mode, Plan
from coursegrader.sandbox.confinement.report import Finding

_ATTACK_SECONDS = 60.0
# What only full confinement can hold; elsewhere it is said, and grading goes on.
_KNOWN_LIMITS = {
    Mode.REDUCED: {"connect_unix_socket", "fill_disk", "fill_shared_memory", "many_files", "no_file_is_left"},
}


class Child:
    """A confined child that writes to a pipe."""

    def __init__(self, plan: Plan, body: Callable[[Callable[[bytes], None]], None]) -> None:
        def run() -> NoReturn:
            body(lambda message: _send(write, message))
            os._exit(0)

        self._read, write = os.pipe()
        try:
            self._spawned: Spawned | None = spawn(plan, [write], run)
        except BaseException:
            os.close(self._read)
            raise
        finally:
            os.close(write)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        os.close(self._read)

    def read(self, seconds: float = _ATTACK_SECONDS) -> bytes | None:
        """The next message; empty when every holder of the pipe has ended; None when nothing came."""
        return os.read(self._read, 1 << 16) if select.select([self._read], [], [], seconds)[0] else None

    def end(self) -> None:
        """Destroy the child."""
        if self._spawned is not None:
            destroy(self._spawned)
            self._spawned = None


def _send(fd: int, message: bytes) -> None:
    os.write(fd, message)


def attack(plan: Plan, target: arena.Target) -> Iterator[Finding]:
    """Let every attack loose."""
    for weapon in (*attacks.ATTACKS, *bombs.BOMBS):
        name = weapon.__name__
        if weapon is bombs.memory_of_many and not cgroups.limits_memory(plan.cgroups):
            yield Finding(name, False, "not tried: nothing here limits the memory of a whole submission", False)
            continue
        with Child(plan, partial(_answer, partial(arena.run, weapon, target))) as child:
            said = child.read()
        held, text = (
            json.loads(said) if said else (said is not None, "the child was ended" if said is not None else "no answer")
        )
        yield Finding(name, held, text, _essential(plan, name))


def _answer(work: Callable[[], str], write: Callable[[bytes], None]) -> None:
    write(work().encode())


def _essential(plan: Plan, name: str) -> bool:
    if name == "connect_abstract_socket" and plan.mode is Mode.REDUCED:
        return landlock.bounds_signals(landlock.abi())  # older versions have no rule for it
    return name not in _KNOWN_LIMITS.get(plan.mode, ())


def destroy_child(plan: Plan, target: arena.Target) -> Iterator[Finding]:
    """Leave a daemon and files, destroy the child, look for them."""
    name = f"left-{target.secret}"

    def body(write: Callable[[bytes], None]) -> None:
        bombs.leave_a_daemon()
        bombs.leave_files(name)
        write(b"ready")
        time.sleep(60)

    with Child(plan, body) as child:
        ready = child.read() == b"ready"
        child.end()
        ended = child.read(2) == b""  # the daemon holds the pipe open for as long as it lives
    yield Finding("destroy_ends_all", ready and ended, "the daemon ended" if ended else "a daemon survived")
    left = [directory for directory in ("/tmp", "/var/tmp", "/dev/shm") if Path(directory, name).exists()]
    for directory in left:
        Path(directory, name).unlink()
    yield Finding(
        "no_file_is_left", not left, f"a file in {left}" if left else "no file", _essential(plan, "no_file_is_left")
    )


def kill_everybody(plan: Plan, target: arena.Target) -> Finding:
    """Kill everybody one may, and see whether a bystander lives."""
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        with Child(plan, partial(_kill, target, bystander.pid)) as child:
            tried = child.read() == b"done"
        lives = bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
    return Finding("kill_everybody", tried and lives, "a bystander lives" if lives else "a bystander was killed")


def _kill(target: arena.Target, bystander: int, write: Callable[[bytes], None]) -> None:
    """All, where nobody else can be meant: as process 2 of a fresh pid namespace, or as a powerless user of the slots. Else only one."""
    alone = os.getpid() == 2 or set(os.getresuid()) <= set(range(FIRST_UID, FIRST_UID + SLOTS))
    powerless = attacks.keep_privileges(target) is None
    with contextlib.suppress(OSError):
        os.kill(-1 if alone and powerless else bystander, signal.SIGKILL)
    write(b"done")


def work(plan: Plan) -> Iterator[Finding]:
    """Do what honest notebooks do."""
    for task in honest.WORK:
        with Child(plan, partial(_answer, partial(honest.run, task))) as child:
            said = (child.read() or b"the child was ended").decode()
        yield Finding(task.__name__, said == "done", said)
