"""Where `probe` runs its attacks: each in a fork of a confined child, so that an attack that is ended ends nothing else."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass

from coursegrader.sandbox.confinement.plan import Limits

_SECONDS = 10.0


@dataclass(frozen=True)
class Target:
    """What the attacks aim at; all of it belongs to the probe.

    Attributes:
        secret: text in the probe's environment, in its secret file, and in the name of its process.
        directory: of the host, open to all, with `secret.txt` and a listening socket `socket`.
        port: where the probe listens on 127.0.0.1.
        abstract: name of its listening abstract socket.
        pid: of the probe.
        kept: descriptors that the child was given on purpose.
        limits: of the child.
        full: whether the child should live in namespaces of its own.
    """

    secret: str
    directory: str
    port: int
    abstract: str
    pid: int
    kept: tuple[int, ...]
    limits: Limits
    full: bool


Attack = Callable[[Target], str | None]


def run(attack: Attack, target: Target) -> str:
    """Run one attack in a fork.

    Returns:
        JSON: [whether it was stopped, what happened].
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os.write(write, json.dumps(_outcome(attack, target)).encode())
        os._exit(0)
    os.close(write)
    answered = bool(select.select([read], [], [], _SECONDS)[0])
    said = os.read(read, 8192) if answered else b""
    os.close(read)
    if not answered:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if said:
        return said.decode()
    if answered and os.WIFSIGNALED(status):
        return json.dumps([True, f"ended by {signal.Signals(os.WTERMSIG(status)).name}"])
    return json.dumps([False, "no answer" if answered else f"no answer within {_SECONDS:.0f} s"])


def _outcome(attack: Attack, target: Target) -> tuple[bool, str]:
    if 0 in os.getresuid():  # no mode lets a child be root; here the attack would hit the machine itself
        return False, "not tried: this process is root"
    try:
        got = attack(target)
    except (OSError, MemoryError) as error:
        return True, f"{type(error).__name__}: {error}"[:1000]
    except Exception as error:
        return False, f"the attack itself is wrong: {type(error).__name__}: {error}"
    return got is None, (got or "")[:1000] or "nothing was to be had"
