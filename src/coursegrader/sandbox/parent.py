"""The warm parent: a clean, single-threaded process that has everything imported, and forks one confined child a submission.

Started by exec (`python -P -s -m coursegrader.sandbox.parent FD`) with a clean environment, so that neither a secret nor the grader's memory
is there to be found in a fork. It runs no student code and reads nothing that a student wrote.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from coursegrader.sandbox.nursery import Nursery

LENGTH = struct.Struct("<I")


def main() -> None:
    """Warm up, say so on the descriptor given as argument, then serve until it closes.

    The second argument names the late imports to begin with; the third, if any, asks for a trial of the modes of isolation, told beforehand.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's to handle
    trial = try_modes(control) if sys.argv[3:] else 0
    shell = warm_up()
    warm_more(shell, sys.argv[2].split(","))
    assert_single_threaded()
    if trial:
        os.waitpid(trial, 0)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody is there any more
        write_message(control, {"ready": True})
        serve(control, shell)
    os._exit(0)  # taking the interpreter down would cost half a second of processor, in every twin


def try_modes(control: socket.socket) -> int:
    """Find out, in a fork while this process is small, which modes of isolation work here; returns the fork's pid."""
    from coursegrader.sandbox import choose

    pid = os.fork()
    if pid:
        return pid
    with contextlib.suppress(Exception):
        mode, why = choose.try_modes()
        write_message(control, {"mode": mode.value, "why": why})
    os._exit(0)


def warm_up() -> Any:
    """Import and touch what notebooks use, so that no child pays for it; returns the shell that children inherit.

    What a notebook uses first is slow: an optimizer, a traceback.
    """
    import gc

    gc.disable()  # nothing of what is imported becomes garbage, and looking for it takes a tenth of the time
    import torch

    from coursegrader.sandbox import no_compiler

    torch.set_num_threads(1)
    no_compiler.put_off()
    import IPython.display  # noqa: F401
    from torch.utils.data import DataLoader, TensorDataset

    model = torch.nn.Sequential(torch.nn.Embedding(4, 2), torch.nn.Flatten(), torch.nn.Linear(4, 3), torch.nn.Tanh())
    data = TensorDataset(torch.tensor([[0, 1], [2, 3]]), torch.tensor([0, 2]))
    optimizers = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop)
    for make in optimizers:
        optimizer = make(model.parameters(), lr=0.01)
        for x, y in DataLoader(data, batch_size=2, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    torch.nn.Conv1d(2, 2, 1)(torch.zeros(1, 2, 3)).sum().backward()
    torch.nn.BatchNorm1d(2)(torch.randn(3, 2)).sum().backward()
    torch.multinomial(torch.ones(3), 2)

    from coursegrader.sandbox import child, huge_pages, late_imports  # noqa: F401
    from coursegrader.sandbox.shell import GradingShell

    shell = GradingShell.instance()
    late_imports.install(shell)
    child.seed_everything(0)  # imports numpy.random
    return shell


def warm_more(shell: Any, late: Sequence[str]) -> None:
    """Import these of the late imports and touch them, then have the shell as if nothing had run in it, and memory as it is best forked.

    What a notebook uses first is slow here, too: a figure, a table.
    """
    import gc

    import IPython.display

    from coursegrader.sandbox import huge_pages
    from coursegrader.sandbox.recorder import Recorder

    gc.disable()
    shell.execute("def f():\n    return 1 / 0\nf()", "warm-up", 1 << 20)  # formatting the first traceback is slow
    if "matplotlib" in late:
        figure = "import matplotlib.pyplot as plt\nplt.subplots()[1].imshow([[0.0, 1.0]])\nplt.text(0, 0, 'é')\nplt.plot([1]);"
        shell.execute(figure, "warm-up", 1 << 20)
    if "pandas" in late:
        shell.execute("import pandas\npandas.DataFrame({'a': [1]})", "warm-up", 1 << 20)
    gc.freeze()  # before the shell collects
    shell.reset(new_session=True)
    shell.recorder = Recorder(0)
    shell.user_ns["display"] = IPython.display.display
    # A reset takes these away, and multiprocessing's "spawn" asks for them.
    shell.user_ns |= {"__spec__": None, "__loader__": None, "__package__": None}
    shell.execution_count = 1
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise write to, and so copy, every shared page
    gc.enable()
    huge_pages.collapse()


def assert_single_threaded() -> None:
    """A fork while another thread holds a lock hangs the child: refuse to start rather than to hang later."""
    names = [(task / "comm").read_text().strip() for task in sorted(Path("/proc/self/task").iterdir())]
    if len(names) != 1:
        raise RuntimeError(f"the warm parent has more threads than one ({', '.join(names)}): a library started them")


def write_message(sock: socket.socket, message: dict[str, Any], fds: list[int] | None = None) -> None:
    """Send a JSON object, with descriptors beside it."""
    body = json.dumps(message).encode()
    prefix = LENGTH.pack(len(body))
    if fds:
        socket.send_fds(sock, [prefix], fds)
        sock.sendall(body)
    else:
        sock.sendall(prefix + body)


def read_message(sock: socket.socket, max_fds: int = 0) -> tuple[dict[str, Any], list[int]]:
    """Receive a JSON object and the descriptors that came with it; EOFError when the other side has gone."""
    prefix, fds = b"", []
    while len(prefix) < LENGTH.size:
        part, more, _, _ = socket.recv_fds(sock, LENGTH.size - len(prefix), max_fds)
        if not part:
            raise EOFError
        prefix += part
        fds += more
    (size,) = LENGTH.unpack(prefix)
    body = bytearray()
    while len(body) < size:
        part = sock.recv(size - len(body))
        if not part:
            raise EOFError
        body += part
    return json.loads(body), fds


def serve(control: socket.socket, shell: Any) -> None:
    """Fork and destroy children until the trusted side hangs up; then destroy those that are left."""
    from coursegrader.sandbox.nursery import Nursery

    nursery = Nursery(lambda *fds: run_child(shell, *fds))
    while True:
        try:
            request, fds = read_message(control, 1)
        except EOFError:
            break
        if request["do"] == "twin":
            control = become_twin(control, fds[0], nursery)
        elif request["do"] == "warm":
            nursery.drop_spare()
            warm_more(shell, request["late"])
            write_message(control, {})
        elif request["do"] == "rest":
            nursery.drop_spare()
            write_message(control, {})
        elif request["do"] == "plan":
            nursery.know(request["key"], request["plan"])
        elif request["do"] == "destroy":
            reply: dict[str, Any] = {}
            try:
                nursery.destroy(request["id"])
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            write_message(control, reply)
        else:
            give_child(control, nursery, request)
    nursery.end()


def give_child(control: socket.socket, nursery: Nursery, request: dict[str, Any]) -> None:
    """Answer a request for a child; then have the next one ready, if that is wanted."""
    channels: list[int] = []
    try:
        assert_single_threaded()
        reply, fds = nursery.give(request["key"], request["id"])
        channels = fds[1:]
    except Exception as error:
        write_message(control, {"error": f"{type(error).__name__}: {error}"})
        return
    write_message(control, reply, fds)
    for fd in channels:
        os.close(fd)
    if request["ahead"]:
        nursery.prepare(request["key"])


def become_twin(control: socket.socket, fd: int, nursery: Nursery) -> socket.socket:
    """Fork another warm parent that serves on `fd`; each returns the channel that it serves from now on. Children stay the first one's."""
    if os.fork() == 0:
        control.close()
        nursery.disown()
        return socket.socket(fileno=fd)
    os.close(fd)
    write_message(control, {})
    return control


def run_child(shell: Any, control_fd: int, data_fd: int) -> NoReturn:
    """In the confined child: serve on the two descriptors."""
    from coursegrader.sandbox import child

    child.serve(shell, socket.socket(fileno=control_fd), socket.socket(fileno=data_fd))


if __name__ == "__main__":
    main()
