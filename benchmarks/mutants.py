"""Mutation testing of the reference: would the hidden checks notice a small change in a right answer?

    make mutants
    python benchmarks/mutants.py 03-un-neurone
    python benchmarks/mutants.py 03-un-neurone --exercise softmax

Every mutant of an exercise's reference answer (benchmarks/mutation_operators.py) is handed in as a student's answer, the others being
right, and meets the hidden checks of its own exercise in the sandbox. A mutant that every check passes is a survivor; mutants.toml says of each
whether it is equivalent (no student's answer is wrong that way: the specification allows it) or why no check looks for it. A survivor that
is not explained, or an explanation that no survivor needs, ends in exit code 1. Prints a table by exercise and one line of JSON.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from mutation_operators import mutants

from coursegrader.bank import solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import load_course
from coursegrader.demo import make_class_folder
from coursegrader.engine import Engine
from coursegrader.rebuild import RebuiltCell, rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.warm import shared
from coursegrader.session import Cell, Session
from coursegrader.terminal import progress_bar

ROOT = Path(__file__).resolve().parents[1]
EXPLAINED = Path(__file__).with_suffix(".toml")
# Cells of the notebook that mutants share: which files there are, and away with those that came since.
FILES = "import os as mutants_os\nmutants_files = set(mutants_os.listdir())"
LEFT_BEHIND = """\
for mutants_file in set(mutants_os.listdir()) - mutants_files:
    if mutants_os.path.isfile(mutants_file):
        mutants_os.remove(mutants_file)
"""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the check that killed it, or None."""

    assignment: str
    exercise: str
    change: str
    killer: str | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--exercise", help="only this one; then explanations of others are not asked for")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    root = make_class_folder(ROOT, Path(tempfile.mkdtemp(prefix="mutants-")))
    course = load_course(root)
    tasks = []
    for assignment in course.assignments:
        if not options.assignments or assignment.id in options.assignments:
            build_release(course, assignment)
            tasks += [
                (root, assignment.id, e.id)
                for e in assignment.exercises
                if not e.manual and options.exercise in (None, e.id)
            ]
    fates: list[Fate] = []
    with (
        ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool,
        progress_bar("mutants") as progress,
    ):
        for done, found in enumerate(pool.map(exercise_fates, tasks), start=1):
            fates += found
            progress(done, len(tasks), None)
    sys.exit(report(fates, explanations()))


def exercise_fates(task: tuple[Path, str, str]) -> list[Fate]:
    """The fate of every mutant of one exercise."""
    root, assignment_id, exercise = task
    course = load_course(root, only=[assignment_id])
    source = build_source(course, course.assignment(assignment_id))
    cells = definitions(rebuild(json.loads(json.dumps(source)), None))
    answer = solutions_of(source)[exercise]
    trials = Trials(Engine(course, best_mode()[0], shared()), assignment_id, exercise, cells)
    try:
        # A check of what the notebook's experiments leave behind (a trained model) has nothing to look at here: it does not count.
        passed = [name for name, ok in trials.outcomes(answer) if ok]
        if not passed:
            raise RuntimeError(f"{exercise}: the reference itself passes no check")
        return [
            Fate(assignment_id, exercise, mutant.change, killer(trials.outcomes(mutant.source), passed))
            for mutant in mutants(answer)
        ]
    finally:
        trials.close()


def definitions(cells: list[RebuiltCell]) -> list[RebuiltCell]:
    """The answers, and those given cells that import or define something: experiments and pictures cost time and define nothing."""
    return [
        cell
        for cell in cells
        if cell.kind == "code" and (cell.role == "solution" or (cell.role == "given" and defines(cell.source)))
    ]


def defines(source: str) -> bool:
    return any(
        isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
        for node in ast.parse(source).body
    )


class Trials:
    """One session after another, each with the notebook's definitions run once and then one mutant after the other put over them.

    A check forks the state after the mutant's cell, so that nothing of it stays but its name, which the next one takes, and the files
    that it wrote, which are removed: a function that saves nothing would pass with what the one before it saved.
    """

    TRIALS = 20  # of a session: its time is that of one submission

    def __init__(self, engine: Engine, assignment: str, exercise: str, cells: list[RebuiltCell]) -> None:
        self._engine, self._exercise, self._cells = engine, exercise, cells
        self._prepared = engine.prepare(assignment)
        self._name = next(cell.name for cell in cells if cell.exercise == exercise)
        self._session: Session | None = None
        self._left = 0

    def outcomes(self, answer: str) -> Iterator[tuple[str, bool]]:
        """Each check of the exercise, and whether this answer passes it; "definition" where its cell already fails."""
        if self._session is None or self._left == 0:
            self.close()
            self._session, self._left = self._engine.open(self._prepared), self.TRIALS
            self._session.wanted = 0  # no fork in advance: it would be of the state before the next mutant
            self._session.run([*(Cell(cell.name, cell.source) for cell in self._cells), Cell("files", FILES)])
        self._left -= 1
        self._session.allowance.slow.clear()
        _, outcome = self._session.run([Cell("left-behind", LEFT_BEHIND), Cell(self._name, answer)])
        if outcome.status != "ok":
            self._left = 0
            yield "definition", False
            return
        for spec, result in self._prepared.judge.outcomes(self._session, self._exercise):
            yield spec.name, bool(result.passed)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def killer(results: Iterator[tuple[str, bool]], passed: list[str]) -> str | None:
    """The first check that the reference passes and this answer does not; the others are not run any more."""
    return next((name for name, ok in results if not ok and name in ("definition", *passed)), None)


def explanations() -> dict[tuple[str, str], dict[str, str]]:
    """(exercise, change) -> {"kind": "equivalent" | "accepted", "why": ...}, from mutants.toml."""
    found = {}
    for exercise, entries in tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).items():
        for entry in entries:
            if entry["kind"] not in ("equivalent", "accepted") or not entry["why"]:
                raise SystemExit(f"{EXPLAINED}: {exercise}: {entry}")
            for change in entry["changes"]:
                found[exercise, change] = {"kind": entry["kind"], "why": entry["why"]}
    return found


def report(fates: list[Fate], explained: dict[tuple[str, str], dict[str, str]]) -> int:
    """Print the table, the survivors and the JSON line; returns 1 when a survivor or an explanation stands alone."""
    survivors = [fate for fate in fates if fate.killer is None]
    kinds = {fate: explained.get((fate.exercise, fate.change), {}).get("kind", "unexplained") for fate in survivors}
    rows = [
        {
            "assignment": fate.assignment,
            "exercise": fate.exercise,
            "mutants": 1,
            "killed": fate.killer is not None,
            "equivalent": kinds.get(fate) == "equivalent",
            "survivors": kinds.get(fate) in ("accepted", "unexplained"),
        }
        for fate in fates
    ]
    table = pd.DataFrame(rows).groupby(["assignment", "exercise"], sort=False).sum()
    print(table.astype(int).to_string())
    unexplained = [fate for fate, kind in kinds.items() if kind == "unexplained"]
    for fate in unexplained:
        print(f"SURVIVES {fate.assignment} {fate.exercise}: {fate.change}")
    lonely = list(stale(fates, explained))
    for line in lonely:
        print(f"EXPLAINED FOR NOTHING {line}")
    totals = {name: int(table[name].sum()) for name in ("mutants", "killed", "equivalent", "survivors")}
    print(json.dumps(totals | {"unexplained": len(unexplained)}))
    return 1 if unexplained or lonely else 0


def stale(fates: list[Fate], explained: dict[tuple[str, str], dict[str, str]]) -> Iterator[str]:
    """Explanations of mutants that do not survive, among the exercises that were tried."""
    alive = {(fate.exercise, fate.change) for fate in fates if fate.killer is None}
    tried = {fate.exercise for fate in fates}
    return (
        f"{exercise}: {change}"
        for exercise, change in explained
        if exercise in tried and (exercise, change) not in alive
    )


if __name__ == "__main__":
    main()
