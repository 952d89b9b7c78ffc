"""Workers, warm parents and Ctrl-C: the same verdicts by every way, and nothing lost when a process dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from coursegrader import dispatch, worker
from coursegrader.grade import Run
from coursegrader.patience import Patience
from coursegrader.processes import Processes
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.store import VerdictStore
from coursegrader.submission import Submission
from tests.pipeline.small_course import NAME, Class, digests

STUDENTS = tuple(f"s{n}" for n in range(6))
ANSWERS = (
    {},
    {"double": "def double(v):\n    return v"},
    {"total": None},
    {"double": "import os; os._exit(0)"},
    {},
    {"Tally": "x ="},
)
LARGE = 300_000  # bytes: more than a pipe holds
SLOW = "import time\ntime.sleep(0.3)\ndef double(values):\n    return [v * 2 for v in values]"


@pytest.fixture
def full(klass: Class) -> Class:
    for student, answers in zip(STUDENTS, ANSWERS, strict=True):
        klass.hand_in(student, **answers)
    return klass


def children_of(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def children_that(pid: int, run: str) -> set[int]:
    """Those of its children whose command line names it."""
    return {child for child in children_of(pid) if run in Path(f"/proc/{child}/cmdline").read_text()}


def everybody(run: Run) -> list[str]:
    return sorted([verdict.student for verdict in (*run.verdicts, *run.unchanged)] + list(run.faults))


def kill_at_the_first_verdict(victims: Callable[[], set[int]]) -> Callable[..., None]:
    """A progress callback that kills a process once, as soon as the first verdict has come."""
    killed: list[int] = []

    def progress(done: int, total: int, verdict: object) -> None:
        if done and not killed:
            killed.append(min(victims()))
            os.kill(killed[0], signal.SIGKILL)

    return progress


def test_one_worker_two_workers_and_another_executor_give_the_same_bits(full: Class) -> None:
    runs = [digests(full.grade(force=True, workers=workers).verdicts) for workers in (1, 2)]
    files = {student: full.autograded(student).read_bytes() for student in STUDENTS}
    rows = {student: full.rows(student) for student in STUDENTS}
    with ThreadPoolExecutor(1) as executor:
        runs.append(digests(full.grade(force=True, executor=executor).verdicts))
    assert runs[0] == runs[1] == runs[2]
    assert set(runs[0]) == set(STUDENTS)
    assert {student: full.autograded(student).read_bytes() for student in STUDENTS} == files
    assert {student: full.rows(student) for student in STUDENTS} == rows


def test_a_worker_that_is_killed_loses_nothing(full: Class) -> None:
    before = {process.pid for process in active_children()}
    progress = kill_at_the_first_verdict(lambda: {p.pid for p in active_children() if p.pid is not None} - before)
    run = full.grade(workers=2, progress=progress)
    assert not run.faults
    assert everybody(run) == sorted(STUDENTS)
    assert digests(full.grade(force=True).verdicts) == digests(run.verdicts)


def test_a_worker_that_is_killed_while_a_large_notebook_is_on_its_way_does_not_hold_up_the_command(
    klass: Class,
) -> None:
    """The pool writes tasks into a pipe, and would wait for ever for somebody to read what does not fit."""
    students = [f"s{n}" for n in range(6)]
    for student in students:
        klass.hand_in(student, double=f"{SLOW}\n#{'x' * LARGE}")
    process = start(klass, "--workers", "2")
    "".join(lines_until(process, "grading 1/6"))
    os.kill(min(children_of(process.pid) - children_that(process.pid, "sandbox.parent")), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert "Traceback" not in err
    with VerdictStore(klass.root / "verdicts.db") as store:
        assert all(store.current(student, NAME) for student in students)


def test_a_warm_parent_that_is_killed_costs_at_most_what_was_under_way(full: Class) -> None:
    process = shared()._process
    assert process is not None
    before = children_of(process.pid)
    run = full.grade(workers=2, progress=kill_at_the_first_verdict(lambda: children_of(process.pid) - before))
    assert everybody(run) == sorted(STUDENTS)
    assert len(run.faults) <= 1
    assert all("warm parent has stopped" in fault for fault in run.faults.values())
    again = full.grade()
    assert not again.faults
    assert everybody(again) == sorted(STUDENTS)
    assert [verdict.student for verdict in again.verdicts] == sorted(run.faults)


def deadly(root: Path, mode: Mode, item: Submission, patience: Patience | None) -> worker.Result:
    """In a worker: die on one submission, as if the system had run out of memory there."""
    if item.student == "s2":
        os.kill(os.getpid(), signal.SIGKILL)
    return _whole(root, mode, item, patience)


_whole = worker.grade_one


def test_what_kills_its_worker_each_time_costs_only_itself(full: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "grade_one", deadly)
    run = full.grade(workers=2)
    assert set(run.faults) == {"s2"}
    assert everybody(run) == sorted(STUDENTS)
    assert full.rows("s2")["double"] == (None, None, None, 1)
    monkeypatch.undo()
    assert [verdict.student for verdict in full.grade().verdicts] == ["s2"]


class BrokenPool(Executor):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise BrokenExecutor


def test_a_worker_that_is_killed_at_the_very_end_holds_up_nobody() -> None:
    """Of idle workers one holds the lock of the queue: stopped, then killed when the pool has begun to end."""
    pool = Processes(2)
    list(pool.map(abs, range(20)))
    workers = pool.forked
    assert len(workers) == 2
    reading = wait_until(lambda: [one for one in workers if "pipe" in Path(f"/proc/{one.pid}/wchan").read_text()])[0]
    os.kill(reading.pid or 0, signal.SIGSTOP)
    Thread(target=lambda: (time.sleep(0.5), os.kill(reading.pid or 0, signal.SIGKILL)), daemon=True).start()
    pool.end(seconds=1.5)
    # Until: the pool's own thread reaps them as well, and who comes second is told "alive" while the first has not noted the end.
    assert wait_until(lambda: [] if any(one.is_alive() for one in workers) else [*workers])


def die_in_the_middle_of_a_result() -> None:
    """In a worker: what the kernel's killer may do while a result is written."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    queue = frame.f_locals["result_queue"]
    queue._wlock.acquire()
    os.write(queue._writer.fileno(), (1000).to_bytes(4, "big") + b"the beginning")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_in_the_middle_of_a_result_breaks_the_pool() -> None:
    pool = Processes(2)
    futures = [pool.submit(time.sleep, 60), pool.submit(die_in_the_middle_of_a_result)]
    killed = pool.forked
    assert wait_until(lambda: [one for one in killed if not one.is_alive()])
    pool.check()
    for future in futures:
        with pytest.raises(BrokenExecutor):
            future.result(timeout=30)
    pool.shutdown()


def unlucky_once(root: Path, mode: Mode, item: Submission, patience: Patience | None) -> worker.Result:
    """In a worker: die in the middle of the first result."""
    result = _whole(root, mode, item, patience)
    if not (root / "killed").exists():
        (root / "killed").touch()
        die_in_the_middle_of_a_result()
    return result


def test_a_run_goes_on_after_a_worker_was_killed_in_the_middle_of_a_result(
    full: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "grade_one", unlucky_once)
    monkeypatch.setattr(dispatch, "CHECK_SECONDS", 0.5)
    run = full.grade(workers=2)
    assert not run.faults
    assert everybody(run) == sorted(STUDENTS)
    assert (full.root / "killed").exists()


def wait_until(look: Callable[[], list[Any]]) -> list[Any]:
    """What is found, as soon as there is something."""
    deadline = time.monotonic() + 60
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def test_an_executor_that_is_broken_gives_faults_and_no_endless_loop(full: Class) -> None:
    run = full.grade(executor=BrokenPool())
    assert set(run.faults) == set(STUDENTS)


# Ctrl-C


def processes_of(session: int) -> set[int]:
    """Processes of a session, and the warm parents among them."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.add(int(entry.name))
    return found


def start(klass: Class, *options: str) -> subprocess.Popen[str]:
    # who runs the tests in the background has Ctrl-C ignored, and it would be inherited
    command = ["env", "--default-signal=INT", sys.executable, "-m", "coursegrader.cli"]
    command += ["grade", NAME, "--root", str(klass.root), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment
    )


def lines_until(process: subprocess.Popen[str], text: str) -> Iterator[str]:
    assert process.stderr is not None
    for line in process.stderr:
        yield line
        if text in line:
            return


@pytest.mark.parametrize(("workers", "more"), [("1", 0), ("2", 0), ("2", LARGE)])
def test_ctrl_c_ends_soon_with_130_and_the_next_run_goes_on(workers: str, more: int, klass: Class) -> None:
    students = [f"s{n}" for n in range(5)]
    for student in students:
        klass.hand_in(student, double=f"{SLOW}\n#{'x' * more}")
    process = start(klass, "--workers", workers)
    said = "".join(lines_until(process, "grading 1/5"))
    assert "grading 1/5" in said, said
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: everybody in the foreground gets it
    pressed = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - pressed < 10
    assert process.returncode == 130, (out, err)
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    deadline = time.monotonic() + 5
    while processes_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes_of(process.pid)
    with VerdictStore(klass.root / "verdicts.db") as store:
        done = {student for student in students if store.current(student, NAME)}
    assert 1 <= len(done) < 5
    for student in done:
        assert klass.rows(student)["double"] == (2.0, None, None, 0)
        assert klass.page(student)
    run = klass.grade(workers=2)
    assert everybody(run) == students
    assert {verdict.student for verdict in run.verdicts}.isdisjoint(done)
    assert all(klass.rows(student)["double"][0] == 2.0 for student in students)
