"""`coursegrader status`: what runs, what waits, the last runs, faults, and the size of the store."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader status\n  coursegrader status --json\n  watch -n 2 coursegrader status      a view that follows"
    )
    parser = add_command(commands, "status", "what runs, what waits, the last runs and the store's size", example)
    parser.add_argument("--last", type=int, default=10, metavar="N", help="how many runs (default: 10)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read and show; nothing is written and no lock is held."""
    from coursegrader.status import status_of

    state = status_of(load_course(options.root, only=[]), options.last)
    if options.json:
        print(json.dumps(asdict(state), default=str, ensure_ascii=False))
        return 0
    import pandas as pd

    waiting = pd.DataFrame([asdict(line) for line in state.assignments])
    print(waiting.to_string(index=False) if len(waiting) else "Nothing handed in.")
    for run in state.runs:
        counts = run.counts
        done = counts.graded + counts.unchanged + counts.faults
        how = "running" if run.running else f"{run.ended:%Y-%m-%d %H:%M:%S}" if run.ended else "broke off"
        print(
            f"{how:>19}  {run.assignment}  {done}/{counts.total}: {counts.graded} graded, {counts.unchanged} unchanged, "
            f"{counts.faults} faults, {counts.yielded} yielded; {run.seconds:.0f} s, {run.place}, {run.host} {run.process}"
        )
    for fault in state.faults:
        print(f"fault of the machine, run again: {fault.student} {fault.assignment} ({fault.at:%Y-%m-%d %H:%M:%S} UTC)")
    print(
        f"store: {state.cache.bytes / 2**20:.1f} MB, {state.cache.verdicts} verdicts, {state.cache.standing} of them carry a grade"
    )
    return 0
