"""The trusted end of a submission's execution: run its cells, call its functions, keep to the deadlines.

Everything that comes back is data of base types; a student's exception, timeout, crash or odd value becomes a `CallFailed` with a name.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from coursegrader.errors import OutOfPatience
from coursegrader.outputs import clean_outputs, size_of
from coursegrader.overload import stretch
from coursegrader.sandbox import wire
from coursegrader.sandbox.warm import Child, WarmParent

GRACE_SECONDS = 1.5  # what a soft time limit may overrun before the process is killed
SNAPSHOT_SECONDS = 10.0
OUTPUTS_OF_A_SUBMISSION = 8  # times the limit of one cell: thousands of cells may each use theirs
# What ran out of time once is not waited for as long again: further calls of the same function, and further cells. What had been computing gets so
# much of the processor and the whole time by the clock, so that an honest call on a busy machine ends as on an idle one; what had been waiting
# (asleep, blocked) needs no processor, and gets so much by the clock.
SECOND_CHANCE_SECONDS = 2.0
SECOND_CHANCE_CELL_SECONDS = 5.0
WAITING_CPU_SECONDS = 0.05  # of the processor, at most, by what was waiting rather than computing
JSON_OF_OUTPUT = 6  # bytes of JSON that one character of output can take
TOLD_LINES = 120  # a line further down is not told: which of many lines fails could carry a hidden input out
NOTE = 500  # characters that say how much was left out


@dataclass(frozen=True)
class Cell:
    """A code cell to run: its name (the grade id, or a number) and its source."""

    name: str
    source: str


@dataclass
class CellOutcome:
    """How a cell went. `status` is "ok", "error", "timeout", "stopped" (it took the process with it) or "skipped"."""

    name: str
    status: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None
    cpu: float = 0.0


class CallFailed(Exception):
    """A call into the student's code that gave no value.

    Attributes:
        reason: "missing", "not_done", "raised", "timeout", "stopped" or "unsupported".
        details: what is known of it: error, builtin, message, cell, line, seconds, type.
    """

    def __init__(self, reason: str, **details: Any) -> None:
        super().__init__(reason, details)
        self.reason = reason
        self.details = details


@dataclass(frozen=True)
class Times:
    """Deadlines in seconds, wall unless the name says CPU, and the bytes of output kept of a cell.

    Those by the wall hold on a machine that keeps up; see `overload`.
    """

    cell: float = 30.0
    cell_cpu: float = 60.0
    call: float = 10.0
    call_cpu: float = 20.0
    submission: float = 300.0
    output_bytes: int = 1 << 20
    restarts: int = 3


class Session:
    """One submission in one confined child.

    Args:
        parent: the worker's warm parent.
        key: of the plan, from `WarmParent.register`.
        times: deadlines.
        patience: seconds after which the session gives up with `OutOfPatience`, where others wait for its place; None for all its time.
        ahead: whether another session with this plan will follow, so that its child is made ready meanwhile.

    Attributes:
        longest: seconds of the longest cell or call so far.
        limits_hit: cells and calls so far that ran out of time or took their process with them.

    Example:
        >>> with Session(parent, key, Times()) as session:           # doctest: +SKIP
        ...     session.run([Cell("f", "def f(x): return 2 * x")])
        ...     with session.snapshot() as snapshot:
        ...         assert snapshot.call("f", (3,)) == 6
    """

    def __init__(
        self, parent: WarmParent, key: str, times: Times, patience: float | None = None, *, ahead: bool = False
    ) -> None:
        self._parent, self._key, self._times = parent, key, times
        self._clock = wire.Clock(times.submission * stretch())
        self._patience = None if patience is None else wire.Clock(patience)
        self._first_step: float | None = None  # when it began
        self.longest = 0.0
        self.limits_hit = 0
        self._child: Child | None = parent.spawn(key, ahead)
        self.fork_seconds = self._child.fork_seconds
        self._spare: Snapshot | None = None
        self._snapshots = 0
        self._requests = 0
        # Functions that ran out of time, and whether they had been waiting; a name stays what its first time-out was.
        self.slow: dict[str | None, bool] = {}
        # Snapshots that will be asked for, where that is known: none is forked in vain, and the last is the process itself, without a fork.
        self.wanted: int | None = None
        self.call_cpu = 0.0  # seconds of the processor that calls took, by the child's own account
        self._slow_cells: bool | None = None
        self.lines: dict[str, int] = {}  # of each cell that has run
        self._output_left = times.output_bytes * OUTPUTS_OF_A_SUBMISSION

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Destroy the child, and with it every snapshot."""
        if self._child is not None:
            child, self._child = self._child, None
            self._parent.destroy(child)

    def bounded(self, seconds: float) -> wire.Clock:
        """A deadline in that many seconds, or when patience ends."""
        clock = wire.Clock(seconds)
        if self._patience is not None:
            clock.end = min(clock.end, self._patience.end)
        return clock

    def check_patience(self, since: float | None = None) -> None:
        """Give up if others have waited long enough.

        Args:
            since: when the step that is under way began, by `time.monotonic`; None between two steps.

        Raises:
            OutOfPatience: what the submission does in full time is not known.
        """
        if self._patience is not None and self._patience.end <= wire.Clock(0).end:
            fault = OutOfPatience("took longer than it was given for now")
            now, first = time.monotonic(), self._first_step
            fault.stuck = 0.0 if since is None or first is None else (now - since) / max(now - first, 1e-3)
            raise fault

    def run(self, cells: Sequence[Cell]) -> list[CellOutcome]:
        """Run the cells in order.

        A cell that takes the process with it, or cannot be stopped otherwise, is left out of a new child that repeats the cells before
        it, so that it costs only itself. After a few such restarts the cells that follow are skipped; those before count.
        """
        outcomes: list[CellOutcome] = []
        restarts = 0
        for position, cell in enumerate(cells):
            self.lines[cell.name] = cell.source.count("\n") + 1
            if self._child is None or restarts > self._times.restarts:
                outcomes.append(CellOutcome(cell.name, "skipped"))
                continue
            seconds, cpu = self._times.cell, self._times.cell_cpu
            if self._slow_cells is not None:
                seconds, cpu = _second_chance(seconds, cpu, SECOND_CHANCE_CELL_SECONDS, self._slow_cells)
            started = time.monotonic()
            outcome = self._run_cell(cell, seconds, cpu)
            outcomes.append(outcome)
            self.longest = max(self.longest, time.monotonic() - started)
            self.limits_hit += outcome.status in ("timeout", "stopped")
            if outcome.status == "timeout" and self._slow_cells is None:
                self._slow_cells = not self._lost and outcome.cpu < WAITING_CPU_SECONDS
            self._output_left = max(self._output_left - size_of(outcome.outputs), 0)
            if self._lost:
                self.close()
                restarts += 1
                self._replay(cells[:position], outcomes)
        return outcomes

    def _replay(self, cells: Sequence[Cell], outcomes: list[CellOutcome]) -> None:
        if self._clock.end - wire.Clock(0).end <= 0:
            return
        self._child = self._parent.spawn(self._key)
        for cell, outcome in zip(cells, outcomes, strict=False):
            if outcome.status in ("ok", "error"):
                self._run_cell(cell, self._times.cell, self._times.cell_cpu)  # it was in time before
                if self._lost:
                    self.close()
                    return

    _lost = False
    _last = False

    def _run_cell(self, cell: Cell, limit: float, cpu_seconds: float) -> CellOutcome:
        assert self._child is not None
        self.check_patience()
        started = time.monotonic()
        self._first_step = self._first_step or started
        self._lost = False
        self._requests += 1
        seconds = min(limit * stretch(), max(self._clock.end - wire.Clock(0).end, 0.1))
        room = min(self._times.output_bytes, self._output_left)
        request = {"id": self._requests, "source": cell.source, "name": cell.name, "limit": room}
        request |= {"seconds": seconds, "cpu_seconds": cpu_seconds}
        clock = self.bounded(seconds + GRACE_SECONDS * stretch())
        try:
            wire.send(self._child.data, wire.Frame(request), clock)
            frame = wire.receive(self._child.data, clock)
            return _cell_outcome(cell, self._requests, frame, room)
        except TimeoutError:
            self.check_patience(started)
            self._lost = True
            return CellOutcome(cell.name, "timeout")
        except (EOFError, OSError, wire.WireError):
            self._lost = True
            return CellOutcome(cell.name, "stopped")

    def files(self, known: Mapping[str, bytes]) -> dict[str, bytes]:
        """New files that the cells left in the working directory, top level only, by name; empty when the process is gone.

        Names and contents are the student's: data to be written with care, if at all.
        """
        if self._child is None:
            return {}
        self._requests += 1
        clock = wire.Clock(GRACE_SECONDS + 5.0)
        try:
            wire.send(self._child.data, wire.Frame({"id": self._requests, "files": sorted(known)}), clock)
            frame = wire.receive(self._child.data, clock)
        except (TimeoutError, EOFError, OSError, wire.WireError):
            return {}
        names = frame.header.get("names")
        if type(names) is not list or len(names) != len(frame.buffers):
            return {}
        return {
            name: bytes(data)
            for name, data in zip(names, frame.buffers, strict=True)
            if type(name) is str and _plain_name(name)
        }

    def snapshot(self) -> Snapshot:
        """A fork of the state after the cells, for one check; the next one is forked while this one is used.

        No call was ever made in the process that is forked, so that it can serve the last check itself.

        Raises:
            CallFailed: the student's process is no longer there; or as many were asked for as had been `wanted`.
        """
        self.check_patience()
        ready = self._spare or self._order_snapshot()
        more = self.wanted is None or self._snapshots < self.wanted - 1
        self._spare = self._order_snapshot() if more else None
        return ready

    def _order_snapshot(self) -> Snapshot:
        if self._child is None or self._last:
            raise CallFailed("stopped")
        self._snapshots += 1
        ours, theirs = socket.socketpair()
        try:
            self._last = self._snapshots == self.wanted
            order = json.dumps({"do": "last" if self._last else "snapshot", "number": self._snapshots}).encode()
            self._child.control.settimeout(SNAPSHOT_SECONDS * stretch())
            socket.send_fds(self._child.control, [order], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise CallFailed("stopped") from error
        finally:
            theirs.close()
        return Snapshot(self, self._snapshots, ours, self._times, self._clock)

    def kill_snapshot(self, number: int) -> None:
        """Have the base process kill a snapshot that is no longer wanted; the last goes with the session."""
        if self._child is None or self._last:
            return
        try:
            self._child.control.send(json.dumps({"do": "kill", "number": number}).encode())
        except OSError:
            self.close()


class Snapshot:
    """A fork of the student's process, thrown away after one check."""

    def __init__(self, session: Session, number: int, sock: socket.socket, times: Times, clock: wire.Clock) -> None:
        self._session, self._number, self._sock, self._times, self._clock = session, number, sock, times, clock
        self._requests = 0
        self.modified_inputs: tuple[str, ...] = ()
        self.cpu = 0.0

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the snapshot."""
        self._sock.close()
        self._session.kill_snapshot(self._number)

    def call(
        self,
        name: str | None,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        on: int | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Call a function, a method or an object of the student's with data, and get data or a `wire.Remote` back.

        Raises:
            CallFailed: see its reasons.
        """
        return self._ask("call", name, on, args, kwargs or {}, seconds or self._times.call)

    def get(self, name: str, on: int | None = None) -> Any:
        """The value of a name in the notebook, or of an attribute of a remote object."""
        return self._ask("get", name, on)

    def ref(self, name: str) -> Any:
        """A remote for a function of the student's, to be passed as an argument."""
        return self._ask("ref", name, None)

    def has(self, name: str) -> bool:
        """Whether the notebook defines `name`."""
        try:
            return bool(self._ask("has", name, None))
        except CallFailed as error:
            if error.reason == "missing":
                return False
            raise

    def manual_seed(self, seed: int) -> None:
        """Seed torch, NumPy and random in the student's process."""
        self._ask("seed", None, None, seed=seed)

    def _ask(
        self,
        do: str,
        name: str | None,
        on: int | None,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        seconds: float = 5.0,
        **more: Any,
    ) -> Any:
        self._requests += 1
        told, cpu_seconds, spent = seconds, self._times.call_cpu, self.cpu
        slow = self._session.slow
        if name in slow:
            told = min(seconds, SECOND_CHANCE_SECONDS)
            seconds, cpu_seconds = _second_chance(seconds, cpu_seconds, SECOND_CHANCE_SECONDS, slow[name])
        seconds *= stretch()
        encoder = wire.Encoder()
        header = {
            "id": self._requests,
            "do": do,
            "name": name,
            "on": on,
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            **more,
        }
        header["args"] = [encoder.encode(arg) for arg in args]
        header["kwargs"] = {key: encoder.encode(value) for key, value in (kwargs or {}).items()}
        room = seconds + GRACE_SECONDS * stretch()
        clock = self._session.bounded(min(room, max(self._clock.end - wire.Clock(0).end, 0.1)))
        started = time.monotonic()
        try:
            wire.send(self._sock, wire.Frame(header, encoder.buffers), clock)
            frame = wire.receive(self._sock, clock)
            return self._value(frame, told, (*map(str, range(len(args))), *(kwargs or {})))
        except TimeoutError:
            self._session.check_patience(started)
            slow.setdefault(name, True)  # it had to be killed: what it did with its time is not known
            failure = CallFailed("timeout", seconds=told)
        except (EOFError, OSError, wire.WireError):
            failure = CallFailed("stopped")
        except CallFailed as known:
            failure = known
        finally:
            self._session.longest = max(self._session.longest, time.monotonic() - started)
        self._session.limits_hit += failure.reason in ("timeout", "stopped")
        if failure.reason == "timeout":
            slow.setdefault(name, self.cpu - spent < WAITING_CPU_SECONDS)
        raise failure

    def _value(self, frame: wire.Frame, seconds: float, passed: Sequence[str]) -> Any:
        reply = frame.header
        if reply.get("id") != self._requests:
            raise CallFailed("stopped")
        cpu = reply.get("cpu")
        cpu = cpu if type(cpu) is float and 0 <= cpu < 1e6 else 0.0
        self.cpu += cpu
        self._session.call_cpu += cpu
        if reply.get("missing") is True:
            raise CallFailed("missing")
        if reply.get("timeout") is True:
            raise CallFailed("timeout", seconds=seconds)
        if "unsupported" in reply:
            what = reply["unsupported"]
            known = type(what) is list and all(type(part) is str for part in what)
            raise CallFailed(
                "unsupported",
                type=what[0][:80] if known and what else "?",
                why=what[1][:80] if known and len(what) > 1 else "",
            )
        if "raised" in reply:
            raise _raised(reply, self._session.lines)
        modified = reply.get("modified")
        # Only names that went there: one of the student's making could carry a hidden input out.
        self.modified_inputs = tuple(m for m in passed if m in modified)[:20] if type(modified) is list else ()
        try:
            return wire.Decoder(frame).decode(reply.get("value"))
        except wire.WireError:
            raise CallFailed("stopped") from None


def _second_chance(seconds: float, cpu_seconds: float, second: float, waiting: bool) -> tuple[float, float]:
    """Limits, by the clock and of the processor, of what ran out of time before."""
    return (min(seconds, second) if waiting else seconds), min(cpu_seconds, second)


def _raised(reply: dict[str, Any], lines: Mapping[str, int]) -> CallFailed:
    """A student's exception, as far as it can be believed: every field has its exact type or is left out.

    Args:
        reply: what the student's process says.
        lines: how many each cell has; a line that is none of them is left out.
    """

    def known(key: str, kind: type) -> Any:
        value = reply.get(key)
        return value if type(value) is kind else None

    cell, line = known("cell", str), known("line", int)
    if line is None or not 0 < line <= min(lines.get(cell, 0), TOLD_LINES):
        line = None
    builtin = [name for name in known("builtin", list) or [] if type(name) is str]
    reason = "not_done" if "NotImplementedError" in builtin else "raised"
    return CallFailed(
        reason,
        error=(known("raised", str) or "?")[:80],
        builtin=builtin[:20],
        message=(known("message", str) or "")[:500],
        cell=cell,
        line=line,
    )


def _plain_name(name: str) -> bool:
    """Whether a student's file name can be used as it is: one component, printable, not hidden."""
    return (
        0 < len(name) <= 100
        and name.isprintable()
        and "/" not in name
        and "\\" not in name
        and not name.startswith(".")
    )


def _cell_outcome(cell: Cell, request: int, frame: wire.Frame, room: int) -> CellOutcome:
    """What a cell's reply says, with outputs of nbformat's form only, and no more of them than there is room for."""
    reply = frame.header
    if reply.get("id") != request or len(frame.buffers) != 1:
        raise wire.WireError("reply to another request")
    if len(frame.buffers[0]) > JSON_OF_OUTPUT * room + (1 << 20):
        raise wire.WireError("more outputs than were asked for")
    try:
        outputs = json.loads(frame.buffers[0])
    except (ValueError, RecursionError) as error:
        raise wire.WireError("outputs are not JSON") from error
    if type(outputs) is not list:
        raise wire.WireError("outputs are not a list")
    status = "timeout" if reply.get("timeout") is True else "ok" if reply.get("ok") is True else "error"
    count, cpu = reply.get("count"), reply.get("cpu")
    return CellOutcome(
        cell.name,
        status,
        clean_outputs(outputs, room + NOTE),
        count if type(count) is int and 0 <= count < 10**9 else None,
        cpu if type(cpu) is float and 0 <= cpu < 1e6 else 0.0,
    )
