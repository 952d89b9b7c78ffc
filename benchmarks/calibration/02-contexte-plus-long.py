"""The losses that the text of 02-contexte-plus-long tells, over ten splits of the default list, and what leaks do to them.

No hidden check of this assignment has a loss threshold: tables, probabilities and losses are compared with exact ones.
The figures here are those of the prose ("about 2.00"), with their spread from split to split.

    OMP_NUM_THREADS=1 python benchmarks/calibration/02-contexte-plus-long.py > docs/calibration/02-contexte-plus-long.md
"""

import math
import random
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reference.names import load_names
from reference.ngrams import interpolated_probability, ngram_counts, ngram_nll
from reference.splits import split_names, windows
from reference.vocabulary import build_vocabulary

NAMES = load_names(Path(__file__).resolve().parents[2] / "data" / "names" / "prenoms.txt")
_, STOI = build_vocabulary(NAMES)
V = len(STOI)
SEEDS = range(10)
ORDERS = range(1, 6)
ALPHAS = [0.01, 0.03, 0.1, 0.3, 1.0]
BETAS = [2.0, 5.0, 10.0]


def spread(values: Iterable[float]) -> str:
    values = list(values)
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


def interpolated_nll(tables: list[dict], names: list[str], k: int, beta: float) -> float:
    X, Y = windows(names, STOI, k)
    laws: dict[tuple[int, ...], torch.Tensor] = {}
    for context in map(tuple, X.tolist()):
        if context not in laws:
            laws[context] = interpolated_probability(tables[:k], context, V, beta).log()
    total = sum(laws[tuple(context)][j].item() for context, j in zip(X.tolist(), Y.tolist(), strict=True))
    return -total / len(Y)


def one_split(seed: int) -> dict[tuple, float]:
    """Figures of one split, by a name of their own."""
    train, val, test = split_names(NAMES, seed)
    out: dict[tuple, float] = {}
    tables = [ngram_counts(train, STOI, k) for k in ORDERS]
    for k, counts in zip(ORDERS, tables, strict=True):
        losses = {alpha: ngram_nll(counts, val, STOI, k, alpha) for alpha in ALPHAS}
        best = min(losses, key=losses.__getitem__)
        out["alpha", k], out["val", k], out["val, alpha 1", k] = best, losses[best], losses[1.0]
        out["train", k] = ngram_nll(counts, train, STOI, k, best)
        out["test", k] = ngram_nll(counts, test, STOI, k, best)
        out["contexts", k] = len(counts)
        X, Y = windows(val, STOI, k)
        rows = [counts.get(tuple(context)) for context in X.tolist()]
        unseen = sum(row is None or row[j].item() == 0 for row, j in zip(rows, Y.tolist(), strict=True))
        out["unseen context", k] = sum(row is None for row in rows) / len(rows)
        out["unseen", k] = unseen / len(rows)
        for beta in BETAS:
            out["interpolated", k, beta] = interpolated_nll(tables, val, k, beta)
    beta = min(BETAS, key=lambda beta: out["interpolated", 5, beta])
    out["interpolated test", 5] = interpolated_nll(tables, test, 5, beta)
    return out | leaks(train, val, seed)


def leaks(train: list[str], val: list[str], seed: int) -> dict[tuple, float]:
    """What the usual leaks give in place of the honest validation loss, with k = 3 and k = 5."""
    out: dict[tuple, float] = {}
    rng = random.Random(seed)
    doubled = [*NAMES, *rng.sample(NAMES, len(NAMES) // 4)]  # a quarter of the names twice, as names of both sexes are
    rng.shuffle(doubled)
    cut = round(0.9 * len(doubled))
    shared = set(doubled[:cut]) & set(doubled[cut:])
    out["leak: share of val in train",] = sum(name in shared for name in doubled[cut:]) / (len(doubled) - cut)
    for k in (3, 5):
        alpha = 0.1 if k == 3 else 0.03
        out["leak: duplicates", k] = ngram_nll(ngram_counts(doubled[:cut], STOI, k), doubled[cut:], STOI, k, alpha)
        out["leak: counted on train and val", k] = ngram_nll(
            ngram_counts(train + val, STOI, k), val, STOI, k, min(ALPHAS)
        )
        ordered = sorted(NAMES)
        cut_ordered = round(0.9 * len(ordered))
        counts = ngram_counts(ordered[:cut_ordered], STOI, k)
        out["alphabetical split", k] = ngram_nll(counts, ordered[cut_ordered:], STOI, k, alpha)
        # Only seen contexts scored: the others, which are the hard ones, are left out.
        counts = ngram_counts(train, STOI, k)
        X, Y = windows(val, STOI, k)
        known = [(counts[tuple(c)], j) for c, j in zip(X.tolist(), Y.tolist(), strict=True) if tuple(c) in counts]
        costs = [-math.log((row[j].item() + alpha) / (row.sum().item() + alpha * V)) for row, j in known]
        out["unseen contexts skipped", k] = statistics.mean(costs)
    return out


def three_layers(seed: int, steps: int = 2000) -> float:
    """Validation loss of the three-layer model (context 3, 10, 200) of the course, Adam .005 to 0, batches of 256."""
    train, val, _ = split_names(NAMES, seed)
    X, Y = windows(train, STOI, 3)
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float) -> torch.Tensor:
        return (torch.randn(shape, generator=generator) * scale).requires_grad_()

    C, W1, W2 = normal(V, 10, scale=1.0), normal(30, 200, scale=5 / 3 / 30**0.5), normal(200, V, scale=0.01)
    b1, b2 = torch.zeros(200, requires_grad=True), torch.zeros(V, requires_grad=True)
    optimizer = torch.optim.Adam([C, W1, b1, W2, b2], lr=0.005)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)

    def logits(X: torch.Tensor) -> torch.Tensor:
        return torch.tanh(C[X].flatten(1) @ W1 + b1) @ W2 + b2

    for _ in range(steps):
        batch = torch.randint(len(X), (256,), generator=generator)
        optimizer.zero_grad()
        cross_entropy(logits(X[batch]), Y[batch]).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        X, Y = windows(val, STOI, 3)
        return cross_entropy(logits(X), Y).item()


def main() -> None:
    started = time.process_time()
    runs = [one_split(seed) for seed in SEEDS]
    column = {name: [run[name] for run in runs] for name in runs[0]}
    print("# Calibration of 02-contexte-plus-long\n")
    print(f"Default list, V = {V}, {len(NAMES):,} names, {len(runs)} splits 80/10/10; mean ± sd [min, max], nats.")
    print("Made by `benchmarks/calibration/02-contexte-plus-long.py`. No hidden check has a loss threshold.\n")
    print("| k | best alpha | train | val | val at alpha 1 | contexts seen | val: unseen context / n-gram |")
    print("|---|---|---|---|---|---|---|")
    for k in ORDERS:
        alphas = "/".join(f"{alpha:g}" for alpha in sorted(set(column["alpha", k])))
        seen = f"{statistics.mean(column['contexts', k]):,.0f} of {float(V**k):.3g}"
        shares = " / ".join(f"{statistics.mean(column[name, k]):.1%}" for name in ("unseen context", "unseen"))
        losses = " | ".join(spread(column[name, k]) for name in ("train", "val", "val, alpha 1"))
        print(f"| {k} | {alphas} | {losses} | {seen} | {shares} |")
    print("\nInterpolated, validation:\n")
    print("| k | " + " | ".join(f"beta {beta:g}" for beta in BETAS) + " |")
    print("|---" * (len(BETAS) + 1) + "|")
    for k in ORDERS:
        print(f"| {k} | " + " | ".join(spread(column["interpolated", k, beta]) for beta in BETAS) + " |")
    print("\nOther figures:\n\n| what | k | value |\n|---|---|---|")
    for name in column:
        if name[0] == "test" or name[0].startswith(("leak", "unseen contexts", "alphabetical", "interpolated test")):
            print(f"| {name[0]} | {name[1] if len(name) > 1 else ''} | {spread(column[name])} |")
    print(f"| three-layer model (3, 10, 200), 2,000 steps, val | 3 | {spread(map(three_layers, SEEDS))} |")
    print(f"\n{time.process_time() - started:.0f} s of one core.")


if __name__ == "__main__":
    main()
