"""Calibration of 08-jetons: how far the known mistakes of nll_per_character are from the right value, and which drawn inputs show which mistake.

    OMP_NUM_THREADS=1 python benchmarks/calibration/08-jetons.py [seeds]

Prints Markdown for docs/calibration/08-jetons.md. No check of this assignment is random for the student: inputs are drawn from a seed that is the
same for everybody, and everything but the NLL is compared exactly, so that false alarms cannot happen.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.bpe import train_bpe
from reference.tokens import encode_word, nll_per_character

CHECKS = ROOT / "grading_tests" / "08-jetons"


def load(name: str) -> ModuleType:
    """A file of checks as a module."""
    spec = importlib.util.spec_from_file_location(name, CHECKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nll_table(seeds: int) -> None:
    """The smallest relative error of each known mistake on the sequences of test_value and test_smoothing."""
    module = load("test_nll_per_character")
    smallest: dict[str, list[float]] = {}
    for seed in range(seeds):
        rng = random.Random(seed)
        value = (module.draw(rng, 30, 6), module.draw(rng, 9, 6), 71, 8, 0.5)
        smoothing = (module.draw(rng, 12, 5), [*module.draw(rng, 5, 12), [11, 10]], 40, 300, 2.0)
        for column, arguments in enumerate((value, smoothing)):
            right = nll_per_character(*arguments)
            wrong = {**module.known_mistakes(*arguments), "sequences-joined": module.joined(*arguments)}
            for name, number in wrong.items():
                smallest.setdefault(name, [1e9, 1e9])
                smallest[name][column] = min(smallest[name][column], abs(number / right - 1))
    print(f"`nll_per_character`, {seeds} seeds; smallest relative error, where the tolerance is 0.0001:\n")
    print("| mistake | test_value | test_smoothing |\n|---|---|---|")
    for name, (first, second) in smallest.items():
        print(f"| {name} | {first:.4f} | {second:.4f} |")


def shown_table(seeds: int) -> None:
    """How often words drawn once show a mistake: why the checks of encode_word draw again until they do."""
    shared, module = load("conftest"), load("test_encode_word")
    shown: Counter[str] = Counter()
    for seed in range(seeds):
        rng = random.Random(seed)
        merges = train_bpe(shared.draw_words(rng, 20, "abcd"), 14)
        word = "".join(rng.choice("abcd") for _ in range(12))
        right = encode_word(word, merges)
        shown.update(name for name, value in module.known_mistakes(word, merges).items() if value != right)
    print(f"\n`encode_word`, {seeds} words of twelve letters drawn once; share of them on which the mistake shows:\n")
    print("| mistake | share |\n|---|---|")
    for name in module.WRONG:
        print(f"| {name} | {shown[name] / seeds:.2f} |")
    print("\n(encode-characters needs an accent, and has words with accents of its own.)")


def names_table() -> None:
    """The losses of the notebook: bigrams over tokens on 3,000 names, validated on 1,000."""
    names = (ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split()
    random.Random(2026).shuffle(names)
    train, val = names[:3000], names[3000:4000]
    n_train, n_val = (sum(len(name) + 1 for name in part) for part in (train, val))
    merges = train_bpe(dict(Counter(train)), 250)
    print("\nThe notebook's bigrams over tokens, alpha 0.1, 3,000 names and 1,000 for validation, in nats:\n")
    print("| merges | train, per character | validation, per character | validation, per token |\n|---|---|---|---|")
    for n in (0, 20, 50, 100, 150, 250):
        ids, val_ids = ([encode_word(name, merges[:n]) for name in part] for part in (train, val))
        right = nll_per_character(ids, val_ids, n_val, 256 + n)
        per_token = right * n_val / sum(len(word) + 1 for word in val_ids)
        print(f"| {n} | {nll_per_character(ids, ids, n_train, 256 + n):.4f} | {right:.4f} | {per_token:.4f} |")


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    started = time.process_time()
    print("# Calibration of 08-jetons\n\nMade by `benchmarks/calibration/08-jetons.py`.\n")
    nll_table(seeds)
    shown_table(seeds)
    names_table()
    print(f"\n{time.process_time() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
