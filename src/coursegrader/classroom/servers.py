"""Processes that are started together, are ready together and end together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from coursegrader.errors import MachineFault

READY_SECONDS = 180.0
END_SECONDS = 15.0


def free_port(port: int) -> None:
    """Check that nobody listens there.

    Raises:
        MachineFault: somebody does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise MachineFault(f"port {port} is taken", hint="Choose others with --port.") from error


class Servers:
    """A group of processes, each with a log file."""

    def __init__(self) -> None:
        self._processes: dict[str, tuple[subprocess.Popen[bytes], Path | None]] = {}

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(
        self, name: str, command: Sequence[str], environment: dict[str, str], folder: Path, log: Path | None
    ) -> None:
        """Start one, in a process group of its own, so that Ctrl-C reaches it only through us.

        Args:
            log: where its output goes; None for this terminal.
        """
        if log is None:
            process = subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True)
        else:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                process = subprocess.Popen(
                    command,
                    env=environment,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        self._processes[name] = (process, log)

    def wait_for(self, name: str, address: str, token: str) -> None:
        """Wait until a server answers.

        Raises:
            MachineFault: it ended, or does not answer.
        """
        request = urllib.request.Request(f"{address}/api/status", headers={"Authorization": f"token {token}"})
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            self.check()
            with (
                suppress(urllib.error.URLError, ConnectionError, TimeoutError),
                urllib.request.urlopen(request, timeout=5),
            ):
                return
            time.sleep(0.2)
        raise MachineFault(f"{name} does not answer at {address}", hint=f"See {self._processes[name][1]}.")

    def check(self) -> None:
        """See that all are there.

        Raises:
            MachineFault: one has ended.
        """
        for name, (process, log) in self._processes.items():
            if process.poll() is not None:
                last = _tail(log) if log is not None else ""
                raise MachineFault(f"{name} has ended with code {process.returncode}{last}", hint=f"See {log}.")

    def end(self) -> None:
        """End all, gently first."""
        running = [process for process, _ in self._processes.values() if process.poll() is None]
        for process in running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + END_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(end - time.monotonic(), 0.1))
        for process, _ in self._processes.values():  # what is left of a group: kernels, workers
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()


def _tail(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return ":\n" + "\n".join(lines[-5:])
    return ""
