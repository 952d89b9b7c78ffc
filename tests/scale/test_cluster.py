"""A real scheduler and real workers on this machine: the same verdicts, and nothing lost when one of them dies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from coursegrader.cluster import ClusterExecutor, Scheduler, roll
from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import Mode
from coursegrader.submission import Submission
from tests.pipeline.small_course import NAME, Class, digests
from tests.scale.certificates import make
from tests.scale.cluster import SECONDS, Cluster, die

ANSWERS: tuple[dict[str, Any], ...] = (
    {},
    {"double": "def double(v):\n    return v"},
    {"total": None},
    {"double": "import os; os._exit(0)"},
    {"Tally": "while True: pass"},
    {"Tally": "x ="},
    {"double": "class Liar(list):\n    def __reduce__(self): return (print, ('x',))\ndef double(v): return Liar(v)"},
    {},
)


def scheduler(cluster: Cluster, tls: Path | None = None) -> Scheduler:
    folder = tls or cluster.tls
    return (
        Scheduler(cluster.address, *(folder / f"{name}.pem" for name in ("ca", "cert", "key")))
        if folder
        else Scheduler(cluster.address)
    )


@pytest.fixture
def full(klass: Class) -> Class:
    for number, answers in enumerate(ANSWERS):
        klass.hand_in(f"s{number}", **answers)
    klass.hand_in("s8", b"no notebook")
    return klass


def test_a_cluster_gives_the_same_bits_loses_nothing_and_counts_nothing_twice(
    full: Class, mode: Mode, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll, "SILENT_SECONDS", 0.0)
    said: list[str] = []
    restarted = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if restarted.is_set() and line.startswith(f"{cluster.address} has no worker: waiting"):
            restarted.clear()
            cluster.start_worker()  # comes only once it was said that one is missing

    local = full.grade()
    files = {student: full.page(student) for student in digests(local.verdicts)}
    rows = {student: full.rows(student) for student in files}
    with ClusterExecutor(scheduler(cluster), full.course, NAME, mode, say=say) as executor:
        there = full.grade(force=True, executor=executor)
        assert digests(there.verdicts) == digests(local.verdicts)
        assert {student: full.page(student) for student in files} == files
        assert {student: full.rows(student) for student in files} == rows

        killed: list[int] = []

        def kill(done: int, total: int, verdict: object) -> None:
            if done == 2 and not killed:  # a worker, and a new one in its place
                killed.append(cluster.workers[0].pid)
                cluster.start_worker()
                die(cluster.workers.pop(0))
                waited = time.monotonic()
                while not any("died" in line for line in said):  # the scheduler has to tell of it before it goes itself
                    assert time.monotonic() - waited < SECONDS, said
                    time.sleep(0.05)
            if done == 4 and len(killed) == 1:  # the scheduler, and with it all it knew; workers end without it
                assert cluster.scheduler is not None
                killed.append(cluster.scheduler.pid)
                die(cluster.scheduler)
                for worker in cluster.workers:
                    die(worker)
                cluster.workers.clear()
                restarted.set()
                cluster.start_scheduler()

        assert not any("died" in line for line in said)
        disturbed = full.grade(force=True, executor=executor, progress=kill)
    assert len(killed) == 2
    assert not disturbed.faults
    assert not restarted.is_set(), said
    assert said[-1].startswith(f"the scheduler at {cluster.address} is back") or "away" not in "".join(said)
    assert digests(disturbed.verdicts) == digests(local.verdicts)
    assert {student: full.rows(student) for student in files} == rows


def test_the_command_grades_on_a_cluster(full: Class, cluster: Cluster) -> None:
    assert cluster.tls is not None
    tls = [part for name in ("ca", "cert", "key") for part in (f"--tls-{name}", str(cluster.tls / f"{name}.pem"))]
    command = [sys.executable, "-m", "coursegrader.cli", "grade", NAME, "--root", str(full.root), "--json"]
    log = full.root / "log.jsonl"
    done = subprocess.run(
        [*command, "--scheduler", cluster.address, *tls, "--log", str(log)], capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert {verdict["student"] for verdict in verdicts} == {f"s{n}" for n in range(9)}
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events.count("graded") == 9
    assert "prepared" in events
    assert full.grade().counts.unchanged == 9


def test_strangers_get_in_nowhere(full: Class, mode: Mode, cluster: Cluster, tmp_path: Path) -> None:
    foreign = make(tmp_path / "foreign")
    with pytest.raises(MachineFault, match="no scheduler answers"):
        ClusterExecutor(scheduler(cluster, foreign), full.course, NAME, mode)


def test_a_cluster_of_refusing_workers_is_said_with_each_ones_reason(
    full: Class, mode: Mode, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coursegrader.cluster.executor.fingerprint", lambda: {"torch": "1.0"})
    with pytest.raises(MachineFault, match=r"127.0.0.1:\d+: torch is 2.*the coordinator has 1.0"):
        ClusterExecutor(scheduler(cluster), full.course, NAME, mode)


def test_only_submissions_are_sent(full: Class, mode: Mode, cluster: Cluster) -> None:
    with ClusterExecutor(scheduler(cluster), full.course, NAME, mode) as executor:
        with pytest.raises(TypeError, match="nothing else"):
            executor.submit(print, full.root, mode, Submission("a", NAME, None))
        assert executor.width == 2 * len(cluster.workers)
