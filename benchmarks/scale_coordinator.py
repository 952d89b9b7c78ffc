"""The one process that writes verdicts down: what a submission costs it, and how many workers it can serve."""

from __future__ import annotations

import heapq
import os
import random
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from scale_class import Class

from coursegrader.cluster.bundle import pack
from coursegrader.cluster.wire import pack_result, pack_task
from coursegrader.course import Course
from coursegrader.grade import TOGETHER, register
from coursegrader.gradebook import GradebookWriter
from coursegrader.settle import NEW
from coursegrader.store import VerdictStore
from coursegrader.submission import read
from coursegrader.worker import Result
from coursegrader.write_down import write_down_new

LINK_BYTES = 125e6  # a second: 1 Gbit/s, full duplex counted as one
NOT_COPIED = ("submitted", "verdicts.db*", "gradebook.db*", "autograded", "feedback")


def measure_writing(klass: Class, aside: Class, sample: list[str]) -> tuple[float, float]:
    """Seconds that it costs to write verdicts down into new databases: of a group, however large, and of each in it.

    Args:
        klass: graded; its verdicts are written again.
        aside: where to.
        sample: students, half of them written one by one and half in groups.
    """
    shutil.rmtree(aside.root, ignore_errors=True)
    shutil.copytree(klass.root, aside.root, ignore=shutil.ignore_patterns(*NOT_COPIED))
    course, new = aside.course, []
    with VerdictStore(klass.root / "verdicts.db") as store:
        for student in sample:
            shutil.copytree(klass.submitted(student), aside.submitted(student))
            key = store.standing(student, klass.name) or ""
            entry = store.find(key)
            assert entry is not None
            new.append((key, read(aside.submitted(student), student, klass.name), entry))
    half = len(new) // 2
    with (
        VerdictStore(aside.root / "verdicts.db") as store,
        GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook,
    ):
        register(course, gradebook, aside.name)

        def mean(size: int, part: list[Any]) -> float:
            taken = []
            for start in range(0, len(part) - size + 1, size):
                started = time.perf_counter()
                write_down_new(course, store, gradebook, part[start : start + size], NEW)
                taken.append(time.perf_counter() - started)
            return statistics.mean(taken[len(taken) // 8 :])  # the first ones read what the others find read

        one, group = mean(1, new[:half]), mean(TOGETHER, new[half:])
    each = max(group - one, 0.0) / (TOGETHER - 1)
    print(f"writing: {1000 * one:.1f} ms for one verdict, {1000 * group:.1f} ms for {TOGETHER} together", flush=True)
    return max(one - each, 0.0), each


def measure_sizes(course: Course, name: str, sample: list[str]) -> dict[str, float]:
    """Bytes on the wire: of a task and of a result (means), and of the course."""
    tasks, results = [], []
    with VerdictStore(Path(course.root) / "verdicts.db") as store:
        for student in sample:
            item = read(course.root / "submitted" / student / name, student, name)
            tasks.append(len(pack_task(item, None)))
            entry = store.find(store.current(student, name) or "")
            assert entry is not None
            results.append(len(pack_result(Result(entry.verdict, entry.notebook, entry.page))))
    return {
        "task": statistics.mean(tasks),
        "result": statistics.mean(results),
        "course": len(pack(course, name).content),
    }


def simulate(
    times: list[float],
    handling: float,
    writing: tuple[float, float],
    link: float,
    workers: int,
    number: int,
    seed: int = 1,
) -> tuple[float, float]:
    """A class that hands in at one moment, event by event.

    Args:
        times: measured seconds of submissions, drawn from at random.
        handling: seconds of the coordinator for each besides writing.
        writing: its seconds for a group and for each in it; a group is what has arrived while the one before was written, up to a limit.
        link: seconds that its network link needs for each, both ways.
        workers: one submission at a time each.
        number: of submissions.

    Returns:
        Seconds until the last verdict is written, and the share of them that the coordinator was busy.
    """
    rng = random.Random(seed)
    free = [0.0] * workers
    coming: list[float] = []  # when results reach the coordinator
    sent, busy, spent = 0, 0.0, 0.0
    written = 0
    while written < number:
        while sent < number and sent - written < 2 * workers:
            sent += 1
            start = max(heapq.heappop(free), busy + link)
            end = start + rng.choice(times)
            heapq.heappush(free, end)
            heapq.heappush(coming, end + link)
        begun, group = max(busy, heapq.heappop(coming)), 1
        while coming and coming[0] <= begun and group < TOGETHER:
            heapq.heappop(coming)
            group += 1
        cost = max(writing[0] + (writing[1] + handling) * group, link * group)
        busy = begun + cost
        spent += cost
        written += group
    return busy, spent / busy


def simulate_all(
    times: list[float], processor: float, writing: tuple[float, float], sizes: dict[str, float]
) -> dict[str, Any]:
    """10,000 students on ever more workers; prints a table, returns where it stops to help and what it costs.

    Args:
        times: seconds of submissions on a worker.
        processor: the coordinator's seconds of processor for each, writing included.
        writing: as `measure_writing` tells it.
        sizes: as `measure_sizes` tells it.
    """
    wait, each = writing
    handling = max(processor - (wait + each), 0.0)
    least = each + handling
    link = (sizes["task"] + sizes["result"]) / LINK_BYTES
    mean = statistics.mean(times)
    wire = sizes["task"] + sizes["result"]
    print(
        f"\na submission: {mean:.3f} s on a worker, {1000 * least:.1f} ms on the coordinator and {1000 * wait:.1f} ms more for all that it writes together,"
    )
    print(
        f"{wire / 1000:.1f} kB on the wire ({1e6 * link:.0f} µs of 1 Gbit/s); the course {sizes['course'] / 1000:.0f} kB once a worker"
    )
    print("\n10,000 submissions at one moment, simulated\nworkers    minutes   coordinator busy")
    table = {}
    for workers in (2, 8, 16, 32, 64, 128, 256, 512):
        seconds, share = simulate(times, handling, writing, link, workers, 10_000)
        table[workers] = round(seconds / 60, 2)
        print(f"{workers:7d} {seconds / 60:10.1f} {share:18.0%}")
    return {
        "submission_s": round(mean, 3),
        "coordinator_ms": round(1000 * least, 2),
        "write_wait_ms": round(1000 * wait, 2),
        "write_each_ms": round(1000 * each, 2),
        "wire_kb": round(wire / 1000, 1),
        "bundle_kb": round(sizes["course"] / 1000, 1),
        "coordinator_saturates_at_workers": int(mean / least),
        "link_saturates_at_workers": int(mean / link),
        "minutes_of_10000": table,
        "core_hours_10000": round(10_000 * (mean + least) / 3600, 2),
        "core_hours_1000000": round(1_000_000 * (mean + least) / 3600, 1),
        "cores": os.cpu_count(),
    }
