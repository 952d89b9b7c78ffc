"""Hostile submissions among honest ones: how much longer the honest ones wait, and whether any grade changes.

    make bench-fairness                     200 honest, 20 hostile
    python benchmarks/fairness.py --honest 1000 --once --rounds 3

The honest ones are graded alone, and among one hostile one for every ten (loops that catch everything, memory, processes, output, sleep), on two
workers, nobody known from before. The wait of a submission is the time from the start of grading to its verdict. A machine does not run evenly, so
the two take turns (`--rounds`), alone first and last; means are compared, and how far the slowest round alone is from the quickest is said. What no
unevenness touches is said, too: what the workers spent on hostile tries, as a share of what they spent on the honest ones in the same run. Then the
hostile ones are known, and the same is done again. With `--once` it is not, and grading is broken off when the last honest one has its verdict: what
the hostile ones get, after minutes, is not looked at then. Both are set beside the plain order of names (`--plain`, slow). Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np

from coursegrader import worker
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.submission import Submission
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
    parser.add_argument("--rounds", type=int, default=1, help="how often they are graded among hostile ones")
    parser.add_argument("--once", action="store_true", help="not a second time, and only until the last honest one")
    parser.add_argument("--plain", action="store_true", help="measure the plain order of names, too")
    options = parser.parse_args()
    shared()
    worker.grade_one = noted
    with tempfile.TemporaryDirectory(prefix="fairness-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        tries.append(folder / "tries")
        result = measured(folder, options)
    print(json.dumps(result))
    changed = sum(value for key, value in result.items() if key.startswith("grades_changed"))
    sys.exit(1 if changed or result.get("hostile_differ") else 0)


def measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All that the last line says."""
    classes = Classes(folder, options.honest)
    _, digests = grade(classes.new(hostile=False))  # both sides warm
    alone, among = [], []
    shares: list[float] = []
    result: dict[str, Any] = {"honest": options.honest, "hostile": len(classes.hostile)}
    found: dict[str, dict[str, str]] = {}

    def compare(name: str, klass: Class, fair: bool = True) -> np.ndarray:
        waits, found[name] = grade(klass, until=classes.honest if options.once else (), fair=fair)
        changed = sum(found[name][student] != digests[student] for student in classes.honest)
        result[f"grades_changed_{name}"] = result.get(f"grades_changed_{name}", 0) + changed
        if options.once:
            shares.append(share_of(classes.hostile))
        return seen(name, waits, classes.honest)

    for _ in range(options.rounds):
        alone.append(seen("alone", grade(classes.new(hostile=False))[0], classes.honest))
        klass = classes.new(hostile=True)
        among.append(compare("among", klass))
    alone.append(seen("alone", grade(classes.new(hostile=False))[0], classes.honest))
    baseline = np.mean(alone, axis=0)
    quantiles = {"among": np.mean(among, axis=0)}
    if options.once:
        result["hostile_share"] = round(float(np.mean(shares)), 3)
    else:
        quantiles["known"] = compare("known", klass)
    if options.plain:
        quantiles["plain"] = compare("plain", classes.new(hostile=True), fair=False)
    result["alone_differs"] = round(float((np.max(alone, axis=0) / np.min(alone, axis=0) - 1).max()), 3)
    for name, seconds in quantiles.items():
        result |= {
            f"delay_{name}_{what}": round(float(by), 3) for what, by in zip(WHAT, seconds / baseline - 1, strict=True)
        }
    if not options.once:
        result["hostile_differ"] = sum(
            digests_of[student] != found["among"][student]
            for digests_of in found.values()
            for student in classes.hostile
        )
    return result


class Classes:
    """Makes classes that nobody has graded yet: what an earlier run knows would put the quick ones first.

    Attributes:
        honest, hostile: the students' ids. In the order of names there is one hostile among any eleven.
    """

    def __init__(self, folder: Path, honest: int) -> None:
        self._folder, self._made = folder, 0
        self._built = write_course(folder / "built")
        write_config(self._built, cell_seconds=5.0, call_seconds=5.0)
        build_release(load_course(self._built), NAME)
        everybody = range(honest * 11 // 10)
        # one among every eleven names: of a free draw, which may put most of them into the first half, quantiles would tell the luck
        rng = random.Random(7)
        places = {first + rng.randrange(11) for first in everybody[: honest // 10 * 11 : 11]}
        self.honest = [f"s{position:06d}" for position in everybody if position not in places]
        self.hostile = [f"s{position:06d}" for position in sorted(places)]

    def new(self, hostile: bool) -> Class:
        """A class with the honest ones' work handed in, and the hostile ones' if asked."""
        self._made += 1
        klass = Class.copied(self._built, self._folder / str(self._made))
        for student in self.honest:
            klass.hand_in(student, explain=f"Réponse {student}.", **HONEST[int(student[1:]) % len(HONEST)])
        for student in self.hostile if hostile else ():
            klass.hand_in(student, explain=f"Réponse {student}.", **HOSTILE[int(student[1:]) % len(HOSTILE)])
        return klass


tries: list[Path] = []  # the one file of this run, where workers, forked after it is known, write what each try took
_grade_one = worker.grade_one


def noted(root: Path, mode: Mode, submission: Submission, patience: float | None = None) -> worker.Result:
    """`worker.grade_one`, which also notes whose try took how long. Runs in the workers."""
    started = time.perf_counter()
    try:
        return _grade_one(root, mode, submission, patience)
    finally:
        with tries[0].open("a") as notes:
            notes.write(f"{submission.student} {time.perf_counter() - started}\n")


def share_of(hostile: list[str]) -> float:
    """Seconds of the workers on hostile tries, as a share of those on honest ones, since the last run began."""
    spent = {True: 0.0, False: 0.0}
    for line in tries[0].read_text().splitlines():
        student, seconds = line.split()
        spent[student in hostile] += float(seconds)
    return spent[True] / spent[False]


WHAT = ("median", "p95", "last")


def seen(name: str, waits: dict[str, float], honest: list[str]) -> np.ndarray:
    """Seconds until the verdict: the honest ones' median, 95 % and last; printed, too."""
    seconds = np.quantile([waits[student] for student in honest], [0.5, 0.95, 1.0])
    print(
        f"{name:6} median {seconds[0]:7.1f} s   p95 {seconds[1]:7.1f} s   last honest {seconds[2]:7.1f} s", flush=True
    )
    return seconds


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
    tries[0].write_text("")

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
