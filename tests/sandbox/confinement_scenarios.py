"""What confined children do in the tests: each function runs in a child and returns something that JSON can carry."""

from __future__ import annotations

import asyncio
import ctypes
import mmap
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, TensorDataset

from coursegrader.sandbox.confinement import bombs, privileges

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "uts")
BLOCK = privileges.environment_block()  # of the parent, where this module is first imported


def train_on_two_threads() -> float:
    torch.set_num_threads(2)
    torch.manual_seed(0)
    x = torch.randn(400, 300)
    model = torch.nn.Linear(300, 300)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (model(x) - x).square().mean()
        loss.backward()
        optimizer.step()
    return float(loss)


def save_and_load() -> bool:
    torch.save({"w": torch.arange(3)}, "model.pt")
    np.save("array.npy", np.arange(3))
    return bool(torch.load("model.pt")["w"].tolist() == np.load("array.npy").tolist())


def load_with_workers() -> int:
    data = TensorDataset(torch.arange(60.0).reshape(30, 2), torch.arange(30))
    return sum(len(y) for _, y in DataLoader(data, batch_size=4, num_workers=2))


def draw() -> str:
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    axes.set_title("prénoms")
    figure.savefig("figure.png")
    return Path("figure.png").read_bytes()[1:4].decode()


def use_pandas() -> int:
    pd.DataFrame({"a": [1, 2]}).to_csv("table.csv", index=False)
    return int(pd.read_csv("table.csv")["a"].sum())


def run_programs() -> list[str]:
    shell = subprocess.run("echo é | cat", shell=True, capture_output=True, text=True, check=True).stdout
    python = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    ).stdout
    return [shell.strip(), python.strip()]


def run_torch_in_a_program() -> str:
    code = "import torch; print(torch.ones(2).sum().item())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def use_sixteen_threads() -> int:
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(sum(range(1000)))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(results)


def use_temporary_files() -> bool:
    with tempfile.TemporaryDirectory() as directory, tempfile.NamedTemporaryFile() as file:
        Path(directory, "a").write_text("x")
        Path(directory, "a").rename(Path(directory, "b"))
        return file.name.startswith(os.environ["TMPDIR"])


def use_multiprocessing() -> list[int]:
    queue: Any = multiprocessing.Queue()
    process = multiprocessing.Process(target=queue.put, args=(5,))
    process.start()
    value = queue.get()
    process.join()
    memory = shared_memory.SharedMemory(create=True, size=100)
    memory.close()
    memory.unlink()
    with multiprocessing.Pool(2) as pool:
        return [value, *pool.map(abs, [-1, 2])]


def use_asyncio() -> str:
    async def main() -> str:
        process = await asyncio.create_subprocess_exec("echo", "one", stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode().strip()

    return asyncio.run(main())


def end_in_abort() -> int:
    pid = os.fork()
    if pid == 0:
        os.abort()
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


def describe() -> dict[str, Any]:
    return {
        "cwd": os.getcwd(),
        "files": {str(path): path.read_text() for path in sorted(Path().rglob("*")) if path.is_file()},
        "environment": dict(os.environ),
        "uids": sorted({*os.getresuid(), *os.getresgid()}),
        "groups": os.getgroups(),
        "pid": os.getpid(),
        "session": os.getsid(0) == os.getpid(),
        "standard": [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)] if os.access("/proc/self", os.R_OK) else [],
        "root": sorted(os.listdir("/")) if os.access("/", os.R_OK) and os.getpid() < 10 else [],
        "namespaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES} if os.getpid() < 10 else {},
        "processes": sorted(os.listdir("/proc")) if os.getpid() < 10 else [],
    }


def environment_block() -> str:
    """What was in the block that the parent was exec'd with, by address: no file of /proc is needed for it."""
    start, size = BLOCK
    assert size > 100
    return ctypes.string_at(start, size).replace(b"\0", b"").decode()


def allocate_too_much() -> str:
    try:
        np.ones(1 << 28)
    except MemoryError:
        return "MemoryError"
    return "no error"


def run_machine_code(code: list[int]) -> int:
    """Jump into a few bytes of machine code, in a fork; the signal that ended it, or 0."""
    pid = os.fork()
    if pid == 0:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes(code))
        ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def leave_a_daemon() -> str:
    bombs.leave_a_daemon()
    return "left"


def leave_a_daemon_and_wait() -> str:
    leave_a_daemon()
    os.write(int(os.environ["OUTPUT"]), b"ready")
    time.sleep(60)
    return ""


def fork_without_end() -> str:
    """Each process starts its successor and ends: a list of processes made before a kill is out of date at once."""
    os.write(int(os.environ["OUTPUT"]), b"ready")
    deadline = time.monotonic() + 10  # should the confinement not end it
    for _ in range(3):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while time.monotonic() < deadline:
                try:
                    if os.fork() != 0:
                        os._exit(0)
                    os.setsid()
                except OSError:
                    time.sleep(0.001)
            os._exit(0)
    time.sleep(60)
    return ""


def end_with(code: int) -> None:
    os._exit(code)


def fail() -> None:
    raise ValueError("in the body")


def crash() -> None:
    ctypes.string_at(0)
