"""A real scheduler and real worker processes on this machine, as their systemd units start them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 120  # to start, on a loaded machine


class Cluster:
    """Starts and ends Dask's own commands, each in a session of its own; `die` is as sudden as a power cut.

    Args:
        folder: for their scratch files and logs.
        tls: folder with ca.pem, cert.pem and key.pem, for tls://.
    """

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        self.folder, self.tls = folder, tls
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://127.0.0.1:{self.port}"

    def _start(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        certificates = []
        if self.tls:
            for role in ("ca-file", "cert", "key"):
                certificates += [f"--tls-{role}", str(self.tls / f"{role.removesuffix('-file')}.pem")]
        log = (self.folder / f"{name}-{time.monotonic_ns()}.log").open("wb")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + name, *arguments, *certificates],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={
                    **os.environ,
                    "OMP_NUM_THREADS": "1",
                    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60",
                    "DASK_TEMPORARY_DIRECTORY": str(self.folder),
                    **environment,
                },
            )

    def start_scheduler(self) -> None:
        self.scheduler = self._start(
            "scheduler", "--host", self.address, "--dashboard-address", "127.0.0.1:0", "--no-show"
        )
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.scheduler.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the scheduler did not start: {self.logs()}")

    def start_worker(self, threads: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        """A worker without a nanny, so that it is one process to kill."""
        options = ["--host", "127.0.0.1", "--nthreads", str(threads), "--no-nanny", "--death-timeout", "60"]
        worker = self._start("worker", self.address, *options, "--local-directory", str(self.folder), **environment)
        self.workers.append(worker)
        return worker

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            die(process)


def die(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, which gets no chance to say so."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
