"""What the hidden checks of one right submission cost: processor seconds of one core, by assignment.

    make bench-checks
    python benchmarks/check_cost.py 05-entrainer

Grades the reference answers and every unusual right submission of the bank, one after the other, and adds up the processor time of the trusted
side (the judge) and of the student's functions while checks call them. The notebook's own cells are counted apart: they are the
student's to run. Only the reference's notebook is run whole; of the others the cells that define something. Prints a table (the dearest
submission of each assignment) and one line of JSON. Fails where an assignment's checks cost more than its bound.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd
from mutants import defines

from coursegrader.bank import Known, load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import Course, load_course
from coursegrader.demo import make_class_folder
from coursegrader.engine import Engine
from coursegrader.rebuild import rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.warm import shared
from coursegrader.session import Cell, Session
from coursegrader.snapshot import Snapshot
from coursegrader.submission import parse

ROOT = Path(__file__).resolve().parents[1]
BOUND = 15.0  # seconds, of the core course
BOUNDS = {"07": 20.0, "08": 10.0, "09": 20.0, "10": 10.0, "11": 10.0, "12": 10.0}  # of the assignments that begin so


class Counting(Session):
    """A session that remembers its snapshots, which know what their calls cost."""

    def snapshot(self) -> Snapshot:
        self.snapshots = [*getattr(self, "snapshots", []), super().snapshot()]
        return self.snapshots[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--label", default="*", help="only submissions of this name, with * and ?")
    parser.add_argument(
        "--definitions", action="store_true", help="no notebook whole: quicker, and checks of experiments fail"
    )
    options = parser.parse_args()
    course = load_course(make_class_folder(ROOT, Path(tempfile.mkdtemp(prefix="cost-"))))
    rows = []
    with Engine(course, best_mode()[0], shared()) as engine:
        for assignment in course.assignments:
            if options.assignments and assignment.id not in options.assignments:
                continue
            build_release(course, assignment)
            for item in load_bank(ROOT / "tests" / "submissions" / assignment.id):
                right = item.label == "reference" or item.label.startswith("right-")
                if right and (item.label == "reference" or fnmatch(item.label, options.label)):
                    whole = item.label == "reference" and not options.definitions
                    rows.append(cost(course, engine, assignment.id, item, whole=whole))
                    print(f"{assignment.id} {item.label}: {rows[-1]['checks']:.1f} s", file=sys.stderr, flush=True)
    frame = pd.DataFrame(rows)
    table = frame.loc[frame.groupby("assignment")["checks"].idxmax()].set_index("assignment")
    reference = frame[frame["submission"] == "reference"].set_index("assignment")
    print(
        "| assignment | cells of the reference | its checks | dearest right submission | judge | calls | its checks | bound |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, row in table.iterrows():
        own = reference.loc[name]
        numbers = (
            f"{own['cells']:.1f} | {own['checks']:.1f} | {row['submission']} | {row['judge']:.1f} | {row['calls']:.1f}"
        )
        print(f"| {name} | {numbers} | {row['checks']:.1f} | {bound(str(name)):.0f} |")
    over = sorted(str(name) for name, row in table.iterrows() if row["checks"] > bound(str(name)))
    worst = round(float(frame["checks"].max()), 2)
    print(json.dumps({"submissions": len(frame), "dearest_checks_cpu_seconds": worst, "over_their_bound": over}))
    sys.exit(1 if over else 0)


def bound(assignment: str) -> float:
    """Seconds that all hidden checks of one right submission may cost."""
    return BOUNDS.get(assignment[:2], BOUND)


def cost(course: Course, engine: Engine, assignment_id: str, item: Known, *, whole: bool) -> dict[str, Any]:
    """Processor seconds of one submission."""
    prepared = engine.prepare(assignment_id)
    solutions = solutions_of(build_source(course, course.assignment(assignment_id)))
    cells = rebuild(prepared.release, parse(item.notebook(prepared.release, solutions)))
    code = [
        Cell(cell.name, cell.source)
        for cell in cells
        if cell.kind == "code"
        and cell.source.strip()
        and (whole or cell.role in ("solution", "extra") or defines(cell.source))
    ]
    parent = shared()
    patient = replace(
        prepared.times, cell=600.0, call=600.0, submission=3600.0
    )  # processor time is counted, not waiting
    with Counting(parent, parent.register(prepared.plan), patient) as session:
        own = sum(outcome.cpu for outcome in session.run(code))
        started = time.process_time()
        failed = [f"{e}:{c.name}" for e, checks in prepared.judge.run(session).items() for c in checks if not c.passed]
        judge = time.process_time() - started
        calls = sum(snapshot.cpu for snapshot in session.snapshots)
    if failed and whole:
        raise SystemExit(f"{assignment_id} {item.label} is right, but failed {', '.join(failed)}")
    return {
        "assignment": assignment_id,
        "submission": item.label,
        "cells": own,
        "judge": judge,
        "calls": calls,
        "checks": judge + calls,
    }


if __name__ == "__main__":
    main()
