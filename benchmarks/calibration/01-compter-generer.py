"""Power of the sampling checks of 01-compter-generer and 07-gpt: how often each law they know is refused, over many tables.

The checks' own code draws the tables; 1,000 names are drawn here from the right law and from each wrong one, and judged by
the two ratios of `expect.sampled_from`, whose false-alarm rate (at most 1e-6) is in its docstring. No miss in 3,000 tables
puts the power above .999 (95 % confidence, rule of three): some two minutes. The least ratio over its threshold says how near a miss was.

    OMP_NUM_THREADS=1 python benchmarks/calibration/01-compter-generer.py > docs/calibration/01-compter-generer.md
"""

import argparse
import importlib.util
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from coursegrader.checks.law import T1_THRESHOLD, T2_THRESHOLD, Numbers, t1, t2, transition_table

NAMES = 1000  # as many as the checks ask for
Laws = tuple[Numbers, dict[str, Numbers]]  # the right table, the wrong ones by name


def load(path: str) -> ModuleType:
    """A file of hidden checks as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "grading_tests" / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def transitions(P: Numbers, longest: int, rng: np.random.Generator) -> Numbers:
    """How often j followed i in names drawn from P (V, V): (V, V) int64; the end of a name that was cut is not counted."""
    V = len(P)
    cumulated = P.cumsum(axis=1) / P.sum(axis=1, keepdims=True)
    counts = np.zeros(V * V, dtype=np.int64)
    state = np.zeros(NAMES, dtype=np.int64)
    for _ in range(longest):
        following = np.minimum((rng.random(len(state))[:, None] > cumulated[state]).sum(axis=1), V - 1)
        counts += np.bincount(state * V + following, minlength=V * V)
        state = following[following > 0]
    return counts.reshape(V, V)


def tables(laws: Callable[[int], tuple[object, dict[str, object]]], draws: int) -> Iterator[Laws]:
    """The checks' tables, one for each seed, as `sampled_from` reads them."""
    for seed in range(draws):
        P, wrong = laws(seed)
        yield transition_table(P, "P"), {name: transition_table(Q, name) for name, Q in wrong.items()}


SAMPLE_IDS, GENERATE = load("01-compter-generer/test_sample_ids.py"), load("07-gpt/test_generate.py")


def names_of_01(seed: int) -> tuple[object, dict[str, object]]:
    P = SAMPLE_IDS.made_up_table(random.Random(seed))
    return P, SAMPLE_IDS.wrong_laws(P)


def model_of_07(seed: int) -> tuple[object, dict[str, object]]:
    p = GENERATE.drawn(torch.Generator().manual_seed(seed)).double().softmax(dim=-1)
    return GENERATE.chain(p), {name: GENERATE.chain(law) for name, law in GENERATE.wrong_laws(p).items()}


def choice_of_07(seed: int) -> tuple[object, dict[str, object]]:
    scores = GENERATE.drawn(torch.Generator().manual_seed(seed)).double()
    right, ignored = (GENERATE.chain((factor * scores).softmax(dim=-1)) for factor in (2, 1))
    return right, {"generate-choose-ignored": ignored}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=3000)
    draws = parser.parse_args().draws
    torch.set_num_threads(1)
    print("# Power of the sampling checks of 01-compter-generer and 07-gpt\n")
    print(
        "Made by `benchmarks/calibration/01-compter-generer.py`: 1,000 names of each law, another table for each draw. A law is refused when"
    )
    print(
        "a ratio passes its threshold; the least ratio is given in thresholds (above 1: refused). No miss in n draws: a power above"
    )
    print("1 - 3 / n with 95 % confidence, and the least ratio says what lies between that and a miss.")
    print("False alarms: at most 1e-6 a call, by arithmetic in `coursegrader.checks.law`.\n")
    print("| check | names drawn from | draws | refused | least ratio | largest ratio |\n|---|---|---|---|---|---|")
    for check, laws, longest in (
        ("01 sample_ids, test_law", names_of_01, 150),
        ("07 generate, test_law", model_of_07, 40),
        ("07 generate, test_choice_and_chance", choice_of_07, 40),
    ):
        rng = np.random.default_rng(0)
        ratios: dict[str, list[float]] = {}
        for P, wrong in tables(laws, draws):
            for name, Q in {"the right law": P, **wrong}.items():
                counts = transitions(Q, longest, rng)
                named = max(t1(counts, P, other) for other in wrong.values()) / T1_THRESHOLD
                ratios.setdefault(name, []).append(max(named, t2(counts, P) / T2_THRESHOLD))
        for name, found in ratios.items():
            refused = sum(ratio > 1 for ratio in found)
            print(f"| {check} | {name} | {len(found)} | {refused} | {min(found):.1f} | {max(found):.1f} |", flush=True)


if __name__ == "__main__":
    main()
