"""How far the known mistakes of retrieve_passages are from the right scores on the texts that its check draws, and how often it draws again.

    OMP_NUM_THREADS=1 python benchmarks/calibration/11-grand-modele.py [seeds] > docs/calibration/11-grand-modele.md

Nothing else here has a margin: every other check compares texts, messages, calls and whole numbers exactly, with inputs drawn from a seed that is
the same for everybody.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.documents import retrieve_passages

CHECK = ROOT / "grading_tests" / "11-grand-modele" / "test_retrieve_passages.py"


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    started = time.process_time()
    spec = importlib.util.spec_from_file_location("check", CHECK)
    assert spec is not None and spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    calls, nearest, gap = 0, dict.fromkeys(check.known_mistakes("a", ["a"]), 1e9), 1e9
    other_order = dict.fromkeys(nearest, 0)
    for seed in range(seeds):
        rng = random.Random(seed)

        def words(n: int, rng: random.Random = rng) -> list[str]:
            nonlocal calls
            calls += 1
            found: set[str] = set()
            while len(found) < n:
                found.add("".join(rng.choice("abdeilmnorstu") for _ in range(rng.randint(4, 8))))
            return sorted(found)

        query, passages = check.draw(words, rng)
        right = retrieve_passages(query, passages, 5)
        scores = [score for _, score in right]
        gap = min(gap, *(a - b for a, b in pairwise(scores)))
        for name, value in check.known_mistakes(query, passages).items():
            if [i for i, _ in value] != [i for i, _ in right]:
                other_order[name] += 1
            else:
                largest = max(abs(a - b) for (_, a), (_, b) in zip(value, right, strict=True))
                nearest[name] = min(nearest[name], largest)
    print("# Calibration of 11-grand-modele\n\nMade by `benchmarks/calibration/11-grand-modele.py`.\n")
    print(
        f"`retrieve_passages`, `test_scores`, {seeds} seeds. Texts are drawn {calls / seeds:.0f} times on average until every mistake shows; "
        f"two scores are {gap:.4f} apart at least. Tolerance: 0.0001 of the score and 0.00001.\n"
    )
    print(
        "| mistake | other passages or order | largest difference of a score where the order is the same, at least |\n|---|---|---|"
    )
    for name, value in nearest.items():
        print(f"| {name} | {other_order[name] / seeds:.2f} | {value:.4f} |" if value < 1e9 else f"| {name} | 1.00 | |")
    print(f"\n{time.process_time() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
