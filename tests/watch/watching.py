"""A watcher as a process of its own, read by its JSON lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from coursegrader.sandbox.choose import best_mode
from coursegrader.store import VerdictStore
from coursegrader.watch.events import Event
from coursegrader.watch.service import Options, serve
from coursegrader.watch.watcher import Watcher
from tests.pipeline.small_course import NAME

PATIENCE = 240.0  # seconds: this machine may be busy


class Watching:
    """`coursegrader watch --json-lines`, running.

    Example:
        with Watching(room.root) as watching:
            watching.until("graded", "lea")
    """

    def __init__(self, root: Path, *options: str, prefix: tuple[str, ...] = ()) -> None:
        command = [*prefix, sys.executable, "-m", "coursegrader.cli", "watch", "--json-lines", "--root", str(root)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def until(self, kind: str, student: str = "", count: int = 1) -> dict[str, Any]:
        """Wait for so many events of a kind; the last of them."""

        def enough() -> bool:
            return len(self.of(kind, student)) >= count

        with self._news:
            assert self._news.wait_for(enough, PATIENCE), (kind, student, self.events, self.process.poll())
        return self.of(kind, student)[count - 1]

    def of(self, kind: str, student: str = "") -> list[dict[str, Any]]:
        """The events of a kind so far."""
        return [e for e in self.events if e["kind"] == kind and student in ("", e["student"])]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal: exit code and what it said on stderr."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self._reader.join(5)
        assert self.process.stderr is not None
        return self.process.returncode, self.process.stderr.read()

    def ended(self) -> tuple[int, str]:
        """Wait for its own end."""
        self.process.wait(PATIENCE)
        self._reader.join(5)
        assert self.process.stderr is not None
        return self.process.returncode, self.process.stderr.read()


def once(root: Path, **options: Any) -> list[Event]:
    """Watch once, in this process; every event."""
    events: list[Event] = []
    failed = serve(root, best_mode()[0], events.append, Options(once=True, workers=1, **options))
    assert not failed, events
    return events


class Live:
    """A watcher in a thread of this process: its start costs a fork, not all imports.

    Example:
        with Live(room.root) as live:
            live.until("graded", "lea")
    """

    def __init__(self, root: Path, **options: Any) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()
        self._watcher: Watcher | None = None
        arguments = (root, best_mode()[0], self._tell, Options(**{"workers": 1, **options}), self._ready)
        self._thread = threading.Thread(target=serve, args=arguments)

    def _ready(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def _tell(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def __enter__(self) -> Live:
        self._thread.start()
        self.until("started")
        return self

    def __exit__(self, *_: object) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        self._thread.join(PATIENCE)

    def until(self, kind: str, student: str = "", count: int = 1) -> Event:
        """Wait for so many events of a kind; the last of them."""
        with self._news:
            ended = lambda: len(self.of(kind, student)) >= count or not self._thread.is_alive()  # noqa: E731
            assert self._news.wait_for(ended, PATIENCE), (kind, self.events)
        return self.of(kind, student)[count - 1]

    def of(self, kind: str, student: str = "") -> list[Event]:
        """The events of a kind so far."""
        return [event for event in self.events if event.kind == kind and student in ("", event.student)]


def histories(root: Path, students: list[str]) -> dict[str, int]:
    """How often a verdict was written down, by student."""
    with VerdictStore(root / "verdicts.db") as store:
        return {student: len(list(store.history(student, NAME))) for student in students}
