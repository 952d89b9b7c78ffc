"""False alarms and power of the hidden checks of 02-contexte-plus-long, over many draws of their inputs.

Every answer in tests/submissions/02-contexte-plus-long/ is put before the hidden checks of its exercise with many seeds, here in
this process and without a sandbox, and each score is compared with the one in expected.toml. A right answer that gets
less is a false alarm; a wrong one that gets more is a miss. With no miss in n draws, the power is above
1 - 3 / n with 95 % confidence. Checks of choose_alpha draw their lists again until each mistake shows, so that few seeds are enough.

    OMP_NUM_THREADS=1 python benchmarks/calibration/02-contexte-plus-long_power.py [greatest number of draws]
"""

import copy
import importlib.util
import inspect
import math
import random
import re
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coursegrader.checks import CheckFailed, StudentError
from coursegrader.sandbox.wire import Decoder, Encoder, Frame
from reference import ngrams, splits
from reference.vocabulary import build_vocabulary

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "02-contexte-plus-long"
NAMES = tuple((ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split())
DRAWS = {
    "table_size": 1000,
    "windows": 1000,
    "ngram_counts": 50,
    "ngram_probability": 1000,
    "ngram_nll": 50,
    "split_names": 1000,
    "choose_alpha": 20,
    "interpolated_probability": 1000,
}


class Student:
    """One notebook's functions, called here; says which arguments a call changed."""

    def __init__(self, notebook: dict[str, Any]) -> None:
        self.notebook = notebook
        self.last_call = SimpleNamespace(modified_inputs=())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = copy.deepcopy(args)
            encoder = Encoder(lambda _: 0)  # results travel as they do out of the sandbox
            try:
                form = encoder.encode(self.notebook[name](*given, **kwargs))
                value = Decoder(Frame({}, list(map(bytearray, encoder.buffers)))).decode(form)
            except Exception as error:
                raise StudentError("raised", str(error)) from error
            changed = [str(i) for i, (old, new) in enumerate(zip(args, given, strict=True)) if not same(old, new)]
            self.last_call = SimpleNamespace(modified_inputs=tuple(changed))
            return value

        return call


def same(old: Any, new: Any) -> bool:
    """Equality of plain values and of tables of tensors."""
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, torch.Tensor):
        return old.dtype == new.dtype and torch.equal(old, new)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def notebook_of(folder: Path) -> dict[str, Any]:
    """The names of a notebook after its cells ran: the reference answers, and over them this submission's."""
    train, val, test = splits.split_names(list(NAMES), 2026)
    _, stoi = build_vocabulary(list(NAMES))
    notebook: dict[str, Any] = {
        "torch": torch, "np": np, "math": math, "random": random, "Counter": Counter, "defaultdict": defaultdict,
        "build_vocabulary": build_vocabulary, "names": list(NAMES), "train": train, "val": val, "test": test, "stoi": stoi,
    }  # fmt: skip
    for exercise in DRAWS:
        notebook[exercise] = getattr(ngrams, exercise, None) or getattr(splits, exercise)
    path = folder / "answers.py"
    if path.is_file():
        for _, source in answers(path):
            exec(source, notebook)
    return notebook


def answers(path: Path) -> Iterator[tuple[str, str]]:
    """Exercise and code of each answer."""
    parts = re.split(r"^# %% (\w+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2], strict=True)


def load(path: Path) -> ModuleType:
    """A file as a module, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(module: ModuleType, fixtures: ModuleType, student: Student, draw: int) -> float:
    """Points of one exercise for one draw of the inputs."""
    points = 0.0
    for name, check in inspect.getmembers(module, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        rng = random.Random(f"{name} {draw}")
        given = {"student": student, "rng": rng, "seed": draw, "names": NAMES}
        wanted = inspect.signature(check).parameters
        if "corpus" in wanted:
            given["corpus"] = plain(fixtures.corpus)(rng)
        if "wrong_windows" in wanted:
            given["wrong_windows"] = plain(fixtures.wrong_windows)()
        try:
            check(**{parameter: given[parameter] for parameter in wanted})
            points += check.pytestmark[0].kwargs["points"]
        except (CheckFailed, StudentError, AssertionError):
            pass
    return points


def plain(fixture: Any) -> Callable[..., Any]:
    """The function that a fixture was made of."""
    return fixture._get_wrapped_function() if hasattr(fixture, "_get_wrapped_function") else fixture.__wrapped__


def main() -> None:
    started = time.process_time()
    folder = ROOT / "grading_tests" / ASSIGNMENT
    fixtures = load(folder / "conftest.py")
    print("| exercise | draws | right answers | false alarms | wrong answers | misses | other scores |")
    print("|---|---|---|---|---|---|---|")
    draws_of = {exercise: min(draws, int(sys.argv[1])) for exercise, draws in DRAWS.items()} if sys.argv[1:] else DRAWS
    for exercise, draws in draws_of.items():
        module = load(folder / f"test_{exercise}.py")
        full = sum(f.pytestmark[0].kwargs["points"] for n, f in vars(module).items() if n.startswith("test_"))
        tally: Counter[str] = Counter()
        notes = []
        for path in sorted((ROOT / "tests" / "submissions" / ASSIGNMENT).glob("*/expected.toml")):
            answered = path.with_name("answers.py")
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            given = answered.is_file() and exercise in dict(answers(answered))
            if data.get("default") == "untouched" or not (given or path.parent.name == "reference"):
                continue
            due = data.get("score", {}).get(exercise, full)
            student = Student(notebook_of(path.parent))
            scores = [score(module, fixtures, student, draw) for draw in range(draws)]
            kind = "right" if due == full else "wrong"
            tally[kind] += 1
            tally["false alarms"] += sum(got < due for got in scores) if kind == "right" else 0
            tally["misses"] += sum(got > due for got in scores) if kind == "wrong" else 0
            tally["lower"] += sum(got < due for got in scores) if kind == "wrong" else 0
            if any(got != due for got in scores):
                notes.append(f"{path.parent.name}: {dict(Counter(scores))}, expected {due:g}")
        columns = [exercise, draws, *(tally[name] for name in ("right", "false alarms", "wrong", "misses", "lower"))]
        print("| " + " | ".join(map(str, columns)) + " |", *notes, sep="\n  ", flush=True)
    print(f"\n{time.process_time() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
