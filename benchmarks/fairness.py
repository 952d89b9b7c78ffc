"""Hostile submissions among honest ones: how much longer the honest ones wait, and whether any grade changes.

    make bench-fairness                     200 honest, 20 hostile
    python benchmarks/fairness.py --honest 1000

The honest ones are graded alone, twice, for a machine does not run evenly: the mean of the two is what the others are held against, and what the two
differ by is said. Then they are graded among one hostile one for every ten (loops that catch everything, memory, processes, output, sleep), on two
workers, nobody known from before. The wait of a submission is the time from the start of grading to its verdict. Then the hostile ones are known,
and the same is done again. With `--once` it is not, and grading is broken off when the last honest one has its verdict: what the hostile ones get,
after minutes, is not looked at then. Both are set beside the plain order of names (`--plain`, slow). Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np

from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.sandbox.warm import shared
from coursegrader.verdict import Verdict
from tests.pipeline.small_course import NAME, Class, write_config, write_course

HONEST: tuple[dict[str, Any], ...] = (
    {},
    {"double": "def double(v):\n    return v"},
    {"total": None},
    {"total": "def total(values):\n    return float(torch.tensor([float(v) for v in values]).double().sum())"},
    {"Tally": "x ="},
)
HOSTILE = (
    {
        "double": "def double(values):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    },
    {"double": "while True:\n    try:\n        while True: pass\n    except BaseException: pass"},
    {"total": "hog = []\nwhile True:\n    try: hog.append(bytearray(1 << 24))\n    except BaseException: pass"},
    {"Tally": "while True:\n    try: print('x' * 10**6)\n    except BaseException: pass"},
    {
        "double": "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        while True: pass\ntime.sleep(60)"
    },
    {"total": "def total(values):\n    import time\n    time.sleep(60)"},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--honest", type=int, default=200)
    parser.add_argument("--once", action="store_true", help="not a second time, and only until the last honest one")
    parser.add_argument("--plain", action="store_true", help="measure the plain order of names, too")
    options = parser.parse_args()
    shared()
    folder = Path(tempfile.mkdtemp(prefix="fairness-"))
    folder.chmod(0o755)
    built = write_course(folder / "built")
    write_config(built, cell_seconds=5.0, call_seconds=5.0)
    build_release(load_course(built), NAME)
    rng = random.Random(7)
    places = rng.sample(
        range(options.honest * 11 // 10), options.honest // 10
    )  # hostile ones anywhere in the order of names
    alone, among, plain = (Class.copied(built, folder / name) for name in ("alone", "among", "plain"))
    for position in range(options.honest * 11 // 10):
        student = f"s{position:06d}"
        remark = f"Réponse {student}."
        if position in places:
            for klass in (among, plain):
                klass.hand_in(student, explain=remark, **HOSTILE[position % len(HOSTILE)])
        else:
            for klass in (alone, among, plain):
                klass.hand_in(student, explain=remark, **HONEST[position % len(HONEST)])
    grade(alone, students=[f"s{position:06d}" for position in range(8)])  # both sides warm
    honest = [f"s{position:06d}" for position in range(options.honest * 11 // 10) if position not in places]
    first, digests = grade(alone)
    again, _ = grade(alone)
    baseline = quantiles(first, honest), quantiles(again, honest)
    show("alone", baseline[0])
    show("again", baseline[1])
    result: dict[str, Any] = {"honest": options.honest, "hostile": len(places)}
    result["alone_differs"] = round(float(np.abs(baseline[1] / baseline[0] - 1).max()), 3)
    found = {}
    for name, klass, fair in rounds(among, plain, options):
        waits, found[name] = grade(klass, until=honest if options.once else (), fair=fair)
        show(name, quantiles(waits, honest))
        delays = quantiles(waits, honest) / ((baseline[0] + baseline[1]) / 2) - 1
        result |= {f"delay_{name}_{what}": round(float(delay), 3) for what, delay in zip(WHAT, delays, strict=True)}
        result[f"grades_changed_{name}"] = sum(found[name][student] != digests[student] for student in honest)
    if not options.once:
        hostile = [f"s{position:06d}" for position in places]
        result["hostile_differ"] = sum(
            of_round[student] != found["among"][student] for of_round in found.values() for student in hostile
        )
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    changed = sum(value for key, value in result.items() if key.startswith("grades_changed"))
    sys.exit(1 if changed or result.get("hostile_differ") else 0)


WHAT = ("median", "p95", "last")


def quantiles(waits: dict[str, float], honest: list[str]) -> np.ndarray:
    """Seconds until the verdict: the honest ones' median, 95 % and last."""
    return np.quantile([waits[student] for student in honest], [0.5, 0.95, 1.0])


def show(name: str, seconds: np.ndarray) -> None:
    print(
        f"{name:6} median {seconds[0]:7.1f} s   p95 {seconds[1]:7.1f} s   last honest {seconds[2]:7.1f} s", flush=True
    )


def rounds(among: Class, plain: Class, options: argparse.Namespace) -> list[tuple[str, Class, bool]]:
    """Name, class and whether the order is the fair one."""
    known = [] if options.once else [("known", among, True)]
    return [("among", among, True), *known, *([("plain", plain, False)] if options.plain else [])]


class LastHonest(Exception):
    """Everybody who was waited for has a verdict."""


def grade(klass: Class, until: Collection[str] = (), **options: Any) -> tuple[dict[str, float], dict[str, str]]:
    """student -> seconds until the verdict, and student -> digest; everything anew, on two workers.

    Args:
        until: break off when all of these have their verdicts; empty: to the end.
    """
    awaited = set(until)
    moments: dict[str, float] = {}
    digests: dict[str, str] = {}
    started = [0.0]

    def each(verdict: Verdict, new: bool) -> None:
        moments[verdict.student] = time.perf_counter() - started[0]
        digests[verdict.student] = verdict.digest
        awaited.discard(verdict.student)
        if until and not awaited:
            raise LastHonest

    def progress(done: int, total: int, verdict: Verdict | None) -> None:
        if not started[0]:
            started[0] = time.perf_counter()

    with contextlib.suppress(LastHonest):
        run = klass.grade(workers=2, force=True, each=each, progress=progress, **options)
        assert not run.faults, run.faults
    return moments, digests


if __name__ == "__main__":
    main()
