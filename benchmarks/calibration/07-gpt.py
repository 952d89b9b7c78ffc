"""What the notebook's training reaches, for the reference and for wrong models: validation NLL of 07-gpt.

There is no loss threshold in this assignment, and the table says why: a model that sees the future has the best loss of
all, and one without positions is close to the right one. Structure is judged by structural checks. Few seeds: the
figures are for the text, not for a decision.

    OMP_NUM_THREADS=1 python benchmarks/calibration/07-gpt.py > docs/calibration/07-gpt.md
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reference.attention import Block
from reference.gpt import GPT, gpt_loss, make_batch
from reference.names import load_names
from reference.splits import split_names
from reference.vocabulary import build_vocabulary

STEPS, BATCH, RATE, BLOCK_SIZE, SEEDS = 400, 64, 0.01, 20, 4  # of the notebook, but for the seeds


class Attention(Block):
    """The reference's block with one thing wrong."""

    def __init__(self, what: str) -> None:
        super().__init__(32, 4)
        self.what = what

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, d = x.shape
        q, k, v = (y.view(B, T, 4, d // 4).transpose(1, 2) for y in self.qkv(self.ln1(x)).split(d, dim=-1))
        masked = self.what != "no mask"
        heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=masked)
        heads = self.proj(heads.transpose(1, 2).reshape(B, T, d))
        kept = 0.0 if self.what == "no residual" else 1.0
        x = kept * x + heads
        return kept * x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))


def make(V: int, what: str) -> GPT:
    model = GPT(V, BLOCK_SIZE, n_layers=1 if what == "one layer" else 2)
    if what in ("no mask", "no residual", "own block"):
        model.blocks = torch.nn.ModuleList(Attention(what) for _ in range(2))
    if what == "no positions":
        torch.nn.init.zeros_(model.positions.weight).requires_grad_(False)
    return model


def train(model: GPT, ids: torch.Tensor, targets: torch.Tensor, seed: int) -> None:
    """The notebook's loop: Adam, its rate going down to zero in a straight line."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=RATE)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        rows = torch.randint(len(ids), (BATCH,), generator=generator)
        loss = gpt_loss(model(ids[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main() -> None:
    names = load_names(Path(__file__).resolve().parents[2] / "data" / "names" / "prenoms.txt")
    _, stoi = build_vocabulary(names)
    train_names, val_names, _ = split_names(names, seed=0)
    ids, targets = make_batch(train_names, stoi, BLOCK_SIZE)
    val_ids, val_targets = make_batch(val_names, stoi, BLOCK_SIZE)

    def row(title: str, make: Callable[[], GPT], right: torch.Tensor) -> None:
        losses, start = [], time.process_time()
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            model = make()
            train(model, ids, right, seed)
            with torch.no_grad():
                losses.append(gpt_loss(model.eval()(val_ids), val_targets).item())
        seconds = (time.process_time() - start) / SEEDS
        spread = f"{statistics.mean(losses):.3f} ± {statistics.stdev(losses):.3f}"
        print(f"| {title} | {SEEDS} | {spread} | {min(losses):.3f} … {max(losses):.3f} | {seconds:.1f} |", flush=True)

    print("# 07-gpt: validation NLL after the notebook's training\n")
    print(f"{STEPS} steps of {BATCH} names. No threshold: see the program's first lines.\n")
    print("| model | seeds | val NLL, mean ± sd | min … max | CPU s |")
    print("|---|---|---|---|---|")
    for what in ("reference", "own block", "one layer", "no positions", "no residual", "no mask"):
        row(what, lambda what=what: make(len(stoi), what), targets)
    row("padding counted in the training loss", lambda: make(len(stoi), ""), targets.clamp(min=0))
    row("targets not shifted", lambda: make(len(stoi), ""), torch.where(targets == -100, targets, ids))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
