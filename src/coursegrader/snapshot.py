"""A fork of a student's process for one check: its functions called with data, and data back.

Everything that comes back is data of base types; a student's exception, timeout, crash or odd value becomes a `CallFailed` with a name.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from coursegrader.allowance import Allowance
from coursegrader.sandbox import wire

TOLD_LINES = 120  # a line further down is not told: which of many lines fails could carry a hidden input out
LOOK_SECONDS = 5.0  # to look at a name, or to seed


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


class Snapshot:
    """A fork of the student's process, thrown away after one check.

    Args:
        sock: to the fork.
        allowance: of the submission.
        sources: of the cells that have run, by name.
        end: has the fork killed.

    Attributes:
        cpu: seconds of the processor that its calls took, by the child's own account.
        modified_inputs: arguments that the last call changed, by position or name.
        inputs_with_gradient: arguments in whose tensors the last call left `.grad`, likewise.
    """

    def __init__(
        self, sock: socket.socket, allowance: Allowance, sources: Mapping[str, str], end: Callable[[], None]
    ) -> None:
        self._sock, self._allowance, self._sources, self._end = sock, allowance, sources, end
        self._requests = 0
        self.modified_inputs: tuple[str, ...] = ()
        self.inputs_with_gradient: tuple[str, ...] = ()
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
        self._end()

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
        return self._ask("call", name, on, args, kwargs or {}, seconds)

    def get(self, name: str, on: int | None = None) -> Any:
        """The value of a name in the notebook, or of an attribute of a remote object."""
        return self._ask("get", name, on, seconds=LOOK_SECONDS)

    def ref(self, name: str) -> Any:
        """A remote for a function of the student's, to be passed as an argument."""
        return self._ask("ref", name, None, seconds=LOOK_SECONDS)

    def has(self, name: str) -> bool:
        """Whether the notebook defines `name`."""
        try:
            return bool(self._ask("has", name, None, seconds=LOOK_SECONDS))
        except CallFailed as error:
            if error.reason == "missing":
                return False
            raise

    def manual_seed(self, seed: int) -> None:
        """Seed torch, NumPy and random in the student's process."""
        self._ask("seed", None, None, seconds=LOOK_SECONDS, seed=seed)

    def _ask(
        self,
        do: str,
        name: str | None,
        on: int | None,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        seconds: float | None = None,
        **more: Any,
    ) -> Any:
        self._requests += 1
        step, spent = self._allowance.call(name, seconds), self.cpu
        encoder = wire.Encoder()
        header = {
            "id": self._requests,
            "do": do,
            "name": name,
            "on": on,
            "seconds": step.seconds,
            "cpu_seconds": step.cpu_seconds,
            **more,
        }
        header["args"] = [encoder.encode(arg) for arg in args]
        header["kwargs"] = {key: encoder.encode(value) for key, value in (kwargs or {}).items()}
        failure: CallFailed | None = None
        try:
            wire.send(self._sock, wire.Frame(header, encoder.buffers), step.clock)
            frame = wire.receive(self._sock, step.clock)
            passed = (*map(str, range(len(args))), *(kwargs or {}))
            return self._value(frame, step.told, passed, name if on is None else None)
        except TimeoutError:
            self._allowance.over(step, name, None)
            failure = CallFailed("timeout", seconds=step.told)
        except (EOFError, OSError, wire.WireError):
            failure = CallFailed("stopped")
        except CallFailed as known:
            failure = known
            if failure.reason == "timeout":
                self._allowance.over(step, name, self.cpu - spent)
        finally:
            self._allowance.ended(step, hit=failure is not None and failure.reason in ("timeout", "stopped"))
        raise failure

    def _value(self, frame: wire.Frame, seconds: float, passed: Sequence[str], name: str | None = None) -> Any:
        reply = frame.header
        if reply.get("id") != self._requests:
            raise CallFailed("stopped")
        cpu = reply.get("cpu")
        cpu = cpu if type(cpu) is float and 0 <= cpu < 1e6 else 0.0
        self.cpu += cpu
        self._allowance.call_cpu += cpu
        if reply.get("missing") is True:
            raise CallFailed("missing")
        if reply.get("timeout") is True:
            raise CallFailed("timeout", seconds=seconds, threads=reply.get("threads") is True)
        if "unsupported" in reply:
            what = reply["unsupported"]
            known = type(what) is list and all(type(part) is str for part in what)
            raise CallFailed(
                "unsupported",
                type=what[0][:80] if known and what else "?",
                why=what[1][:80] if known and len(what) > 1 else "",
            )
        if "raised" in reply:
            raise _raised(reply, self._sources, name)
        self.modified_inputs = _of_those(passed, reply.get("modified"))
        self.inputs_with_gradient = _of_those(passed, reply.get("gradients"))
        try:
            return wire.Decoder(frame).decode(reply.get("value"))
        except wire.WireError:
            raise CallFailed("stopped") from None


def _of_those(passed: Sequence[str], said: Any) -> tuple[str, ...]:
    """Only names that went there: one of the student's making could carry a hidden input out."""
    return tuple(name for name in passed if name in said)[:20] if type(said) is list else ()


def _raised(reply: dict[str, Any], sources: Mapping[str, str], name: str | None = None) -> CallFailed:
    """A student's exception, as far as it can be believed: every field has its exact type or is left out.

    Args:
        reply: what the student's process says.
        sources: of the cells; a line that is none of theirs is left out.
        name: of the function that was called, None for a method. Where the exception comes from another exercise, `elsewhere` is that one.
    """

    def known(key: str, kind: type) -> Any:
        value = reply.get(key)
        return value if type(value) is kind else None

    cell, line = known("cell", str), known("line", int)
    source = sources.get(cell)
    if line is None or source is None or not 0 < line <= min(source.count("\n") + 1, TOLD_LINES):
        line = None
    builtin = [kind for kind in known("builtin", list) or [] if type(kind) is str]
    reason = "not_done" if "NotImplementedError" in builtin else "raised"
    details = {"elsewhere": cell} if name and source is not None and _is_elsewhere(cell, source, name) else {}
    return CallFailed(
        reason,
        error=(known("raised", str) or "?")[:80],
        builtin=builtin[:20],
        message=(known("message", str) or "")[:500],
        cell=cell,
        line=line,
        **details,
    )


def _is_elsewhere(cell: str, source: str, name: str) -> bool:
    """Whether a cell is an exercise's (the others are numbered), and not the one that defines this function.

    Blanks are looked for within a line: what may run over many lines is tried anew from each of them, for hours in a cell of empty ones.
    """
    begins = rf"^[ \t]*(?:(?:def|class)[ \t]+)?{re.escape(name)}\b"
    return cell.isidentifier() and not re.search(begins, source, re.MULTILINE)
