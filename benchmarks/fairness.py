"""Hostile submissions among honest ones: how much longer the honest ones wait, and whether any grade changes.

    make bench-fairness                     200 honest, 20 hostile
    python benchmarks/fairness.py --honest 1000 --once --rounds 3
    python benchmarks/fairness.py --assignment 01-compter-generer --once --rounds 2    known submissions of a real assignment, minutes a round

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
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np
from fairness_work import Classes, known_work, small_work
from quantiles import WHAT, quantiles

from coursegrader import worker
from coursegrader.course import Course
from coursegrader.grade import grade
from coursegrader.patience import Patience
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--honest", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1, help="how often they are graded among hostile ones")
    parser.add_argument("--once", action="store_true", help="not a second time, and only until the last honest one")
    parser.add_argument("--assignment", help="of the course, and its known submissions; by default a small course's")
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
    built = folder / "built"
    work = known_work(built, options.assignment) if options.assignment else small_work(built)
    classes = Classes(work, options.honest)
    graded(classes.new(hostile=False), work.assignment, until=classes.honest[:WARM])
    alone, among = [], []
    shares: list[float] = []
    result: dict[str, Any] = {
        "assignment": work.assignment,
        "honest": options.honest,
        "hostile": len(classes.hostile),
    }
    found: dict[str, dict[str, str]] = {}

    def by_themselves() -> None:
        waits, found["alone"] = graded(classes.new(hostile=False), work.assignment)
        alone.append(seen("alone", waits, classes.honest))

    def compare(name: str, course: Course, fair: bool = True) -> np.ndarray:
        waits, found[name] = graded(course, work.assignment, until=classes.honest if options.once else (), fair=fair)
        changed = sum(found[name][student] != found["alone"][student] for student in classes.honest)
        result[f"grades_changed_{name}"] = result.get(f"grades_changed_{name}", 0) + changed
        if options.once:
            shares.append(share_of(classes.hostile))
        return seen(name, waits, classes.honest)

    for _ in range(options.rounds):
        by_themselves()
        course = classes.new(hostile=True)
        among.append(compare("among", course))
    by_themselves()
    baseline = np.mean(alone, axis=0)
    means = {"among": np.mean(among, axis=0)}
    if options.once:
        result["hostile_share"] = round(float(np.mean(shares)), 3)
    else:
        means["known"] = compare("known", course)
    if options.plain:
        means["plain"] = compare("plain", classes.new(hostile=True), fair=False)
    result["alone_differs"] = round(float((np.max(alone, axis=0) / np.min(alone, axis=0) - 1).max()), 3)
    for name, seconds in means.items():
        result |= {
            f"delay_{name}_{what}": round(float(by), 3) for what, by in zip(WHAT, seconds / baseline - 1, strict=True)
        }
    if not options.once:
        result["hostile_differ"] = sum(
            found[name][student] != found["among"][student] for name in means for student in classes.hostile
        )
    return result


tries: list[Path] = []  # the one file of this run, where workers, forked after it is known, write what each try took
_grade_one = worker.grade_one


def noted(root: Path, mode: Mode, submission: Submission, patience: Patience | None = None) -> worker.Result:
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


WARM = 8  # verdicts after which whatever is slow at first has happened


def seen(name: str, waits: dict[str, float], honest: list[str]) -> np.ndarray:
    """Seconds until the verdict: the honest ones' mean, median, 95 % and last; printed, too."""
    seconds = quantiles([waits[student] for student in honest])
    print(
        f"{name:6}" + "".join(f"   {what} {found:7.1f} s" for what, found in zip(WHAT, seconds, strict=True)),
        flush=True,
    )
    return seconds


class LastHonest(Exception):
    """Everybody who was waited for has a verdict."""


def graded(
    course: Course, assignment: str, until: Collection[str] = (), fair: bool = True
) -> tuple[dict[str, float], dict[str, str]]:
    """student -> seconds until the verdict, and student -> digest; everything anew, on two workers.

    Args:
        until: break off when all of these have their verdicts; empty: to the end.
        fair: as in `coursegrader.grade.grade`.
    """
    awaited = set(until)
    moments: dict[str, float] = {}
    digests: dict[str, str] = {}
    started = [0.0]
    tries[0].write_text("")
    worker.keep_only(course.root)  # `reference` means one course's at a time

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
        run = grade(course, assignment, best_mode()[0], workers=2, force=True, each=each, progress=progress, fair=fair)
        assert not run.faults, run.faults
    return moments, digests


if __name__ == "__main__":
    main()
