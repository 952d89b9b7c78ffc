"""How far the hidden checks of 03-un-neurone stand from right and from wrong answers; prints the table of docs/calibration.

    python benchmarks/calibration/03-un-neurone.py              about seven minutes on one core
    python benchmarks/calibration/03-un-neurone.py --seeds 50   a quick look

The answers are those of tests/submissions/03-un-neurone, run here in one process without a sandbox: for this bank only.
"""

import argparse
import contextlib
import importlib.util
import inspect
import io
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from coursegrader.checks import CheckFailed, StudentError, expect
from reference import neural_bigram, neuron
from reference.vocabulary import build_vocabulary

ASSIGNMENT = "03-un-neurone"
CHECKS = ROOT / "grading_tests" / ASSIGNMENT
BANK = ROOT / "tests" / "submissions" / ASSIGNMENT
NAMES = tuple((ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split())
EXERCISES = ["one_hot", "neuron", "softmax", "cross_entropy", "grad_logits", "bigram_gradient", "train_bigram"]
SLOW = {"test_meets_the_counts": 0.004}  # share of the seeds
FLOAT32_SEEDS = 60
FACTORS = [1, 3, 10, 30, 100]

Functions = dict[str, Any]
Check = Callable[..., None]


class Student:
    """The `student` of a check: calls plain functions on copies of the arguments."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self.last_call = SimpleNamespace(modified_inputs=())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            copies = [arg.clone() if isinstance(arg, torch.Tensor) else arg for arg in args]
            try:
                value = self._functions[name](*copies, **kwargs)
            except Exception as error:
                raise StudentError("raised", str(error)) from error
            pairs = enumerate(zip(args, copies, strict=True))
            changed = tuple(str(i) for i, (old, new) in pairs if isinstance(old, torch.Tensor) and not old.equal(new))
            self.last_call = SimpleNamespace(modified_inputs=changed)
            return plain(value)

        return call


def plain(value: Any) -> Any:
    """The value as it arrives from the sandbox: NumPy's scalars are Python's, a parameter is a tensor without its graph."""
    if isinstance(value, tuple | list):
        return type(value)(plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    return value.detach().as_subclass(torch.Tensor) if isinstance(value, torch.Tensor) else value


def load(path: Path) -> ModuleType:
    """A module by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(label: str) -> Functions:
    """The functions of a known submission."""
    space: Functions = {"torch": torch, "np": np, "math": math, "F": F}
    with contextlib.redirect_stdout(io.StringIO()):
        exec((BANK / label / "answers.py").read_text(encoding="utf-8"), space)
    return space


def passes(run: Check, student: Student, seed: int, draws: ModuleType) -> bool:
    """Whether a check passes on inputs from this seed."""
    rng = random.Random(seed)
    fixtures = {
        "student": student,
        "rng": rng,
        "seed": seed,
        "names": NAMES,
        "normal": draws.draw_normal(rng),
        "integers": draws.draw_integers(rng),
    }
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run(**{name: fixtures[name] for name in inspect.signature(run).parameters})
    except (CheckFailed, StudentError):
        return False
    return True


@contextlib.contextmanager
def tolerance_divided(factor: float) -> Iterator[None]:
    """Every tolerance of `expect.close` and `expect.gradient` this many times smaller."""
    close, gradient = expect.close, expect.gradient

    def smaller(original: Check, rtol: float, atol: float) -> Check:
        def compare(value: Any, expected: Any, **options: Any) -> None:
            for name, default in (("rtol", rtol), ("atol", atol)):
                options[name] = options.get(name, default) / factor
            original(value, expected, **options)

        return compare

    expect.close, expect.gradient = smaller(close, 1e-4, 1e-5), smaller(gradient, 1e-4, 1e-6)
    try:
        yield
    finally:
        expect.close, expect.gradient = close, gradient


def calibrate_checks(seeds: int) -> None:
    """Print for each check: false alarms, room for rounding, and the share of seeds for which wrong answers fail."""
    draws = load(CHECKS / "conftest.py")
    reference: Functions = {name: getattr(neuron, name, getattr(neural_bigram, name, None)) for name in EXERCISES}
    labels = sorted(path.parent.name for path in BANK.glob("*/answers.py"))
    right = [Student(reference), *(Student(answers(label)) for label in labels if label.startswith("right"))]
    wrong = [Student(answers(label)) for label in labels if label.startswith("wrong")]
    print(
        "| exercise | check | seeds | right answers | false alarms | tolerance / by | wrong answers | least share failing |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for exercise in EXERCISES:
        module = load(CHECKS / f"test_{exercise}.py")
        # Known mistakes only name a failure that is certain already, and cost most of the time.
        setattr(module, "known_mistakes", lambda *_: {})  # noqa: B010
        for name, run in list(vars(module).items()):
            if not name.startswith("test_"):
                continue
            count = max(4, round(seeds * SLOW.get(name, 1)))
            alarms = sum(not passes(run, student, seed, draws) for student in right for seed in range(count // 5 + 1))
            room = 0
            for factor in FACTORS:
                with tolerance_divided(factor):
                    if all(passes(run, student, seed, draws) for student in right for seed in range(count // 50 + 1)):
                        room = factor
            meant = [student for student in wrong if not passes(run, student, 0, draws)]
            shares = [sum(not passes(run, student, seed, draws) for seed in range(count)) / count for student in meant]
            least = f"{min(shares):.4f}" if shares else "-"
            tries = len(right) * (count // 5 + 1)
            print(
                f"| {exercise} | {name} | {count} | {len(right)} | {alarms} of {tries} | {room} | {len(meant)} | {least} |"
            )


Recipe = tuple[list[float], bool]  # the rate of each step, and whether gradients pile up
RECIPES: dict[str, Recipe] = {
    "right: 200 steps at 50": ([50.0] * 200, False),
    "199 steps (one too few)": ([50.0] * 199, False),
    "rate halved after 100 steps": ([50.0] * 100 + [25.0] * 100, False),
    "100 steps": ([50.0] * 100, False),
    "20 steps": ([50.0] * 20, False),
    "one step only": ([50.0], False),
    "gradient computed once": ([200 * 50.0], False),  # 200 steps along the first gradient
    "gradients pile up": ([50.0] * 200, True),
    "rate 10": ([10.0] * 200, False),
    "rate 1": ([1.0] * 200, False),
    "rate 200": ([200.0] * 200, False),
    "climbs": ([-50.0] * 200, False),
    "untrained": ([], False),
}


def counts_gaps(N: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """NLL (S,) above the counts' after a training from zeros, for S samples of names at once.

    N (S, V, V) are the shares of the pairs of each sample: they give the same steps as the pairs, faster.
    """
    share = N.sum(dim=2, keepdim=True)  # (S, V, 1)
    W, G, (rates, accumulate) = torch.zeros_like(N), torch.zeros_like(N), recipe
    for rate in rates:
        G = share * W.softmax(dim=2) - N + (G if accumulate else 0.0)
        W = W - rate * G
    learned = -(N * W.log_softmax(dim=2)).sum(dim=(1, 2))
    return learned + torch.special.xlogy(N, N / share.clamp(min=1e-9)).sum(dim=(1, 2))


def calibrate_training(seeds: int) -> None:
    """Print how far above the counted NLL right and wrong trainings end, on samples of names as the check draws them."""
    checks = load(CHECKS / "test_train_bigram.py")
    itos, stoi = build_vocabulary(list(NAMES))
    V = len(itos)
    assert V == 37
    gaps: dict[str, list[float]] = {name: [] for name in ["right: reference, float32", *RECIPES]}
    for first in range(0, seeds, 100):
        pairs = []
        for seed in range(first, min(first + 100, seeds)):
            sample = random.Random(seed).sample(NAMES, 500)
            ids = torch.tensor([stoi[symbol] for symbol in "." + "".join(name + "." for name in sample)])
            pairs.append((ids[:-1], ids[1:]))
        N = torch.stack([torch.bincount(X * V + Y, minlength=V * V).double() / len(X) for X, Y in pairs]).view(-1, V, V)
        for name, recipe in RECIPES.items():
            gaps[name] += counts_gaps(N, recipe).tolist()
        for i, (X, Y) in enumerate(pairs[: FLOAT32_SEEDS if first == 0 else 0]):
            W, _ = neural_bigram.train_bigram(X, Y, torch.zeros(V, V), 200, 50.0)
            entropy = math.log(V) - float(counts_gaps(N[i : i + 1], RECIPES["untrained"]))
            gaps["right: reference, float32"].append(float(F.cross_entropy(W.double()[X], Y)) - entropy)
    print(
        f"\nNLL above the counts after training, 500 names; bound {checks.ABOVE_COUNTS}, and {checks.ABOVE_RIGHT} above"
    )
    print("the right training of the same names.\n")
    print("| training | seeds | mean | sd | least | most | above the right training | passes |")
    print("|---|---|---|---|---|---|---|---|")
    right = np.array(gaps["right: 200 steps at 50"])
    for name, values in gaps.items():
        data = np.array(values)
        above = data - right[: len(data)]
        passes = (data <= checks.ABOVE_COUNTS) & (above <= checks.ABOVE_RIGHT)
        row = f"{data.mean():.4f} | {data.std(ddof=1):.4f} | {data.min():.4f} | {data.max():.4f}"
        span = f"{above.min():.1e} … {above.max():.1e}"
        print(f"| {name} | {len(data)} | {row} | {span} | {passes.sum()} of {len(data)} |")
    distance = (checks.ABOVE_COUNTS - right.mean()) / right.std(ddof=1)
    moment = np.mean(((right - right.mean()) / right.std(ddof=1)) ** 8)
    print(
        f"\nRight trainings: the bound is {distance:.1f} sd above their mean; their eighth moment is {moment:.0f} sd**8, so that"
    )
    print(
        f"by Markov's inequality a share of at most {moment / distance**8:.1e} lies beyond it (normal law: {normal_tail(distance):.0e})."
    )


def normal_tail(z: float) -> float:
    """Probability that a standard normal number exceeds z."""
    return math.erfc(z / math.sqrt(2)) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=f"Calibrate the hidden checks of {ASSIGNMENT}.")
    parser.add_argument("--seeds", type=int, default=3000, help="seeds a check; slow checks take fewer")
    parser.add_argument("--only", choices=["training"], help="print the table of trainings alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    started = time.process_time()
    calibrate_training(options.seeds)
    if options.only != "training":
        print()
        calibrate_checks(options.seeds)
    print(f"\n{time.process_time() - started:.0f} s of one core")


if __name__ == "__main__":
    main()
