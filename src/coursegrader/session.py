"""The trusted end of a submission's execution: run its cells, call its functions, keep to the deadlines.

Everything that comes back is data of base types; a student's exception, timeout, crash or odd value becomes a `CallFailed` with a name.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from coursegrader.allowance import Allowance, Step, Times, snapshot_seconds
from coursegrader.outputs import clean_outputs, size_of
from coursegrader.patience import Patience
from coursegrader.sandbox import wire
from coursegrader.sandbox.warm import Child, WarmParent
from coursegrader.snapshot import CallFailed, Snapshot

OUTPUTS_OF_A_SUBMISSION = 8  # times the limit of one cell: thousands of cells may each use theirs
JSON_OF_OUTPUT = 6  # bytes of JSON that one character of output can take
LEAST_OUTPUT = 4 << 10  # bytes that any cell has (at most an eighth of its limit): where it failed is told
NOTE = 500  # characters that say how much was left out
FILES_SECONDS = 6.5  # for the files that the cells left


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


class Session:
    """One submission in one confined child.

    Args:
        parent: the worker's warm parent.
        key: of the plan, from `WarmParent.register`.
        times: deadlines.
        patience: after which the session gives up with `OutOfPatience`, where others wait for its place; None for all its time.
        ahead: whether another session with this plan will follow, so that its child is made ready meanwhile.

    Attributes:
        allowance: what its steps may take, and took.

    Example:
        >>> with Session(parent, key, Times()) as session:           # doctest: +SKIP
        ...     session.run([Cell("f", "def f(x): return 2 * x")])
        ...     with session.snapshot() as snapshot:
        ...         assert snapshot.call("f", (3,)) == 6
    """

    def __init__(
        self, parent: WarmParent, key: str, times: Times, patience: Patience | None = None, *, ahead: bool = False
    ) -> None:
        self._parent, self._key, self._times = parent, key, times
        self.allowance = Allowance(times, patience)
        self._child: Child | None = parent.spawn(key, ahead)
        self.fork_seconds = self._child.fork_seconds
        self._spare: Snapshot | None = None
        self._snapshots = 0
        self._requests = 0
        # Snapshots that will be asked for, where that is known: none is forked in vain, and the last is the process itself, without a fork.
        self.wanted: int | None = None
        self.sources: dict[str, str] = {}  # of each cell that has run
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

    def run(self, cells: Sequence[Cell]) -> list[CellOutcome]:
        """Run the cells in order.

        A cell that takes the process with it, or cannot be stopped otherwise, is left out of a new child that repeats the cells before
        it, so that it costs only itself. After a few such restarts the cells that follow are skipped; those before count.
        """
        outcomes: list[CellOutcome] = []
        restarts = 0
        for position, cell in enumerate(cells):
            self.sources[cell.name] = cell.source
            if self._child is None or restarts > self._times.restarts:
                outcomes.append(CellOutcome(cell.name, "skipped"))
                continue
            step = self.allowance.cell()
            outcome = self._run_cell(cell, step)
            outcomes.append(outcome)
            self.allowance.ended(step, hit=outcome.status in ("timeout", "stopped"))
            if outcome.status == "timeout":
                self.allowance.cell_over(outcome.cpu, killed=self._lost)
            self._output_left = max(self._output_left - size_of(outcome.outputs), 0)
            if self._lost:
                self.close()
                restarts += 1
                self._replay(cells[:position], outcomes)
        return outcomes

    def _replay(self, cells: Sequence[Cell], outcomes: list[CellOutcome]) -> None:
        """Repeat what ended by itself in a new child. What takes that one with it (memory that is just enough or just not) is left out, too."""
        for _ in range(self._times.restarts + 1):
            if self.allowance.left <= 0:
                return
            self._child = self._parent.spawn(self._key)
            for cell, outcome in zip(cells, outcomes, strict=False):
                if outcome.status in ("ok", "error"):
                    self._run_cell(cell, self.allowance.cell_again())
                    if self._lost:
                        outcome.status = "stopped"
                        break
            else:
                return
            self.close()

    _lost = False
    _last = False

    def _run_cell(self, cell: Cell, step: Step) -> CellOutcome:
        assert self._child is not None
        self._lost = False
        self._requests += 1
        full = self._times.output_bytes
        room = min(full, max(self._output_left, min(LEAST_OUTPUT, full // 8)))
        request = {"id": self._requests, "source": cell.source, "name": cell.name, "limit": room}
        request |= {"seconds": step.seconds, "cpu_seconds": step.cpu_seconds}
        try:
            wire.send(self._child.data, wire.Frame(request), step.clock)
            frame = wire.receive(self._child.data, step.clock)
            return _cell_outcome(cell, self._requests, frame, room)
        except TimeoutError:
            self.allowance.check_patience(step)
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
        clock = wire.Clock(FILES_SECONDS)
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
        self.allowance.check_patience()
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
            self._child.control.settimeout(snapshot_seconds())
            socket.send_fds(self._child.control, [order], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise CallFailed("stopped") from error
        finally:
            theirs.close()
        return Snapshot(ours, self.allowance, self.sources, partial(self._kill_snapshot, self._snapshots))

    def _kill_snapshot(self, number: int) -> None:
        """Have the base process kill a snapshot that is no longer wanted; the last goes with the session."""
        if self._child is None or self._last:
            return
        try:
            self._child.control.send(json.dumps({"do": "kill", "number": number}).encode())
        except OSError:
            self.close()


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
