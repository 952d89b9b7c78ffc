"""What hostile submissions do to the honest ones that are graded beside them at the same moment, and what they leave behind.

    make bench-neighbours
    python benchmarks/neighbours.py --honest 100 --rounds 5

The same honest submissions are graded alone and among hostile ones (fork bombs, memory hogs, output floods, disk fillers), on two workers, in turns. The
order is that of names, so that hostile ones run all the time: the queue that puts them behind the others is measured by `make bench-fairness`. Compared
is the engine's time of each honest submission, from its bytes to its verdict and page. Two seconds after the end this looks for processes, files and
System V and POSIX objects that were left behind. Ends with one line of JSON: p95_slowdown (0.1 is 10 %), grades_changed, residue.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "attacks")]

import numpy as np
import residue

from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.sandbox.warm import shared
from coursegrader.verdict import Verdict
from tests.pipeline.small_course import NAME, Class, write_config, write_course

SECONDS_LATER = 2.0
WORK = """layer = torch.nn.Linear(64, 64)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
for _ in range(150):
    optimizer.zero_grad()
    layer(torch.ones(32, 64)).square().mean().backward()
    optimizer.step()
"""
HONEST: tuple[dict[str, Any], ...] = (
    {"double": WORK + "def double(values):\n    return [2 * value for value in values]"},
    {"double": WORK + "def double(values):\n    return values"},
    {"double": WORK + "def double(values):\n    return [value + value for value in values]", "total": None},
    {"double": WORK + "def double(values):\n    return (2 * torch.tensor(values)).tolist()"},
)
FOREVER = "import os, time\nwhile True:\n    try:\n        {}\n    except BaseException:\n        time.sleep(0.001)"
HOSTILE = {
    "fork bomb": "import os\nfor _ in range(10 ** 4):\n    try:\n        os.fork()\n    except OSError:\n        pass\nwhile True:\n    pass",
    "memory hog": "hog = []\n" + FOREVER.format("hog.append(os.urandom(1 << 24))"),
    "output flood": FOREVER.format("os.write(1, b'x' * 10 ** 6); print('x' * 10 ** 6)"),
    "disk filler": "number = [0]\n" + FOREVER.format(
        "number[0] += 1; open(f'/tmp/fill-{number[0]}', 'wb').write(b'x' * (1 << 24)); open(f'fill-{number[0]}', 'wb').write(b'x' * (1 << 24))"
    ),
}  # fmt: skip
SIXTH = 6  # every sixth submission is hostile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--honest", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shared()
    before = set(residue.left())
    folder = Path(tempfile.mkdtemp(prefix="neighbours-"))
    folder.chmod(0o755)
    try:
        alone, among, kinds = classes(folder, options.honest)
        graded(alone)  # warm, and the course's checks collected
        rounds = [(graded(alone), graded(among)) for _ in range(options.rounds)]
        time.sleep(SECONDS_LATER)
        left = sorted(set(residue.left()) - before) + strange_files(alone, among, set(kinds))
        result = compared(rounds, kinds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in left:
        print(f"left behind: {line}")
    result |= {"residue": len(left), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(result))
    sys.exit(1 if result["grades_changed"] or left else 0)


def classes(folder: Path, honest: int) -> tuple[Class, Class, dict[str, str]]:
    """The honest ones alone, the same among hostile ones, and the kind of each hostile student."""
    built = write_course(folder / "built")
    write_config(built, cell_seconds=2.0, call_seconds=2.0)
    build_release(load_course(built), NAME)
    alone, among = (Class.copied(built, folder / name) for name in ("alone", "among"))
    kinds: dict[str, str] = {}
    for number in range(honest):
        if number % SIXTH == 0:
            kind = list(HOSTILE)[number // SIXTH % len(HOSTILE)]
            among.hand_in(f"s{number:04d}-0", double=HOSTILE[kind])
            kinds[f"s{number:04d}-0"] = kind
        for klass in (alone, among):
            klass.hand_in(f"s{number:04d}-1", explain=f"Réponse {number}.", **HONEST[number % len(HONEST)])
    return alone, among, kinds


def graded(klass: Class) -> dict[str, Verdict]:
    """Everything graded anew, on two workers, in the order of names."""
    run = klass.grade(workers=2, force=True, fair=False)
    assert not run.faults, run.faults
    return {verdict.student: verdict for verdict in run.verdicts}


def strange_files(alone: Class, among: Class, hostile: set[str]) -> list[str]:
    """Files that only the class with hostile students in it has, besides what belongs to these students."""
    names = [{path.relative_to(klass.root).as_posix() for path in klass.root.rglob("*")} for klass in (alone, among)]
    return sorted(f"file {name}" for name in names[1] - names[0] if not hostile & set(name.split("/")))


def compared(rounds: list[tuple[dict[str, Verdict], dict[str, Verdict]]], kinds: dict[str, str]) -> dict[str, Any]:
    """Times and verdicts of the honest ones, with and without neighbours; each pair of runs is one measurement."""
    honest = sorted(rounds[0][0])
    right = {student: rounds[0][0][student].digest for student in honest}
    p95, median = [], []
    for number, pair in enumerate(rounds, start=1):
        seconds = [np.array([verdicts[student].timing["total"] for student in honest]) for verdicts in pair]
        for name, times in zip(("alone", "among"), seconds, strict=True):
            figures = f"median {1000 * np.median(times):6.0f} ms   p95 {1000 * np.percentile(times, 95):6.0f} ms"
            print(f"round {number} {name}   {figures}   longest {1000 * times.max():6.0f} ms")
        p95.append(np.percentile(seconds[1], 95) / np.percentile(seconds[0], 95))
        median.append(np.median(seconds[1]) / np.median(seconds[0]))
    for kind in HOSTILE:
        found = [pair[1][student] for pair in rounds for student in kinds if kinds[student] == kind]
        scores = sorted({verdict.score for verdict in found})
        print(
            f"{kind:13} {np.mean([verdict.timing['total'] for verdict in found]):5.1f} s a submission, points {scores}"
        )
    changed = {
        student for pair in rounds for run in pair for student in honest if run[student].digest != right[student]
    }
    return {
        "honest": len(honest),
        "hostile": len(kinds),
        "rounds": len(rounds),
        "p95_slowdown": round(float(np.median(p95)) - 1, 3),
        "median_slowdown": round(float(np.median(median)) - 1, 3),
        "grades_changed": len(changed),
    }


if __name__ == "__main__":
    main()
