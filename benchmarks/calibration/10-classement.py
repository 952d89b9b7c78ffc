"""Calibration of 10-classement: power of the checks of bootstrap_votes, margins of those of fit_bradley_terry.

    OMP_NUM_THREADS=1 python benchmarks/calibration/10-classement.py [draws]

Prints Markdown for docs/calibration/10-classement.md. The false-alarm rates are bounds with a proof (grading_tests/10-classement/test_bootstrap_votes.py);
simulation here only confirms them as far as it can.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.leaderboard import fit_bradley_terry

CHECKS = ROOT / "grading_tests" / "10-classement"


def load(name: str) -> ModuleType:
    """A file of checks as a module."""
    spec = importlib.util.spec_from_file_location(name, CHECKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def samplers(n: int, rounds: int, rng: np.random.Generator) -> dict[str, Callable[[], np.ndarray]]:
    """The right sampler and wrong ones: each gives numbers (rounds, n)."""

    def skewed(power: float) -> np.ndarray:
        return (n * rng.random((rounds, n)) ** power).astype(np.int64)

    def half() -> np.ndarray:
        """Half of the votes without replacement, twice."""
        return np.stack([np.tile(rng.permutation(n)[: n // 2], 2) for _ in range(rounds)])

    return {
        "right": lambda: rng.integers(n, size=(rounds, n)),
        "without replacement": lambda: np.stack([rng.permutation(n) for _ in range(rounds)]),
        "half without replacement, twice": half,
        "first vote never": lambda: rng.integers(1, n, size=(rounds, n)),
        "last vote never": lambda: rng.integers(n - 1, size=(rounds, n)),
        "rounded to the nearest (ends half as often)": lambda: np.rint(rng.random((rounds, n)) * (n - 1)).astype(
            np.int64
        ),
        "u squared": lambda: skewed(2.0),
        "u to the power 1.5": lambda: skewed(1.5),
    }


def bootstrap_table(draws: int) -> None:
    """How often the law check rejects each sampler."""
    module = load("test_bootstrap_votes")
    rng = np.random.default_rng(2026)
    print(f"`bootstrap_votes`, test_law, n = {module.N}, {module.ROUNDS} rounds, {draws} draws:\n")
    print("| sampler | rejected |\n|---|---|")
    for name, sampler in samplers(module.N, module.ROUNDS, rng).items():
        rejected = 0
        for _ in range(draws):
            drawn = sampler()
            rejected += module.repeats(drawn) != 0 or module.uneven(drawn)
        print(f"| {name} | {rejected} of {draws} |")


def fit_table(draws: int) -> None:
    """How far each known mistake is from the maximum, on the tables that the check draws."""
    module, shared = load("test_fit_bradley_terry"), load("conftest")
    smallest: dict[str, float] = {}
    iterations: list[int] = []
    for seed in range(draws):
        rng = random.Random(seed)

        def votes(n: int, games: int, ties: float, rng: random.Random = rng) -> tuple[torch.Tensor, ...]:
            drawn: tuple[torch.Tensor, ...] = shared.draw_votes(rng, n, games, ties)
            return drawn

        for n, games in ((5, 400), (8, 900)):
            W = module.table(votes, n, games)
            right = fit_bradley_terry(W)
            iterations.append(iterations_needed(W, right))
            for name, wrong in module.known_mistakes(W).items():
                off = float((wrong - right).abs().max())
                smallest[name] = min(smallest.get(name, np.inf), off)
    print(f"\n`fit_bradley_terry`, {draws} seeds, two tables each; tolerance 0.1 Elo:\n")
    print("| mistake | smallest error of the worst rating, Elo |\n|---|---|")
    for name, off in smallest.items():
        print(f"| {name} | {off:.1f} |")
    print(f"\nIterations of Zermelo until within 0.1 Elo: median {int(np.median(iterations))}, most {max(iterations)}.")


def iterations_needed(W: torch.Tensor, right: torch.Tensor) -> int:
    """Steps of the plain iteration until every rating is within 0.1 Elo of the maximum."""
    W = W.double()
    p = torch.ones(len(W), dtype=torch.float64)
    for step in range(1, 10_001):
        p = W.sum(1) / ((W + W.T) / (p[:, None] + p[None, :])).sum(1)
        r = 400 * p.log10()
        if (r - r.mean() + 1000 - right).abs().max() < 0.1:
            return step
    return 10_001


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    started = time.perf_counter()
    print("# Calibration of 10-classement\n\nMade by `benchmarks/calibration/10-classement.py`.\n")
    bootstrap_table(draws)
    fit_table(min(draws, 200))
    print(f"\n{time.perf_counter() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
