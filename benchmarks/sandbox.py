"""What a confined child costs, in every mode that this machine offers: time until it is ready, calls, snapshots, memory.

    make bench-sandbox
    python benchmarks/sandbox.py --children 200

Measured on the trusted side, warm parent included. As root the modes of an ordinary user are measured too, in a process of such a user. Ends
with one line of JSON: ready_p50_ms and ready_p95_ms, call_ms, round_trip_4mb_ms, snapshot_ms (medians) and private_mb of the strongest mode, and all of
them by mode.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from memory import descendants, private_bytes

from coursegrader.allowance import Times
from coursegrader.errors import CoursegraderError
from coursegrader.sandbox.confinement import Mode, make_plan
from coursegrader.sandbox.warm import WarmParent
from coursegrader.session import Cell, Session

ORDINARY = 60990  # the user without privileges whom root measures as; nobody's
CELL = "import torch\nmodel = torch.nn.Linear(100, 100)\ndef same(x): return x"
STEP = """optimizer = torch.optim.Adam(model.parameters())
for _ in range(10):
    optimizer.zero_grad(); model(torch.randn(32, 100)).square().mean().backward(); optimizer.step()"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=100, help="children a mode")
    parser.add_argument("--modes", nargs="*", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    as_root = os.geteuid() == 0
    modes = options.modes or [Mode.FULL_ROOT.value if as_root else Mode.FULL_USER.value, Mode.REDUCED.value]
    found = measured(modes, options.children)
    if options.modes is not None:
        print(json.dumps(found))
        return
    if as_root:
        found |= as_ordinary_user(options.children)
    print(pd.DataFrame(found).round(2).to_string())
    best = next((found[mode] for mode in (*modes, *found) if "ready_p95_ms" in found.get(mode, {})), {})
    print(json.dumps(best | {"modes": found}))
    sys.exit(0 if best else 1)


def measured(modes: list[str], children: int) -> dict[str, dict[str, Any]]:
    """The figures of each mode; of one that does not work here, why not."""
    found: dict[str, dict[str, Any]] = {}
    with WarmParent() as parent:
        for name in modes:
            try:
                found[name] = measure(parent, parent.register(make_plan(Mode(name))), children)
            except CoursegraderError as error:
                found[name] = {"refused": str(error).splitlines()[0]}
    return found


def as_ordinary_user(children: int) -> dict[str, dict[str, Any]]:
    """The same in a process of a user without privileges."""
    command = [
        sys.executable,
        __file__,
        "--children",
        str(children),
        "--modes",
        Mode.FULL_USER.value,
        Mode.REDUCED.value,
    ]
    done = subprocess.run(
        command, user=ORDINARY, group=ORDINARY, extra_groups=[], cwd="/", capture_output=True, text=True,
        env=os.environ | {"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if done.returncode:
        return {"ordinary user": {"refused": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]}}
    return {f"{mode}, ordinary user": figures for mode, figures in json.loads(done.stdout.splitlines()[-1]).items()}


def measure(parent: WarmParent, key: str, children: int) -> dict[str, Any]:
    """Figures of one mode, in milliseconds and MB (10^6 bytes).

    Ready is from the request until the child has answered for an empty cell: confined, and in Python.
    """
    ready, gone = [], []
    for _ in range(children):
        started = time.perf_counter()
        session = Session(parent, key, Times())
        session.run([Cell("empty", "pass")])
        ready.append(time.perf_counter() - started)
        session.close()
        gone.append(time.perf_counter() - started - ready[-1])
    with Session(parent, key, Times()) as session:
        assert [outcome.status for outcome in session.run([Cell("cell", CELL)])] == ["ok"]
        assert session._child is not None
        with session.snapshot() as snapshot:
            snapshot.call("same", (1,))
            call = timed(lambda: snapshot.call("same", (1,)), 5 * children)
            array = np.zeros(1 << 19)
            trip = timed(lambda: snapshot.call("same", (array,)), children // 5)
        snapshots = timed(lambda: one_check(session), children)
    memory = []
    for _ in range(5):
        with Session(parent, key, Times()) as session:
            session.run([Cell("cell", CELL), Cell("step", STEP)])
            assert session._child is not None
            pid = session._child.pid
            memory.append(sum(private_bytes(process) for process in (pid, *descendants(pid))) / 1e6)
    return {
        "ready_p50_ms": round(1000 * median(ready), 2),
        "ready_p95_ms": round(1000 * quantiles(ready, n=20)[-1], 2),
        "destroy_ms": round(1000 * median(gone), 2),
        "call_ms": round(1000 * median(call), 3),
        "round_trip_4mb_ms": round(1000 * median(trip), 2),
        "snapshot_ms": round(1000 * median(snapshots), 2),
        # a child cannot be looked into by its own user: that is part of the confinement
        "private_mb": round(median(memory), 1) if os.geteuid() == 0 else None,
    }


def one_check(session: Session) -> None:
    """What a check of one call costs: a fork of the state, the call, and the fork's end."""
    with session.snapshot() as snapshot:
        snapshot.call("same", (1,))


def timed(do: Any, times: int) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for _ in range(max(times, 3)):
        started = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
