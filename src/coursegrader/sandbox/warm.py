"""The trusted handle on a warm parent: start it, fork children from it, be sure that they are gone."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from coursegrader.errors import MachineFault
from coursegrader.sandbox import late_imports
from coursegrader.sandbox.confinement import Plan
from coursegrader.sandbox.parent import read_message, write_message

READY_SECONDS = 120.0
ORDER_SECONDS = 20.0

# What the parent is started with. Nothing of the grader's own environment: a fork can read the block its ancestor was exec'd with.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    # Threads that a notebook asks torch for wait asleep: beside other submissions, those that spin cost twenty times the work they wait for.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    # pandas imports pyarrow where it is installed, whose allocator would start a thread of its own: no fork after that.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/.matplotlib",
    "IPYTHONDIR": "/tmp/.ipython",
    "NBGRADER_EXECUTION": "autograde",
}


# Neither the working directory nor a user's packages decide what is imported. Not -I, which would ignore PYTHONHASHSEED: the
# order of a set, and so a grade, would differ from run to run.
_COMMAND = (sys.executable, "-P", "-s", "-m", "coursegrader.sandbox.parent")


@dataclass
class Child:
    """A confined child: its two channels, the means to end it, and how long its fork alone was waited for."""

    number: int
    pid: int
    pidfd: int
    control: socket.socket
    data: socket.socket
    fork_seconds: float

    def kill(self) -> None:
        """End the child and everything in its namespace, at once."""
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)


class WarmParent:
    """One warm parent, for one worker.

    Args:
        late: which of the late imports it begins with; others follow when they are asked for.
        modes: have it try the modes of isolation, too, for `tried`.

    Example:
        >>> with WarmParent() as parent:                      # doctest: +SKIP
        ...     child = parent.spawn(parent.register(plan))
    """

    def __init__(self, late: frozenset[str] = late_imports.ALL, modes: bool = False) -> None:
        """Start it. Warming up takes seconds; the first order waits for it, so that others can be busy meanwhile."""
        ours, theirs = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            [*_COMMAND, str(theirs.fileno()), ",".join(sorted(late)), *(["modes"] if modes else [])],
            env=ENVIRONMENT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
        theirs.close()
        self._use(ours, late, ready=False)
        self._trying = modes

    def _use(self, control: socket.socket, late: frozenset[str], ready: bool) -> None:
        self._control = control
        self._late = late
        self.alive = True
        self._ready = ready
        self._trying = False
        self._found: dict[str, str] | None = None
        self._numbers = 0
        self._plans: dict[int, tuple[Plan, str]] = {}

    def twin(self) -> WarmParent:
        """A copy of the warm parent, forked from it, for another worker: its imports are not paid for twice.

        Whoever may ask at the same time must take turns; plans are registered anew.
        """
        ours, theirs = socket.socketpair()
        try:
            self._ask({"do": "twin"}, [theirs.fileno()])
        finally:
            theirs.close()
        twin = WarmParent.__new__(WarmParent)
        twin._process = None
        twin._use(ours, self._late, ready=True)
        return twin

    def warm(self, late: frozenset[str]) -> None:
        """Have these late imports made, if they are not yet; between submissions only, for children have what was there when they were forked."""
        missing = late - self._late
        if missing:
            self._ask({"do": "warm", "late": sorted(missing)}, seconds=READY_SECONDS)
            self._late |= missing

    def rest(self) -> None:
        """Without the child that was made ahead, until the next is asked for."""
        self._ask({"do": "rest"})

    def tried(self) -> dict[str, str] | None:
        """What `choose.try_modes` found at its start, as mode and reason; None where it was not asked, or could not say."""
        if self._trying and self._found is None and not self._ready:
            with contextlib.suppress(MachineFault):
                self._hear()
        return self._found

    def wait(self) -> None:
        """Wait until it is warm.

        Raises:
            MachineFault: it did not start.
        """
        while not self._ready:
            self._hear()

    def _hear(self) -> None:
        """The next message of a parent that is warming up."""
        self._control.settimeout(READY_SECONDS)
        try:
            said, _ = read_message(self._control)
        except (EOFError, OSError) as error:
            self.alive = False
            raise MachineFault("the warm parent did not start", hint="run `coursegrader doctor`") from error
        self._ready = "ready" in said
        if "mode" in said:
            self._found = said

    def __enter__(self) -> WarmParent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def register(self, plan: Plan) -> str:
        """Tell the parent, once, how children are confined and what lies in their working directory.

        Returns:
            The plan's key for `spawn`, made of its content: another plan can never be taken for it.
        """
        known = self._plans.get(id(plan))
        if known is None:
            text = plan.to_json()
            known = self._plans[id(plan)] = (
                plan,
                sha256(text.encode()).hexdigest(),
            )  # holding the plan keeps its id its own
            self._ask({"do": "plan", "key": known[1], "plan": text}, answer=False)
        return known[1]

    def spawn(self, key: str, ahead: bool = False) -> Child:
        """Fork a confined child.

        Args:
            ahead: have the next one with this plan forked and confined before it is asked for, in the full modes.

        Raises:
            MachineFault: this machine refused a step of the confinement; nothing of the student's has run.
        """
        self._numbers += 1
        reply, (pidfd, control, data) = self._ask({"do": "spawn", "key": key, "id": self._numbers, "ahead": ahead})
        channels = socket.socket(fileno=control), socket.socket(fileno=data)
        return Child(self._numbers, reply["pid"], pidfd, *channels, reply["fork_seconds"])

    def destroy(self, child: Child) -> None:
        """Kill a child and return when nothing of it is left."""
        child.kill()
        child.control.close()
        child.data.close()
        os.close(child.pidfd)
        self._ask({"do": "destroy", "id": child.number})

    def _ask(
        self,
        message: dict[str, Any],
        fds: list[int] | None = None,
        answer: bool = True,
        seconds: float = ORDER_SECONDS,
    ) -> tuple[dict[str, Any], list[int]]:
        self.wait()
        self._control.settimeout(seconds)
        try:
            write_message(self._control, message, fds)
            if not answer:
                return {}, []
            reply, received = read_message(self._control, 3)
        except (EOFError, OSError) as error:
            self.alive = False
            raise MachineFault("the warm parent has stopped", hint="run `coursegrader doctor`") from error
        if "error" in reply:
            raise MachineFault(f"the sandbox refused: {reply['error']}", hint="run `coursegrader doctor`")
        return reply, received

    def close(self) -> None:
        """End the parent; it destroys what children it still has."""
        self.alive = False
        self._control.close()
        if self._process is None:  # a twin ends by itself when its channel closes
            return
        if not self._ready:  # it has no children yet, and need not finish warming up
            self._process.kill()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_shared: WarmParent | None = None


def shared(late: frozenset[str] = late_imports.ALL, modes: bool = False) -> WarmParent:
    """This process's warm parent, started at the first call, and again if it has died; the arguments are for the start.

    Call it early: it warms up while this process imports what it needs.
    """
    global _shared
    if _shared is None or not _shared.alive:
        _shared = WarmParent(late, modes)
        atexit.register(_shared.close)
    return _shared


def tried() -> dict[str, str] | None:
    """What this process's warm parent found out about isolation; None where there is none, or it was not asked."""
    return _shared.tried() if _shared is not None else None


def share_twin(turn: AbstractContextManager[Any]) -> None:
    """In a forked worker: from now on this process's warm parent is a twin of the one it inherited.

    Args:
        turn: a lock that all workers share.
    """
    global _shared
    with turn:
        _shared = shared().twin()
