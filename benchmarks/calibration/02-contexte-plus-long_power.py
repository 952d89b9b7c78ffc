"""False alarms and power of the hidden checks of 02-contexte-plus-long, over many draws of their inputs.

Every answer in tests/submissions/02-contexte-plus-long/ is put before the hidden checks of its exercise with many seeds, here in
this process and without a sandbox, and each score is compared with the one in expected.toml. A right answer that gets
less is a false alarm; a wrong one that gets more is a miss. With no miss in n draws, the power against an answer is above
1 - 3 / n with 95 % confidence. Every answer sees every check for the first draws; afterwards wrong answers alone are tried, and only by the checks
that caught them so far: what rules a false alarm out is that values are compared far above their rounding, not the number of draws.
Checks of choose_alpha draw their lists again until each mistake that they are meant for chooses another value: there the power is 1 by
construction, and the draws only say that such lists are found, and that nothing else was overlooked.

    OMP_NUM_THREADS=1 python benchmarks/calibration/02-contexte-plus-long_power.py
    OMP_NUM_THREADS=1 python benchmarks/calibration/02-contexte-plus-long_power.py --draws 100 --exercise choose_alpha

SIGTERM stops the drawing; what was drawn is printed.
"""

import argparse
import copy
import importlib.util
import inspect
import math
import pickle
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coursegrader.bank import Known, load_bank
from coursegrader.checks import CheckFailed, StudentError
from coursegrader.sandbox.wire import Decoder, Encoder, Frame, Unsupported
from reference import ngrams, splits
from reference.vocabulary import build_vocabulary

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "02-contexte-plus-long"
NAMES = tuple((ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split())
WHOLE_DRAWS = 50
MEMORISED = (
    "draw",
    "draw_unreadable",
    "draw_new_names",
    "whole_alphabet",
    "windows",
    "ngram_counts",
)  # arguments quickly compared
EXERCISES = {  # and the greatest number of draws
    "table_size": 3000,
    "windows": 3000,
    "ngram_counts": 3000,
    "ngram_probability": 3000,
    "ngram_nll": 3000,
    "split_names": 3000,
    "choose_alpha": 3000,
    "interpolated_probability": 3000,
}
# Answers that cost more than all others together are tried at every tenth draw only. Two make a mistake for which the check's own lists are drawn until
# it shows (a vocabulary of both parts, letters taken away); wrong-presque chooses on names that were counted, with a table that is reversed besides.
SELDOM = {("choose_alpha", label): 10 for label in ("wrong-presque", "wrong-subtil-1", "wrong-subtil-2")}
STOPPED: list[int] = []  # signals to print what there is


class Student:
    """One notebook's functions, called here; says which arguments a call changed."""

    def __init__(self, notebook: dict[str, Any]) -> None:
        self.notebook = notebook
        self.last_call = SimpleNamespace(modified_inputs=())
        functions = [value for value in notebook.values() if inspect.isfunction(value)]
        self.remembering = [
            (f, f.__defaults__) for f in functions if any(isinstance(v, dict) for v in f.__defaults__ or ())
        ]

    def fresh(self) -> None:
        """As after the notebook's cells: a table that a default argument remembers holds what it held then."""
        for function, defaults in self.remembering:
            function.__defaults__ = tuple(map(copied, defaults))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = [copied(arg) for arg in args]
            try:
                value = travelled(self.notebook[name](*given, **kwargs))
            except Unsupported as error:
                raise StudentError("unsupported", str(error)) from error
            except Exception as error:
                raise StudentError("raised", str(error)) from error
            changed = [str(i) for i, (old, new) in enumerate(zip(args, given, strict=True)) if not same(old, new)]
            self.last_call = SimpleNamespace(modified_inputs=tuple(changed))
            return value

        return call


def travelled(value: Any) -> Any:
    """What arrives of a result that leaves the sandbox; a table of plain tensors would arrive as it is."""
    if type(value) is dict and is_table(value) and set(map(type, value)) == {tuple}:
        symbol_types, row_types = set(map(type, chain.from_iterable(value))), set(map(type, value.values()))
        if symbol_types == {int} and row_types == {torch.Tensor} and not any(r.requires_grad for r in value.values()):
            return value
    encoder = Encoder(lambda _: 0)
    form = encoder.encode(value)
    return Decoder(Frame({}, list(map(bytearray, encoder.buffers)))).decode(form)


def is_table(value: Any) -> bool:
    """Whether this is a table that is not empty: a dictionary of tensors (V,), all of one dtype."""
    if not isinstance(value, dict) or not all(isinstance(row, torch.Tensor) for row in value.values()):
        return False
    return len({(row.shape, row.dtype) for row in value.values()}) == 1


def copied(value: Any) -> Any:
    """A deep copy; of a table all rows at once, since one after the other they cost most of a draw."""
    if is_table(value):
        return dict(zip(value, torch.stack([*value.values()]), strict=True))
    if isinstance(value, list) and all(map(is_table, value)):
        return [copied(table) for table in value]
    return copy.deepcopy(value)


def same(old: Any, new: Any) -> bool:
    """Equality of plain values and of tables of tensors."""
    if is_table(old) and is_table(new) and old.keys() == new.keys():
        return same(torch.stack([*old.values()]), torch.stack([new[key] for key in old]))
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, torch.Tensor):
        return old.dtype == new.dtype and torch.equal(old, new)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def notebook_of(known: Known) -> dict[str, Any]:
    """The names of a notebook after its cells ran: the reference answers, and over them this submission's."""
    train, val, test = splits.split_names(list(NAMES), 2026)
    _, stoi = build_vocabulary(list(NAMES))
    notebook: dict[str, Any] = {
        "torch": torch, "np": np, "math": math, "random": random, "Counter": Counter, "defaultdict": defaultdict,
        "build_vocabulary": build_vocabulary, "names": list(NAMES), "train": train, "val": val, "test": test, "stoi": stoi,
    }  # fmt: skip
    for exercise in EXERCISES:
        notebook[exercise] = getattr(ngrams, exercise, None) or getattr(splits, exercise)
    for source in known.cells():
        exec(source, notebook)
    with suppress(
        Exception
    ):  # an answer that remembers its calls has something to remember: the notebook's cells call it, too
        notebook["ngram_counts"](train[:20], stoi, 3)
    return notebook


class Memory:
    """Pure functions of the checks, asked for the same by every submission: computed once a draw."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, bytes], tuple[Any, list[Any]]] = {}

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            key = function.__name__, pickle.dumps([None if arg is NAMES else arg for arg in args])
            sources = [arg for arg in args if isinstance(arg, random.Random)]
            if key not in self.known:
                self.known[key] = function(*args), [source.getstate() for source in sources]
            value, states = self.known[key]
            for source, state in zip(sources, states, strict=True):
                source.setstate(state)
            return copy.copy(value)

        return call


def load(path: Path) -> ModuleType:
    """A file as a module, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def passes(check: Callable[..., Any], name: str, fixtures: ModuleType, student: Student, draw: int) -> bool:
    """Whether one check passes for one draw of its inputs."""
    rng = random.Random(f"{name} {draw}")
    given = {"student": student, "rng": rng, "seed": draw, "names": NAMES}
    wanted = inspect.signature(check).parameters
    if "corpus" in wanted:
        given["corpus"] = plain(fixtures.corpus)(rng)
    if "wrong_windows" in wanted:
        given["wrong_windows"] = plain(fixtures.wrong_windows)()
    student.fresh()
    try:
        check(**{parameter: given[parameter] for parameter in wanted})
    except (CheckFailed, StudentError, AssertionError):
        return False
    return True


def plain(fixture: Any) -> Callable[..., Any]:
    """The function that a fixture was made of."""
    return fixture._get_wrapped_function() if hasattr(fixture, "_get_wrapped_function") else fixture.__wrapped__


def checks_of(exercise: str, memory: Memory) -> ModuleType:
    """The hidden checks of an exercise, without what only names a failure that is certain already, which costs most of the time."""
    module = load(ROOT / "grading_tests" / ASSIGNMENT / f"test_{exercise}.py")
    for name in MEMORISED:
        if name in vars(module):
            setattr(module, name, memory.of(getattr(module, name)))
    if "known_mistakes" in vars(module):
        setattr(module, "known_mistakes", lambda *_: {})  # noqa: B010
    return module


@dataclass
class Tried:
    """One submission's answer: the points due and those got, draw after draw, and the checks that caught it at first."""

    label: str
    student: Student
    due: float
    got: list[float]
    caught_by: set[str]


def tries(exercise: str, draws: int, whole_draws: int = WHOLE_DRAWS) -> tuple[float, list[Tried]]:
    """Points of the exercise, and what became of each submission that answers it."""
    memory = Memory()
    module = checks_of(exercise, memory)
    fixtures = load(ROOT / "grading_tests" / ASSIGNMENT / "conftest.py")
    checks = {n: f for n, f in vars(module).items() if n.startswith("test_")}
    points = {name: float(check.pytestmark[0].kwargs["points"]) for name, check in checks.items()}
    full = sum(points.values())
    answering = [
        Tried(known.label, Student(notebook_of(known)), float(known.score.get(exercise, full)), [], set())
        for known in load_bank(ROOT / "tests" / "submissions" / ASSIGNMENT)
        if exercise in known.answered() or known.label == "reference"
    ]
    for draw in range(draws):
        if STOPPED:
            break
        if draw % 250 == 0:
            print(f"{exercise}: draw {draw}, {time.process_time():.0f} s", file=sys.stderr, flush=True)
        memory.known.clear()
        for tried in answering:
            if draw >= whole_draws and tried.due == full:
                continue
            if draw >= whole_draws and draw % SELDOM.get((exercise, tried.label), 1):
                continue
            asked = checks if draw < whole_draws else tried.caught_by
            failed = {name for name in asked if not passes(checks[name], name, fixtures, tried.student, draw)}
            tried.caught_by |= failed if draw < whole_draws else set()
            tried.got.append(full - sum(points[name] for name in failed))
    return full, answering


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=3000, help="the most of any exercise")
    parser.add_argument("--whole-draws", type=int, default=WHOLE_DRAWS, help="those that every answer and check sees")
    parser.add_argument("--exercise", choices=EXERCISES, help="only this one")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: STOPPED.append(number))
    torch.set_num_threads(1)
    started = time.process_time()
    print("| exercise | draws | right answers | false alarms | wrong answers | misses | other scores |")
    print("|---|---|---|---|---|---|---|")
    for exercise, most in EXERCISES.items():
        if options.exercise not in (None, exercise):
            continue
        draws = min(most, options.draws)
        with redirect_stdout(None):
            full, answering = tries(exercise, draws, options.whole_draws)
        right, wrong = ([a for a in answering if (a.due == full) == good] for good in (True, False))
        alarms = f"{sum(x < a.due for a in right for x in a.got)} of {sum(len(a.got) for a in right)}"
        misses = f"{sum(x > a.due for a in wrong for x in a.got)} of {sum(len(a.got) for a in wrong)}"
        lower = sum(x < a.due for a in wrong for x in a.got)
        print(
            f"| {exercise} | {max(len(a.got) for a in answering)} | {len(right)} | {alarms} | {len(wrong)} | {misses} | {lower} |",
            flush=True,
        )
        for a in answering:
            if any(x != a.due for x in a.got):
                print(f"  {a.label}: {dict(Counter(a.got))}, expected {a.due:g}")
    print(f"\n{time.process_time() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
