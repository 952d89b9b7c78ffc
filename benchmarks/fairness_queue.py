"""A class put through the queue in a time that is only counted: how much longer honest submissions wait among hostile ones.

    make bench-queue                                              times of the class that `make demo` graded
    python benchmarks/fairness_queue.py verdicts.db --honest 200 --draws 20

What each verdict of that store took, all in all and in its longest step, is drawn for a thousand honest submissions; a hundred hang for ever, after
up to half of a usual time. The queue is the product's, on two workers. No clock is read, so that unlike `fairness.py` it says the same on any
machine; what processes do to one another is not in it. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np
from quantiles import WHAT, quantiles

from coursegrader.verdict import Effort
from tests.scale.counted import Work, waits

NEVER = 1e9  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, nargs="?", default=HERE.parent / ".demo" / "verdicts.db")
    parser.add_argument("--honest", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=3, help="classes drawn of each assignment")
    options = parser.parse_args()
    if not options.store.is_file():
        parser.error(f"{options.store} is not there: run `make demo` first, or name the verdicts.db of a course")
    result: dict[str, dict[str, float]] = {}
    for assignment, efforts in sorted(measured(options.store).items()):
        delays = np.mean([delay(efforts, options.honest, random.Random(seed)) for seed in range(options.draws)], axis=0)
        result[assignment] = {what: round(float(by), 3) for what, by in zip(WHAT, delays, strict=True)}
        print(
            f"{assignment:28}" + "".join(f"   {what} {by:+7.1%}" for what, by in result[assignment].items()), flush=True
        )
    print(json.dumps({"honest": options.honest, "hostile": options.honest // 10, "delay": result}))


def measured(store: Path) -> dict[str, list[Effort]]:
    """assignment -> what verdicts took that hit no limit."""
    found: dict[str, list[Effort]] = {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        for assignment, packed in db.execute("SELECT assignment, verdict FROM verdict"):
            effort = Effort.of(json.loads(zlib.decompress(packed))["timing"])
            if not effort.limits_hit and effort.longest:
                found.setdefault(assignment, []).append(effort)
    return found


def delay(efforts: list[Effort], number: int, rng: random.Random) -> np.ndarray:
    """By how much longer honest ones wait: mean, median, 95 % and last."""
    names = iter(rng.sample(range(2 * number), number + number // 10))
    honest = {f"s{next(names):06d}": work_of(rng.choice(efforts), rng) for _ in range(number)}
    hostile = {f"s{name:06d}": Work(rng.random() * rng.choice(efforts).seconds / 2, NEVER) for name in names}
    return quantiles(waits(honest, hostile)) / quantiles(waits(honest, {})) - 1


def work_of(effort: Effort, rng: random.Random) -> Work:
    """The longest step at any place, and no two submissions that take the same."""
    scale = rng.lognormvariate(0, 0.1)
    rest = max(effort.seconds - effort.longest, 0.0) * scale
    before = rng.random() * rest
    return Work(before, effort.longest * scale, rest - before)


if __name__ == "__main__":
    main()
