"""Broken notebooks and frames through the trusted side, which must never crash.

    make fuzz
    python benchmarks/fuzz.py --notebooks 500 --frames 500 --seed 7

Notebooks are mutants of a real submission (missing and odd keys, types, deep JSON, same ids, prices of 1e9, strange Unicode, scripts in outputs, bytes
changed); each is found, read, parsed, rebuilt, given outputs that a hostile process claims, written as a graded notebook and as a page.
Frames are mutants of a real reply, read by the trusted end of a call. Ends with one line of JSON; exit code 1 when anything crashed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fuzz")]

from gauntlet import Gauntlet, feed
from mutants import FrameMutator, Mutator

from coursegrader.build import build_release
from tests.pipeline.small_course import NAME, Class, write_course

SLOW_SECONDS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        klass = Class(write_course(Path(folder) / "course"))
        build_release(klass.course, NAME)
        gauntlet = Gauntlet(klass.course, NAME, Path(folder) / "handed-in")
        mutator = Mutator(klass.notebook(), options.seed)
        notebooks = tally("notebook", options.notebooks, lambda: gauntlet.run(mutator.notebook(), mutator))
    frames_of = FrameMutator(options.seed)
    frames = tally("frame", options.frames, lambda: feed(frames_of.frame()))
    crashes = notebooks["crash"] + frames["crash"]
    result = {
        "notebooks": options.notebooks,
        "frames": options.frames,
        "crashes": crashes,
        "slow": notebooks["slow"] + frames["slow"],
        "notebooks_graded": notebooks["graded"],
        "notebooks_rejected": notebooks["rejected"],
        "frames_value": frames["value"],
        "frames_refused": options.frames - frames["value"] - frames["crash"],
        "seed": options.seed,
    }
    print(json.dumps(result))
    sys.exit(1 if crashes else 0)


def tally(what: str, count: int, once: Callable[[], str]) -> Counter[str]:
    """How often each end was reached; "crash" for an exception that should not be, "slow" besides for what took too long."""
    ends: Counter[str] = Counter()
    for number in range(count):
        started = time.perf_counter()
        try:
            ends[once()] += 1
        except Exception:
            ends["crash"] += 1
            if ends["crash"] <= 5:
                print(f"{what} {number} crashed:\n{traceback.format_exc()[-3000:]}", flush=True)
        ends["slow"] += time.perf_counter() - started > SLOW_SECONDS
        if (number + 1) % 1000 == 0:
            print(f"{number + 1} {what}s: {dict(ends)}", flush=True)
    return ends


if __name__ == "__main__":
    main()
