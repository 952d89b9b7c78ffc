"""What runs beside the student's code, in the confined child: runs cells, calls functions, forks snapshots.

Everything here is at the student's mercy once the first cell has run, and nothing depends on it: whatever this process says is a claim
that the trusted side bounds, decodes and judges. It never sees an expected value.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch

from coursegrader.sandbox import lost_threads, wire
from coursegrader.sandbox.confinement import kernel
from coursegrader.sandbox.recorder import Recorder
from coursegrader.sandbox.shell import GradingShell, capture_descriptors, student_line

LITTLE_CPU_SECONDS = 20.0  # a process has a limit of its own, and a fork begins anew


class OutOfTime(BaseException):
    """Raised in the main thread when a cell or call has used its time; not an Exception, so that a catch-all lets it pass."""


_time_is_up = False


def _out_of_time(*_: Any) -> NoReturn:
    global _time_is_up
    _time_is_up = True
    raise OutOfTime


def serve(shell: GradingShell, control: socket.socket, data: socket.socket) -> NoReturn:
    """Answer the trusted side until it hangs up, then exit.

    Args:
        shell: made in the warm parent.
        control: descriptors and kill orders for snapshots come here.
        data: frames with cells to run.
    """
    sys.path.insert(0, "")  # as in a kernel: modules beside the notebook can be imported
    capture_descriptors()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGPROF, _out_of_time)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seed_everything(0)
    base = Base(shell, control, data)
    status = 0
    try:
        base.loop()
    except (EOFError, OSError, wire.WireError):
        pass
    except BaseException:
        status = 1
    os._exit(status)


def seed_everything(seed: int) -> None:
    """Seed torch, NumPy and random: what a student draws does not depend on the grader's state.

    The generator itself, not `torch.manual_seed`, which also leaves a note for each kind of graphics card.
    """
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


@contextlib.contextmanager
def time_limit(seconds: float, cpu_seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the main thread after so many seconds, wall or CPU. The trusted side kills what ignores it."""
    global _time_is_up
    _time_is_up = False
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


class Base:
    """The process that runs the cells, and that snapshots are forked from."""

    def __init__(self, shell: GradingShell, control: socket.socket, data: socket.socket) -> None:
        self.shell, self.control, self.data = shell, control, data

    def loop(self) -> None:
        """Serve cells from `data` and snapshots from `control`."""
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        poller.register(self.data, select.POLLIN)
        children: dict[int, int] = {}
        while True:
            for fd, _ in poller.poll():
                if fd == self.data.fileno():
                    self.run_cell()
                elif fd == self.control.fileno():
                    self.order(children)

    def run_cell(self) -> None:
        """Read one request to run a cell, run it, answer with its outputs."""
        request = wire.receive(self.data).header
        if "files" in request:
            self.send_files(request)
            return
        started = time.process_time()
        timed_out = False
        success, count = False, None
        outputs: list[dict[str, Any]] = []
        try:
            with time_limit(request["seconds"], request["cpu_seconds"]):
                success, outputs, count = self.shell.execute(request["source"], request["name"], request["limit"])
        except OutOfTime:
            timed_out = True
        if _time_is_up and not success:
            timed_out, outputs = True, [o for o in outputs if o["output_type"] != "error"]
        reply = {
            "id": request["id"],
            "ok": success,
            "timeout": timed_out,
            "outputs": json.dumps(outputs, ensure_ascii=False),
            "count": count,
            "cpu": time.process_time() - started,
        }
        body = reply.pop("outputs").encode("utf-8", "surrogatepass")
        wire.send(self.data, wire.Frame(reply, [body]))

    def send_files(self, request: dict[str, Any]) -> None:
        """Answer with the regular files that the cells left in the working directory."""
        names: list[str] = []
        contents: list[bytes] = []
        room = 16 << 20
        for path in sorted(Path.cwd().iterdir()):
            if path.name in request["files"] or path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            size = path.stat().st_size
            if size <= room and len(names) < 100:
                room -= size
                names.append(path.name)
                contents.append(path.read_bytes())
        wire.send(self.data, wire.Frame({"id": request["id"], "names": names}, contents))

    def order(self, children: dict[int, int]) -> None:
        """Do what the trusted side orders: fork a snapshot onto the descriptor that came with the order, or kill one.

        The last one may be this process itself, for nothing is asked of it afterwards.
        """
        message, fds, _, _ = socket.recv_fds(self.control, 256, 1)
        if not message:
            raise EOFError
        order = json.loads(message)
        if order["do"] in ("snapshot", "last"):
            # Where a notebook has closed its standard streams their numbers are free, and what serves there points them elsewhere.
            sock = socket.socket(fileno=fcntl.fcntl(fds[0], fcntl.F_DUPFD_CLOEXEC, 3))
            os.close(fds[0])
            pid = 0 if order["do"] == "last" and is_as_forked(children) else fork_as_it_is()
            if pid == 0:
                self.control.close()
                self.data.close()
                serve_snapshot(self.shell, sock)
            sock.close()
            children[order["number"]] = pid
        elif order["do"] == "kill":
            pid = children.pop(order["number"])
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def fork_as_it_is() -> int:
    """Fork this process, and let `random` go on from where it is: Python seeds it anew in a child, and no two runs would be the same."""
    if has_one_thread():
        return kernel.fork()
    state = None
    with contextlib.suppress(Exception):  # the student may have put something else in its place
        state = random.getstate()
    had_threads = threading.active_count() > 1
    pid = os.fork()
    if pid == 0:
        lost_threads.make_do(had_threads)
    if pid == 0 and state is not None:
        with contextlib.suppress(Exception):
            random.setstate(state)
    return pid


def has_one_thread() -> bool:
    """Whether this process is known to have no other thread; the reduced mode shows no processes, and nothing is known."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def is_as_forked(children: Mapping[int, int]) -> bool:
    """Whether a check would meet in this process what it meets in a fork of it: no thread, no timer, no processor time used up, no other snapshot."""
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    quiet = not children and not any(signal.getitimer(timer)[0] for timer in timers)
    return quiet and time.process_time() < LITTLE_CPU_SECONDS and has_one_thread()


def serve_snapshot(shell: GradingShell, sock: socket.socket) -> NoReturn:
    """Answer the calls of one check in a fork of the state after the cells, then exit."""
    try:
        devnull = os.open("/dev/null", os.O_WRONLY)
        os.dup2(devnull, 1)
        os.dup2(devnull, 2)
        shell.recorder = Recorder(0)
        sys.stdout, sys.stderr = shell.streams
        calls = Calls(shell, sock)
        while True:
            calls.answer()
    except BaseException:
        os._exit(0)


class Calls:
    """Functions, objects and attributes of the student's, called by number and name."""

    def __init__(self, shell: GradingShell, sock: socket.socket) -> None:
        self.shell, self.sock = shell, sock
        self.objects: dict[int, Any] = {}

    def keep(self, value: Any) -> int:
        number = len(self.objects)
        self.objects[number] = value
        return number

    def answer(self) -> None:
        """One request, one reply: a value, or how it went wrong."""
        frame = wire.receive(self.sock)
        request = frame.header
        encoder = wire.Encoder(self.keep, limit_text=True)
        started = time.process_time()
        try:
            value, notes = self._do(request, frame)
            reply: dict[str, Any] = {"value": encoder.encode(value), **notes}
        except wire.Unsupported as error:
            encoder.buffers = []
            reply = {"unsupported": [str(part)[:200] for part in error.args]}
        except OutOfTime:
            reply = {"timeout": True, "threads": lost_threads.are_lost()}
        except _Missing:
            reply = {"missing": True}
        except BaseException as error:
            cell, line = student_line(error)
            message = _text(error)
            kinds = [kind.__name__[:80] for kind in type(error).__mro__ if kind.__module__ == "builtins"]
            reply = {
                "raised": type(error).__name__[:80],
                "builtin": kinds,
                "message": message,
                "cell": cell,
                "line": line,
            }
        reply["id"] = request["id"]
        reply["cpu"] = time.process_time() - started
        wire.send(self.sock, wire.Frame(reply, encoder.buffers))

    def _do(self, request: dict[str, Any], frame: wire.Frame) -> tuple[Any, dict[str, list[str]]]:
        kind = request["do"]
        if kind == "seed":
            seed_everything(request["seed"])
            return None, {}
        target = self._target(request)
        if kind == "has":
            return True, {}
        if kind == "get":
            return target, {}
        if kind == "ref":
            return wire.Remote(self.keep(target), type(target).__name__[:80]), {}
        small = sum(map(len, frame.buffers)) < 4 << 20
        # Writable, or torch would warn of it: an error where the notebook has made errors of warnings.
        before = [bytearray(buffer) for buffer in frame.buffers] if small else None
        decoder = wire.Decoder(frame, lambda number, _: self.objects[number])
        args = [decoder.decode(form) for form in request["args"]]
        kwargs = {name: decoder.decode(form) for name, form in request["kwargs"].items()}
        with time_limit(request["seconds"], request["cpu_seconds"]):
            value = target(*args, **kwargs)
            if (
                hasattr(value, "__next__")
                and hasattr(value, "__iter__")
                and not isinstance(value, torch.Tensor | np.ndarray)
            ):
                raise wire.Unsupported("generator", "not a value")
        if _is_object_of(target, value):
            value = wire.Remote(self.keep(value), type(value).__name__[:80])
        return value, _notes(request, frame, before, args, kwargs)

    def _target(self, request: dict[str, Any]) -> Any:
        if request["on"] is None:
            if request["name"] not in self.shell.user_ns:
                raise _Missing
            return self.shell.user_ns[request["name"]]
        target = self.objects[request["on"]]
        if request["name"] is None:
            return target
        if not hasattr(target, request["name"]):
            raise _Missing
        return getattr(target, request["name"])


class _Missing(Exception):
    pass


def _is_object_of(target: Any, value: Any) -> bool:
    """Whether a class of the notebook has made an object that is a list, dict, ... as well: its methods are what is asked for, so it stays here."""
    return (
        type(value) is target
        and isinstance(value, list | tuple | dict | set | frozenset)
        and target.__module__ == "__main__"
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except BaseException:
        return ""


def _notes(
    request: dict[str, Any],
    frame: wire.Frame,
    before: list[bytearray] | None,
    args: list[Any],
    kwargs: dict[str, Any],
) -> dict[str, list[str]]:
    """What the call did to its arguments, by position or name: changed in place, and left with a gradient. Only of those that came as data.

    Args:
        before: the buffers as they arrived; None where they are too large to have been kept, and nothing is said of changes.
    """
    pairs = [(str(i), form, arg) for i, (form, arg) in enumerate(zip(request["args"], args, strict=True))]
    pairs += [(name, request["kwargs"][name], arg) for name, arg in kwargs.items()]
    data = [pair for pair in pairs if not (type(pair[1]) is dict and ("h" in pair[1] or "g" in pair[1]))]
    fresh = None if before is None else wire.Frame({}, before)
    return {
        "modified": [name for name, form, arg in data if fresh is not None and not _is_same(arg, form, fresh)],
        # A tensor comes with a buffer: without one there is none to look for, in a list of twenty thousand names, say.
        "gradients": [name for name, _, arg in data if frame.buffers and _has_gradient(arg)],
    }


def _is_same(arg: Any, form: Any, fresh: wire.Frame) -> bool:
    """Whether an argument, encoded again, is what arrived."""
    now, then = wire.Encoder(lambda _: -1), wire.Encoder(lambda _: -1)
    try:
        return now.encode(arg) == then.encode(wire.Decoder(fresh).decode(form)) and now.buffers == then.buffers
    except (wire.Unsupported, wire.WireError):
        return False


def _has_gradient(value: Any) -> bool:
    """Whether a call has left `.grad` in what it was given: none of it comes with one."""
    if isinstance(value, torch.Tensor):
        return value.is_leaf and value.grad is not None
    if isinstance(value, list | tuple):
        return any(map(_has_gradient, value))
    return isinstance(value, dict) and any(map(_has_gradient, value.values()))
