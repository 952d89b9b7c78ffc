"""Throughput on 1 and 2 processes and on 1 and 2 Dask workers, the coordinator's memory, and where ten thousand students would meet a limit.

    make bench-scale                                     2,000 submissions, or as many as fifteen minutes allow
    python benchmarks/scale.py --minutes 0               2,000, however long it takes
    python benchmarks/scale.py --submissions 100         a small one
    python benchmarks/scale.py --folder /tmp/scale       goes on where it was broken off, if started again with the same folder

The class hands in the light assignment of benchmarks/throughput_course, right and wrong answers in ever other mixtures: a tenth of a second each, so that
what is measured is the grader and not what students compute. Rates are counted from the first verdict to the last, in turns (local, cluster,
local, cluster), so that start-up and a neighbour's load weigh on both alike. Every known submission of assignment 01 that ends by itself is
graded here and on the cluster, too, and must get the same verdict, bit for bit. `--bank` makes the whole class of them (a second each and more).
Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import psutil
from known import known_notebooks
from scale_class import Class
from scale_coordinator import measure_sizes, measure_writing, simulate_all

from coursegrader import logs, worker
from coursegrader.build import build_release
from coursegrader.cluster import ClusterExecutor, Scheduler
from coursegrader.demo import make_class_folder
from coursegrader.grade import grade
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.warm import shared
from coursegrader.store import VerdictStore
from coursegrader.verdict import Verdict
from tests.scale.cluster import Cluster

FEWEST = 8  # in a sample: the first ones are not counted, workers are not busy yet
TURNS = {
    1: 2,
    2: 7,
}  # workers -> passes each way; with both cores at work a pass differs from the next by a tenth and more
LIGHT, BANK = HERE / "throughput_course", "01-compter-generer"


@dataclass
class Pass:
    """One run: submissions a second from the first verdict to the last, student -> digest, and how many the machine failed to grade."""

    rate: float
    digests: dict[str, str]
    faults: int


class Done:
    """What has been measured, in a file of the folder, so that a run that was broken off goes on."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "measured.json"
        self._values: dict[str, Any] = json.loads(self._path.read_text()) if self._path.is_file() else {}

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """The value of that name, measured if it is not there yet; plain data."""
        if name not in self._values:
            self._values[name] = measure()
            self._path.write_text(json.dumps(self._values))
        return self._values[name]

    def lacks(self, names: Iterable[str]) -> bool:
        """Whether any of these is still to be measured."""
        return not set(names) <= set(self._values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=2000)
    parser.add_argument(
        "--sample",
        type=int,
        default=0,
        help="submissions of each rate (default: a tenth, at least 60 or half the class)",
    )
    parser.add_argument("--minutes", type=float, default=15, help="grade fewer where it would take longer (0: never)")
    parser.add_argument("--folder", type=Path, help="keep everything here, and go on with what is there")
    parser.add_argument("--bank", action="store_true", help=f"the whole class hands in known submissions of {BANK}")
    options = parser.parse_args()
    size = sample_size(parser, options.submissions, options.sample)
    started = time.perf_counter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the cluster ends with this program
    shared()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="scale-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    done = Done(folder)
    klass = Class(folder / "class", BANK if options.bank else "bench")
    known = Class(folder / "bank", BANK)
    students: list[str] = done.once("class", lambda: make_class(klass, options.submissions))
    labels: list[str] = done.once("bank", lambda: make_class(known, 0))
    sample = students[:size]
    if options.minutes:
        students, sample = done.once("within", lambda: within(options.minutes, klass, students, sample))
    print(f"{len(students)} submissions of {klass.name}, rates from {len(sample)}; {len(labels)} of {BANK}", flush=True)
    rates, equal = measure_rates(klass, folder, sample, done)
    bank_equal = compare_bank(known, folder, labels, done)
    memory, log, one = measure_memory(klass, folder / "log.jsonl", len(students), done)
    aside = Class(folder / "writing", klass.name)
    writing = done.once("writing", lambda: measure_writing(klass, aside, sample))
    result = _summary(klass, students, sample, rates, memory, log, one, writing)
    result |= {"verdicts_equal": equal and bank_equal, "bank_verdicts": len(labels), "bank_verdicts_equal": bank_equal}
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"all of it in {time.perf_counter() - started:.0f} s")
    print(json.dumps(result))
    good = result["verdicts_equal"] and not result["lost"] and not result["counted_twice"]
    sys.exit(0 if good and result["unchanged"] == len(students) else 1)


def sample_size(parser: argparse.ArgumentParser, submissions: int, wanted: int) -> int:
    """How many submissions a rate is measured on; ends with wrong usage where that cannot be."""
    size = wanted or min(max(60, submissions // 10), submissions // 2)
    if not FEWEST <= size < submissions:
        parser.error(
            f"{size} in the sample, {submissions} submissions: a sample needs {FEWEST} or more, and the class others beside it, "
            "which are graded while the coordinator's memory is measured"
        )
    return size


def _summary(
    klass: Class,
    students: list[str],
    sample: list[str],
    rates: dict[str, list[float]],
    memory: dict[str, float],
    log: list[dict[str, Any]],
    one: float,
    writing: tuple[float, float],
) -> dict[str, Any]:
    middle = {name: statistics.median(found) for name, found in rates.items()}
    again = time.perf_counter()
    unchanged = grade(klass.course, klass.name, best_mode()[0], each=lambda verdict, new: None).counts.unchanged
    again = (time.perf_counter() - again) / len(students)
    lost, twice = look(klass, students)
    return {
        "submissions": len(students),
        **{f"rate_{name.replace(' ', '_')}": round(rate, 2) for name, rate in middle.items()},
        "dask_overhead": round(middle["local 2"] / middle["dask 2"] - 1, 3),
        "dask_overhead_1": round(middle["local 1"] / middle["dask 1"] - 1, 3),
        "speedup_2": round(middle["local 2"] / middle["local 1"], 2),
        "lost": lost,
        "counted_twice": twice,
        "unchanged": unchanged,
        "resubmit_ms": round(1000 * again, 1),
        "rss_mb": memory,
        **simulate_all([line["total"] for line in log], one, writing, measure_sizes(klass.course, klass.name, sample)),
    }


def make_class(klass: Class, number: int) -> list[str]:
    """A course, its release, and what so many students hand in, each unlike every other; number 0 for every known submission once."""
    shutil.rmtree(klass.root, ignore_errors=True)
    if klass.name == BANK:
        make_class_folder(HERE.parent, klass.root)
    else:
        shutil.copytree(LIGHT, klass.root)
    course = klass.course
    build_release(course, course.assignment(klass.name))
    release = json.loads((course.release_dir(klass.name) / f"{klass.name}.ipynb").read_text(encoding="utf-8"))
    known = klass.name == BANK
    notebooks = list(known_notebooks(course, BANK, release).values()) if known else light_notebooks(release)
    students = [f"s{position:06d}" for position in range(number or len(notebooks))]
    for position, student in enumerate(students):
        notebook = notebooks[position % len(notebooks)]
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        source = code[-1]["source"]
        code[-1]["source"] = "".join(source) + f"\n# {student}"
        klass.submitted(student).mkdir(parents=True, exist_ok=True)
        (klass.submitted(student) / f"{klass.name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        code[-1]["source"] = source
    return students


def light_notebooks(release: dict[str, Any], number: int = 60) -> list[dict[str, Any]]:
    """The light assignment answered rightly and wrongly."""
    from throughput_course.answers import answers_of

    notebooks = []
    for position in range(number):
        notebook, answers = json.loads(json.dumps(release)), answers_of(position)[0]
        for cell in notebook["cells"]:
            nbgrader = cell["metadata"].get("nbgrader", {})
            if nbgrader.get("solution"):
                cell["source"] = answers[nbgrader["grade_id"].removesuffix("-solution")]
        notebooks.append(notebook)
    return notebooks


def within(minutes: float, klass: Class, students: list[str], sample: list[str]) -> tuple[list[str], list[str]]:
    """As many students, and as large a sample, as can be graded in that time; the others' folders are removed."""
    each = 1 / one_pass(klass, sample[:8], 2, None).rate
    budget = 60 * minutes
    # a sample is graded here and on the cluster; one worker takes as long as two for two samples
    times = 2 * sum(turns * 2 // workers for workers, turns in TURNS.items())
    sample = sample[: max(FEWEST, int(0.4 * budget / (times * each)))]
    kept = students[: max(len(sample) + 1, int(0.4 * budget / each))]
    for student in students[len(kept) :]:
        shutil.rmtree(klass.submitted(student))
    return kept, sample


def one_pass(klass: Class, sample: list[str], workers: int, executor: Executor | None) -> Pass:
    """Grade the sample and time it."""
    digests: dict[str, str] = {}
    moments: list[float] = []
    worker.keep_only(klass.root)  # `reference` means one course's at a time

    def each(verdict: Verdict, new: bool) -> None:
        digests[verdict.student] = verdict.digest
        moments.append(time.perf_counter())

    run = grade(
        klass.course,
        klass.name,
        best_mode()[0],
        students=sample,
        force=True,
        workers=workers,
        executor=executor,
        each=each,
    )
    first = min(len(moments) - 2, 4)  # workers are busy by then
    return Pass((len(moments) - 1 - first) / (moments[-1] - moments[first]), digests, len(run.faults))


def measure_rates(klass: Class, folder: Path, sample: list[str], done: Done) -> tuple[dict[str, list[float]], bool]:
    """Rates by configuration, and whether all verdicts were equal."""
    rates: dict[str, list[float]] = {name: [] for name in ("local 1", "dask 1", "local 2", "dask 2")}
    seen: list[dict[str, str]] = []
    for number, often in TURNS.items():
        turns = [(f"{name} {number}", turn) for turn in range(1, often + 1) for name in ("local", "dask")]
        with _executor(klass, folder, number, done.lacks(f"{name}, {turn}" for name, turn in turns)) as executor:
            if executor is not None:
                one_pass(klass, sample[:8], number, executor)  # both warm: the first ones of a process are slower
            for name, turn in turns:
                where = executor if name.startswith("dask") else None
                one = partial(one_pass, klass, sample, number, where)
                found = Pass(**done.once(f"{name}, {turn}", lambda one=one: asdict(one())))
                rates[name].append(found.rate)
                seen.append(found.digests)
                print(f"{name}: {found.rate:7.2f} a second, {found.faults} faults", flush=True)
    equal = all(digests == seen[0] and len(digests) == len(sample) for digests in seen)
    return rates, equal


@contextmanager
def _executor(klass: Class, folder: Path, workers: int, needed: bool) -> Iterator[ClusterExecutor | None]:
    if not needed:
        yield None
        return
    scratch = folder / f"cluster-{workers}-{time.time_ns()}"
    with (
        _cluster(scratch, workers) as cluster,
        ClusterExecutor(Scheduler(cluster.address), klass.course, klass.name, best_mode()[0]) as executor,
    ):
        _wait_for(executor, workers)
        yield executor


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.close()


def _wait_for(executor: ClusterExecutor, workers: int) -> None:
    deadline = time.monotonic() + 120
    while executor.width < 2 * workers and time.monotonic() < deadline:
        time.sleep(0.5)


def compare_bank(known: Class, folder: Path, labels: list[str], done: Done) -> bool:
    """Whether every known submission gets the same verdict here and on a cluster."""
    with _executor(known, folder, 2, done.lacks(["bank dask"])) as executor:
        here, there = (
            Pass(**done.once(f"bank {name}", lambda where=where: asdict(one_pass(known, labels, 2, where))))
            for name, where in (("local", None), ("dask", executor))
        )
    print(f"known submissions: {here.rate:.2f} a second here, {there.rate:.2f} on the cluster", flush=True)
    return here.digests == there.digests and len(here.digests) == len(labels)


def measure_memory(
    klass: Class, log: Path, number: int, done: Done
) -> tuple[dict[str, float], list[dict[str, Any]], float]:
    """RSS of this process along the whole class, the log of the run, and this process's seconds a submission.

    The sample's verdicts stand and are passed over; a run that was broken off goes on behind those that stand by then.
    """

    def measure() -> dict[str, Any]:
        logs.start(log)
        process = psutil.Process()
        marks = {max(number * share // 100, 1): share for share in range(5, 101, 5)}
        memory: dict[str, float] = {}
        before, started = process.cpu_times(), time.perf_counter()
        graded = [0]

        def progress(position: int, total: int, verdict: Verdict | None) -> None:
            graded[0] += verdict is not None
            share = marks.get(position)
            if share is not None and f"{share}%" not in memory:
                memory[f"{share}%"] = round(process.memory_info().rss / 2**20, 1)
                seconds = time.perf_counter() - started
                print(f"{share:3d} % of the class, {seconds:.0f} s, {memory[f'{share}%']:.0f} MB", flush=True)

        grade(klass.course, klass.name, best_mode()[0], progress=progress, each=lambda verdict, new: None)
        after = process.cpu_times()
        spent = (after.user + after.system - before.user - before.system) / max(graded[0], 1)
        return {"memory": memory, "spent": spent}

    found = done.once("memory", measure)
    print(f"coordinator {1000 * found['spent']:.1f} ms of processor a submission", flush=True)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return found["memory"], [line for line in lines if line["event"] == "graded"], found["spent"]


def look(klass: Class, students: list[str]) -> tuple[int, int]:
    """How many have no current verdict, and how many rows are there twice."""
    import sqlite3

    with VerdictStore(klass.root / "verdicts.db") as store:
        lost = sum(not store.find(store.current(student, klass.name) or "") for student in students)
    with sqlite3.connect(klass.root / "gradebook.db") as db:
        query = "SELECT count(*), count(DISTINCT student_id) FROM submitted_assignment"
        rows, distinct = db.execute(query).fetchone()
    return lost + (len(students) - distinct), rows - distinct


if __name__ == "__main__":
    main()
