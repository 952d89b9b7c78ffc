"""Processes killed at random, a few hundred times, and what is left against an undisturbed run.

    make chaos
    python benchmarks/chaos.py --kills 50 --seed 7 --cluster 10

Every round some students hand in again and a coordinator grades; then one thing goes wrong, chosen by the seed: the coordinator is killed at a
given step of writing a verdict down (before or after it) or at any moment; a worker is killed; the disk is full; the gradebook is locked. On a
cluster a worker, the scheduler or the coordinator is killed. At the end one run is left alone, and every student must have exactly one current
verdict, the one that an undisturbed class gets; scores that a teacher entered must stand. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import sqlalchemy.orm

from coursegrader import student_files, worker
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.gradebook import GradebookWriter
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.warm import shared
from coursegrader.store import VerdictStore
from tests.pipeline.small_course import NAME, Class, digests, write_course

ANSWERS: tuple[dict[str, Any], ...] = (
    {},
    {"double": "def double(v):\n    return v"},
    {"total": None},
    {"double": "import os; os._exit(0)"},
    {"Tally": "x ="},
    {"double": "def double(v):\n    return [2 * w for w in v]"},
)
STEPS = ("add", "write_file", "write", "record", "commit")
LOCAL = ("step", "step", "step", "moment", "worker", "disk", "lock")
CLUSTER = ("worker", "worker", "coordinator", "scheduler")
TEACHERS_SCORE = 1.75
LONG = 10_000  # sentences, of 19 bytes


class Chaos:
    """A class that suffers.

    Args:
        built: folder of the built small course.
        folder: for the class and the one beside it that is left alone.
        students: how many.
        seed: of every choice.
    """

    def __init__(self, built: Path, folder: Path, students: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.victim, self.spared = Class.copied(built, folder / "victim"), Class.copied(built, folder / "spared")
        self.students = [f"s{number:02d}" for number in range(students)]
        self.mode = best_mode()[0]
        self.kinds: Counter[str] = Counter()
        self._version = 0
        for student in self.students:
            self.hand_in(student)
        started = time.monotonic()
        self.victim.grade(workers=2)
        self.seconds = time.monotonic() - started
        self._teacher(self.victim)
        worker.engine_for(self.victim.root, self.mode).prepare(NAME)

    def hand_in(self, student: str) -> None:
        """Hand in something new; one in three is more than a pipe holds."""
        self._version += 1
        answers = dict(self.rng.choice(ANSWERS))
        more = " Et ainsi de suite." * (LONG if self._version % 3 == 0 else 0)
        self.victim.hand_in(student, explain=f"Version {self._version}.{more}", **answers)

    def _teacher(self, klass: Class) -> None:
        for student in self.students[::3]:
            klass.sql(
                "UPDATE grade SET manual_score = ? WHERE id IN (SELECT grade.id FROM grade "
                "JOIN base_cell ON base_cell.id = grade.cell_id JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id "
                "JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id "
                "WHERE submitted_assignment.student_id = ? AND base_cell.name = 'total')",
                TEACHERS_SCORE,
                student,
            )

    def round(self, executor: Callable[[], Executor] | None = None, strike: Callable[[int], str] | None = None) -> None:
        """Some hand in, a coordinator grades, and something goes wrong."""
        for student in self.rng.sample(self.students, 4):
            self.hand_in(student)
        kind = self.rng.choice(LOCAL) if strike is None else "cluster"
        step, after, count = self.rng.choice(STEPS), self.rng.random() < 0.5, self.rng.randint(1, 4)
        pid = os.fork()
        if pid == 0:
            try:
                self._coordinate(kind, step, after, count, executor)
            finally:
                os._exit(1)
        if strike is not None:
            kind = f"cluster {strike(pid)}"
        else:
            self._strike(kind, pid)
        os.waitpid(pid, 0)
        self.kinds[f"step {step}" if kind == "step" else kind] += 1

    def _coordinate(
        self, kind: str, step: str, after: bool, count: int, executor: Callable[[], Executor] | None
    ) -> None:
        """In a forked process: grade as the command does, with a warm parent of its own."""
        os.setpgid(0, 0)
        worker.start(multiprocessing.get_context("fork").Lock())
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind == "step":
            _die_at(step, after, count)
        if kind == "disk":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            largest = max(path.stat().st_size for path in self.victim.root.glob("*.db*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 2048 * count, resource.RLIM_INFINITY))
        if executor is None:
            self.victim.grade(workers=2)
        else:
            with executor() as running:
                self.victim.grade(executor=running)
        os._exit(0)

    def _strike(self, kind: str, pid: int) -> None:
        """From outside: kill at a moment, or lock the gradebook for a while."""
        moment = self.rng.uniform(0.0, max(self.seconds * 6 / len(self.students), 1.0))
        if kind == "moment":
            time.sleep(moment)
            os.kill(pid, signal.SIGKILL)
        elif kind == "worker":
            time.sleep(moment)
            children = [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]
            if children:
                _kill(self.rng.choice(sorted(children)))
        elif kind == "lock":
            with closing(sqlite3.connect(self.victim.root / "gradebook.db", timeout=30, isolation_level=None)) as db:
                db.execute("BEGIN EXCLUSIVE")
                time.sleep(moment)
                db.execute("ROLLBACK")

    def compare(self) -> dict[str, Any]:
        """Grade in peace, then hold every student's grade against the class that was spared."""
        run = self.victim.grade(workers=2)
        shutil.rmtree(self.spared.root / "submitted", ignore_errors=True)
        shutil.copytree(self.victim.root / "submitted", self.spared.root / "submitted")
        self.spared.grade(workers=2)
        self._teacher(self.spared)
        self.spared.grade(workers=2, force=True)
        wanted = digests(self.spared.grade().unchanged)
        got = _current(self.victim)
        lost = [student for student in self.students if student not in got or student in run.faults]
        differing = [
            s
            for s in self.students
            if s in got and (got[s] != wanted[s] or _shown(self.victim, s) != _shown(self.spared, s))
        ]
        manual = all(self.victim.rows(student)["total"][1] == TEACHERS_SCORE for student in self.students[::3])
        return {
            "lost": len(lost),
            "counted_twice": _twice(self.victim),
            "verdicts_equal": not differing,
            "manual_scores_stand": manual,
        }


def _die_at(step: str, after: bool, count: int) -> None:
    """Have this process killed at the count-th call of a step of writing down, before or after it."""
    owners = {"add": VerdictStore, "write_file": student_files, "write": GradebookWriter, "record": VerdictStore}
    owner: Any = {**owners, "commit": sqlalchemy.orm.Session}[
        step
    ]  # after it: in the gradebook, and not yet in the history
    whole, calls = getattr(owner, step), [0]

    def deadly(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == count and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = whole(*arguments, **options)
        if calls[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, step, deadly)


def _current(klass: Class) -> dict[str, str]:
    """student -> digest of the verdict that stands."""
    found = {}
    with VerdictStore(klass.root / "verdicts.db") as store:
        for folder in sorted((klass.root / "submitted").iterdir()):
            key = store.current(folder.name, NAME)
            entry = store.find(key) if key else None
            if entry is not None:
                found[folder.name] = entry.verdict.digest
    return found


def _shown(klass: Class, student: str) -> tuple[Any, ...]:
    """What people see: rows, comments, page, notebook."""
    return klass.rows(student), klass.comments(student), klass.page(student), klass.autograded(student).read_bytes()


def _twice(klass: Class) -> int:
    """Rows that are there more than once: in the gradebook, or one after the other in a student's history."""
    rows = klass.sql("SELECT count(*) - count(DISTINCT student_id || assignment_id) FROM submitted_assignment")[0][0]
    rows += klass.sql("SELECT count(*) - count(DISTINCT notebook_id || cell_id) FROM grade")[0][0]
    with VerdictStore(klass.root / "verdicts.db") as store:
        for folder in (klass.root / "submitted").iterdir():
            keys = [row.key for row in store.history(folder.name, NAME)]
            rows += sum(one == two != "" for one, two in itertools.pairwise(keys))
    return int(rows)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def on_a_cluster(chaos: Chaos, folder: Path, rounds: int) -> None:
    """Rounds on a real scheduler and two real workers; what is killed is started again, as systemd does it."""
    from coursegrader.cluster import ClusterExecutor, Scheduler
    from tests.scale.cluster import Cluster, die

    cluster = Cluster(folder)

    def executor() -> Executor:
        return ClusterExecutor(Scheduler(cluster.address), chaos.victim.course, NAME, chaos.mode)

    def strike(pid: int) -> str:
        kind = chaos.rng.choice(CLUSTER)
        time.sleep(chaos.rng.uniform(0.0, 4.0))
        if kind == "coordinator":
            os.kill(pid, signal.SIGKILL)
        elif kind == "worker":
            die(cluster.workers.pop(chaos.rng.randrange(len(cluster.workers))))
            cluster.start_worker()
        else:
            assert cluster.scheduler is not None
            die(cluster.scheduler)
            for process in cluster.workers:  # they end by themselves, a little later
                die(process)
            cluster.workers.clear()
            cluster.start_scheduler()
            cluster.start_worker()
            cluster.start_worker()
        return kind

    try:
        cluster.start_scheduler()
        cluster.start_worker()
        cluster.start_worker()
        for _ in range(rounds):
            chaos.round(executor, strike)
    finally:
        cluster.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="on this machine")
    parser.add_argument("--cluster", type=int, default=15, help="on a cluster on loopback")
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)
    shared()
    built = write_course(folder / "built")
    build_release(load_course(built), NAME)
    chaos = Chaos(built, folder, options.students, options.seed)
    started = time.monotonic()
    for number in range(options.kills):
        chaos.round()
        if number % 20 == 19:
            print(f"{number + 1} of {options.kills}, {time.monotonic() - started:.0f} s", flush=True)
    if options.cluster:
        on_a_cluster(chaos, folder / "cluster", options.cluster)
    for kind, times in sorted(chaos.kinds.items()):
        print(f"{times:5d}  {kind}")
    result = {"kills": sum(chaos.kinds.values()), "seed": options.seed, **chaos.compare()}
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    good = (
        not result["lost"]
        and not result["counted_twice"]
        and result["verdicts_equal"]
        and result["manual_scores_stand"]
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
