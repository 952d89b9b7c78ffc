"""The GPT of 07 on a French text, the notebook's last section, beside tables of counts on the same split: NLL per character.

    OMP_NUM_THREADS=1 python benchmarks/calibration/07-gpt-texte.py > docs/calibration/07-gpt-texte.md

Nothing of it is graded: the figures are for the text. The first 90 % of the course's own prose train, the last 10 % validate.
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.gpt import GPT, gpt_loss

BLOCK_SIZE, BATCH, RATE, SEEDS = 48, 32, 0.01, 2  # of the notebook, but for the seeds
ALPHAS = (0.003, 0.01, 0.03, 0.1, 0.3)


def table_nll(train: list[int], val: list[int], k: int, alpha: float, V: int) -> float:
    """NLL of the validation part by smoothed counts of what follows k characters."""
    counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for i in range(k, len(train)):
        counts[tuple(train[i - k : i])][train[i]] += 1
    total = 0.0
    for i in range(k, len(val)):
        row = counts.get(tuple(val[i - k : i]), Counter())
        total -= math.log((row[val[i]] + alpha) / (sum(row.values()) + alpha * V))
    return total / (len(val) - k)


def gpt_nll(train: torch.Tensor, val: torch.Tensor, V: int, steps: int, seed: int) -> tuple[float, float]:
    """Mean loss of the last tenth of the steps, and NLL of the validation part, after the notebook's loop."""
    torch.manual_seed(seed)
    model = GPT(V, BLOCK_SIZE)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        starts = torch.randint(len(train) - BLOCK_SIZE, (BATCH, 1), generator=generator)
        piece = train[starts + torch.arange(BLOCK_SIZE + 1)]
        loss = gpt_loss(model(piece[:, :-1]), piece[:, 1:])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    rows = (len(val) - 1) // BLOCK_SIZE
    with torch.no_grad():
        z = model.eval()(val[: rows * BLOCK_SIZE].view(rows, BLOCK_SIZE))
        found = gpt_loss(z, val[1 : rows * BLOCK_SIZE + 1].view(rows, BLOCK_SIZE)).item()
    last = losses[-max(1, steps // 10) :]
    return sum(last) / len(last), found


def main() -> None:
    torch.set_num_threads(1)
    text = (ROOT / "data" / "text" / "cours.txt").read_text(encoding="utf-8")
    symbols = ["\n", *sorted(set(text) - {"\n"})]
    numbers = {symbol: i for i, symbol in enumerate(symbols)}
    codes = torch.tensor([numbers[symbol] for symbol in text])
    train, val = codes[: round(0.9 * len(codes))], codes[round(0.9 * len(codes)) :]
    print("# 07-gpt: NLL per character of a text\n\nMade by `benchmarks/calibration/07-gpt-texte.py`.\n")
    print(f"{len(train):,} characters to train on, {len(val):,} to validate, {len(symbols)} symbols.\n")
    print("| model | training | validation | CPU s |\n|---|---|---|---|")
    for k in (1, 2, 3, 4):
        best, alpha = min((table_nll(train.tolist(), val.tolist(), k, alpha, len(symbols)), alpha) for alpha in ALPHAS)
        print(f"| counts of {k + 1} characters, best alpha {alpha} | | {best:.2f} | |", flush=True)
    for steps in (40, 400):
        started = time.process_time()
        runs = [gpt_nll(train, val, len(symbols), steps, seed) for seed in range(SEEDS)]
        cells = [f"{min(column):.2f} to {max(column):.2f}" for column in zip(*runs, strict=True)]
        seconds = (time.process_time() - started) / SEEDS
        print(
            f"| GPT, {steps} steps of {BATCH} × {BLOCK_SIZE}, {SEEDS} seeds | {' | '.join(cells)} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
