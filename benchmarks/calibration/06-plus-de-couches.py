"""Where the one loss threshold of 06-plus-de-couches lies: validation NLL of the model that the notebook trains.

The notebook's split and training loop are given (locked cells), so that only the model's weights at the start and its
form vary. The reference is trained from many seeds, then the wrong forms that students give it, the three-layer model
in the same loop, and the three-layer model with more steps.

    OMP_NUM_THREADS=1 python benchmarks/calibration/06-plus-de-couches.py > docs/calibration/06-plus-de-couches.md
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reference.batchnorm import Norm, eval_nll
from reference.initialisation import scaled_params
from reference.mlp import forward
from reference.names import load_names
from reference.splits import split_names, windows
from reference.vocabulary import build_vocabulary
from reference.wavenet import WaveNet, flatten_consecutive

THRESHOLD = 2.14
STEPS, BATCH, RATE = 600, 256, 0.01  # of the notebook's loop
STUDENT_T = {10: 6.01, 20: 4.59}  # quantile of order 1 - 1e-4 with n - 1 degrees of freedom


class ThreeLayers(torch.nn.Module):
    """The three-layer model on the last k symbols, as the notebook gives it."""

    def __init__(self, V: int, k: int = 3, E: int = 10, H: int = 200) -> None:
        super().__init__()
        self.k = k
        self.params = torch.nn.ParameterDict(scaled_params(V, k, E, H))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return forward(self.params, X[:, -self.k :])  # (B, V)


class Variant(WaveNet):
    """The reference with one thing wrong."""

    def __init__(self, V: int, what: str) -> None:
        super().__init__(V)
        self.what = what
        if what == "no norm":
            self.norms = torch.nn.ModuleList(torch.nn.Identity() for _ in range(3))
        if what == "one stage":  # the oldest six symbols are left out
            self.linears, self.norms = self.linears[:1], self.norms[:1]

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        if self.what == "last three symbols":
            X = torch.cat([torch.zeros_like(X[:, :5]), X[:, 5:]], dim=1)
        if self.what == "first four symbols":
            X = torch.cat([X[:, :4], torch.zeros_like(X[:, 4:])], dim=1)
        x = self.embedding(X)
        if self.what == "one stage":
            x = x[:, -2:]
        for linear, norm in zip(self.linears, self.norms, strict=True):
            if self.what == "scrambled view" and x.shape[1] > 2:
                x = x.transpose(1, 2).reshape(x.shape[0], x.shape[1] // 2, -1)
            else:
                x = flatten_consecutive(x, 2)
            x = norm(linear(x))
            x = x if self.what == "no tanh" else torch.tanh(x)
        return self.output(x)


class PerPosition(WaveNet):
    """Batch normalisation of every position on its own: (B, T, C) taken for B examples of T C channels."""

    def __init__(self, V: int) -> None:
        super().__init__(V)
        self.norms = torch.nn.ModuleList(Norm(4 * 128 >> stage) for stage in range(3))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        x = self.embedding(X)
        for linear, norm in zip(self.linears, self.norms, strict=True):
            x = linear(flatten_consecutive(x, 2))
            x = torch.tanh(norm(x.flatten(1)).view_as(x))
        return self.output(x)


def train(model: torch.nn.Module, X: torch.Tensor, Y: torch.Tensor, steps: int, seed: int) -> None:
    """The notebook's loop: Adam, its rate going down to zero in a straight line."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    model.train()
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        batch = torch.randint(len(Y), (BATCH,), generator=generator)
        loss = torch.nn.functional.cross_entropy(model(X[batch]), Y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main() -> None:
    names = load_names(Path(__file__).resolve().parents[2] / "data" / "names" / "prenoms.txt")
    _, stoi = build_vocabulary(names)
    V = len(stoi)
    train_names, val_names, _ = split_names(names, seed=0)
    X, Y = windows(train_names, stoi, 8)
    X_val, Y_val = windows(val_names, stoi, 8)

    def row(what: str, make: Callable[[], torch.nn.Module], steps: int, seeds: int) -> tuple[float, float]:
        losses, start = [], time.process_time()
        for seed in range(seeds):
            torch.manual_seed(seed)
            model = make()
            train(model, X, Y, steps, seed)
            losses.append(eval_nll(model, X_val, Y_val))
        seconds = (time.process_time() - start) / seeds
        mean, sd = statistics.mean(losses), statistics.stdev(losses)
        margin = (THRESHOLD - mean) / sd
        print(
            f"| {what} | {steps} | {seeds} | {mean:.4f} ± {sd:.4f} | {min(losses):.3f} … {max(losses):.3f} "
            f"| {margin:+.1f} | {seconds:.1f} |",
            flush=True,
        )
        return mean, sd

    print("# 06-plus-de-couches: validation NLL after the notebook's training\n")
    print(f"Threshold {THRESHOLD}: at most this NLL passes. Margin: (threshold - mean) in standard deviations.\n")
    print("| model | steps | seeds | val NLL, mean ± sd | min … max | margin | CPU s |")
    print("|---|---|---|---|---|---|---|")
    seeds = 20
    mean, sd = row("reference", lambda: WaveNet(V), STEPS, seeds)
    row("reference, E = 16, H = 96", lambda: WaveNet(V, 16, 96), STEPS, 10)
    row("three layers", lambda: ThreeLayers(V), STEPS, 10)
    row("three layers, three times as long", lambda: ThreeLayers(V), 3 * STEPS, 10)
    row("untrained", lambda: WaveNet(V), 0, 10)
    for what in ("no norm", "no tanh", "scrambled view", "one stage", "last three symbols", "first four symbols"):
        row(what, lambda what=what: Variant(V, what), STEPS, 10)
    row("norm of each position", lambda: PerPosition(V), STEPS, 10)
    bound = mean + STUDENT_T[seeds] * sd * (1 + 1 / seeds) ** 0.5
    print(f"\nA new right run stays below mean + t sd sqrt(1 + 1/n) = {bound:.4f} with probability 1 - 1e-4.")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
