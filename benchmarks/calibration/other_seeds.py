"""Every known submission before the hidden checks of other courses' seeds: does each still get exactly its points?

    python benchmarks/calibration/other_seeds.py 01-compter-generer --seeds 20

The course's seed draws the inputs of every check, so that the bank says what happens for one of them. Here the cells that define something
run once, sandboxed as in grading, and the checks are asked with one seed after the other. A right answer that gets less is a false alarm; a
wrong one that gets more is a miss. The rates that are meant (1e-6 and .001) are far below what some tens of seeds can see: those are shown
by arithmetic and by the programs of the single checks. What shows here is a draw of inputs that nobody thought of. Checks of what a
notebook's experiments leave behind are left out, since those do not run; an answer that remembers the notebook's calls of it gets more here.
Prints a table and one line of JSON; exit code 1 where a check ended in another way with another seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from mutants import defines

from coursegrader.bank import Known, load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import Course, load_course
from coursegrader.demo import make_class_folder
from coursegrader.engine import Engine
from coursegrader.judge import Judge
from coursegrader.rebuild import rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.warm import shared
from coursegrader.session import Cell, Session
from coursegrader.submission import parse

OF_EXPERIMENTS = {
    "06-plus-de-couches": {"test_trained_model"}
}  # they judge what the notebook's long cells leave behind
Outcome = dict[str, set[str]]  # exercise -> the checks that failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="+")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--label", default="*", help="only submissions of this name, with * and ?")
    options = parser.parse_args()
    course = load_course(make_class_folder(ROOT, Path(tempfile.mkdtemp(prefix="seeds-"))))
    tried, strange, changed, started = Counter[str](), [], 0, time.process_time()
    print("| assignment | seeds | right submissions | false alarms | wrong submissions | other points |")
    print("|---|---|---|---|---|---|")
    with Engine(course, best_mode()[0], shared()) as engine:
        for name in options.assignments:
            build_release(course, course.assignment(name))
            judges = [Judge(course.root, name, course.seed + 1 + i) for i in range(options.seeds)]
            counts: Counter[str] = Counter()
            for item in load_bank(ROOT / "tests" / "submissions" / name):
                if item.slow or item.status != "graded" or not fnmatch(item.label, options.label):
                    continue
                kind = "right" if item.label == "reference" or item.label.startswith("right") else "wrong"
                others = other_points(course, engine, name, item, judges)
                counts.update({kind: 1, f"{kind}, other": len({seed for seed, _ in others if seed >= 0})})
                strange += [f"{name} {item.label}, seed + {seed + 1}: {what}" for seed, what in others]
                changed += sum(seed >= 0 for seed, _ in others)
            tries = {kind: counts[kind] * options.seeds for kind in ("right", "wrong")}
            alarms, misses = (f"{counts[f'{kind}, other']} of {tries[kind]}" for kind in ("right", "wrong"))
            print(
                f"| {name} | {options.seeds} | {counts['right']} | {alarms} | {counts['wrong']} | {misses} |",
                flush=True,
            )
            tried.update(tries)
    print(*["", *strange, ""], sep="\n")
    cost = round(time.process_time() - started)
    print(json.dumps({**tried, "other_points": changed, "own_cpu_seconds": cost}))
    sys.exit(1 if changed else 0)


def other_points(
    course: Course, engine: Engine, assignment_id: str, item: Known, judges: list[Judge]
) -> list[tuple[int, str]]:
    """(number of the judge, what was different) wherever a check ended in another way than with the course's own seed, which is number -1."""
    prepared = engine.prepare(assignment_id)
    solutions = solutions_of(build_source(course, course.assignment(assignment_id)))
    cells = rebuild(prepared.release, parse(item.notebook(prepared.release, solutions)))
    code = [
        Cell(cell.name, cell.source)
        for cell in cells
        if cell.kind == "code" and cell.source.strip() and (cell.role in ("solution", "extra") or defines(cell.source))
    ]
    patient = replace(prepared.times, cell=600.0, call=600.0, submission=36000.0)
    found = []
    with Session(shared(), shared().register(prepared.plan), patient) as session:
        session.run(code)
        usual = failures(prepared.judge, session, assignment_id)
        found += [(-1, what) for what in differences(prepared.judge, usual, item, assignment_id)]
        for number, judge in enumerate(judges):
            now = failures(judge, session, assignment_id)
            for exercise in usual.keys() | now.keys():
                passes, fails = (
                    a.get(exercise, set()) - b.get(exercise, set()) for a, b in ((usual, now), (now, usual))
                )
                if passes or fails:
                    names = [f"{check} passes" for check in passes] + [f"{check} fails" for check in fails]
                    found.append((number, f"{exercise}: {', '.join(sorted(names))}"))
    return found


def differences(judge: Judge, usual: Outcome, item: Known, assignment_id: str) -> list[str]:
    """Where the points with the course's own seed are not those of expected.toml."""
    found = []
    for exercise, full in judge.points().items():
        checks = {spec.name: spec.points for spec in judge.specs if spec.exercise == exercise}
        got = full - sum(checks[name] for name in usual.get(exercise, ()))
        due = item.score.get(exercise, full if item.default == "full" else 0.0)
        if abs(got - due) > 1e-9 and not checks.keys() & OF_EXPERIMENTS.get(assignment_id, set()):
            found.append(f"{exercise}: {got:g} points, {due:g} are due")
    return found


def failures(judge: Judge, session: Session, assignment_id: str) -> Outcome:
    """The checks that fail, by exercise."""
    found: Outcome = {}
    for spec, result in judge.outcomes(session):
        if not result.passed and spec.name not in OF_EXPERIMENTS.get(assignment_id, ()):
            found.setdefault(spec.exercise, set()).add(spec.name)
    return found


if __name__ == "__main__":
    main()
