"""Train the course's models on the default list and print their losses: ``python -m reference.train``.

Every model learns from the training names only. Smoothing is chosen by validation, and the test loss of each model is
computed once, at its end. Takes about a minute on one core.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from reference.batchnorm import eval_nll
from reference.count_model import count_bigrams, normalize_rows
from reference.evaluation import mean_nll
from reference.mlp import init_mlp, n_params, train_steps
from reference.names import load_names
from reference.neural_bigram import train_bigram
from reference.neuron import cross_entropy
from reference.ngrams import choose_alpha, interpolated_probability, ngram_counts, ngram_nll
from reference.splits import split_names, windows
from reference.training import evaluate, minibatches, sample_from_mlp, train_model
from reference.vocabulary import build_vocabulary
from reference.wavenet import WaveNet

NAMES = Path(__file__).resolve().parents[1] / "data" / "names" / "prenoms.txt"
ALPHAS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
BETA = 5.0
CONTEXT = 3
DEEP_CONTEXT, DEEP_RATE, DEEP_STEPS_AN_EPOCH = 8, 0.01, 150


@dataclass(frozen=True)
class Data:
    """Names in three parts, and the numbering of their symbols, made from the training names."""

    train: list[str]
    val: list[str]
    test: list[str]
    itos: list[str]
    stoi: dict[str, int]

    def examples(self, part: list[str], context: int = CONTEXT) -> tuple[torch.Tensor, torch.Tensor]:
        """X (n, context), Y (n,)."""
        return windows(part, self.stoi, context)


@dataclass(frozen=True)
class Result:
    """One line of the table; losses in nats a predicted symbol."""

    model: str
    parameters: str
    train: float
    val: float
    test: float
    seconds: float = 0.0


Tick = Callable[[float], None]  # told the share of a model's work that is done, from 0 to 1


def load_data(path: Path, seed: int) -> Data:
    """Split a list of names; names with a symbol that no training name has are left out of the other parts."""
    train, val, test = split_names(load_names(path), seed)
    itos, stoi = build_vocabulary(train)
    val, test = ([name for name in part if stoi.keys() >= set(name)] for part in (val, test))
    return Data(train, val, test, itos, stoi)


def count_model(data: Data, tick: Tick) -> Result:
    """Bigrams by counting, smoothed by the alpha that validation prefers."""
    alpha = choose_alpha(data.train, data.val, 1, ALPHAS)
    P = normalize_rows(count_bigrams(data.train, data.stoi), alpha)  # (V, V)
    losses = [mean_nll(part, P, data.stoi) for part in (data.train, data.val, data.test)]
    return Result(f"bigrams, alpha {alpha:g}", f"{P.numel():,}", *losses)


def four_gram_model(data: Data, tick: Tick) -> Result:
    """Contexts of the three-layer model's length, by counting."""
    alpha = choose_alpha(data.train, data.val, CONTEXT, ALPHAS)
    tick(0.7)
    counts = ngram_counts(data.train, data.stoi, CONTEXT)
    losses = [ngram_nll(counts, part, data.stoi, CONTEXT, alpha) for part in (data.train, data.val, data.test)]
    return Result(f"{CONTEXT + 1}-grams, alpha {alpha:g}", f"{len(counts) * len(data.stoi):,}", *losses)


def interpolated_model(data: Data, tick: Tick) -> Result:
    """Contexts of one to four symbols, mixed."""
    tables = [ngram_counts(data.train, data.stoi, k) for k in range(1, 5)]
    V, laws = len(data.stoi), dict[tuple[int, ...], torch.Tensor]()
    losses = []
    for done, part in enumerate((data.train, data.val, data.test)):
        X, Y = data.examples(part, context=4)
        contexts = [tuple(row) for row in X.tolist()]
        for context in set(contexts) - laws.keys():
            laws[context] = interpolated_probability(tables, context, V, BETA).log()  # (V,)
        losses.append(-sum(laws[context][j].item() for context, j in zip(contexts, Y.tolist(), strict=True)) / len(Y))
        tick((done + 1) / 3)
    parameters = sum(map(len, tables)) * V
    return Result(f"2- to 5-grams, beta {BETA:g}", f"{parameters:,}", *losses)


def neural_bigram(data: Data, tick: Tick) -> Result:
    """The bigram model as a layer of neurons: 200 steps of gradient descent on all pairs."""
    (train_x, train_y), *others = (data.examples(part, context=1) for part in (data.train, data.val, data.test))
    W = torch.zeros(len(data.stoi), len(data.stoi))  # (V, V)
    for done in range(20):
        W, _ = train_bigram(train_x[:, 0], train_y, W, steps=10, lr=50.0)
        tick((done + 1) / 20)
    losses = [cross_entropy(W[X[:, 0]], Y).item() for X, Y in [(train_x, train_y), *others]]
    return Result("bigram neuron", f"{W.numel():,}", *losses)


def three_layers(data: Data, seed: int, epochs: int, tick: Tick) -> tuple[Result, dict[str, torch.Tensor]]:
    """The model of Bengio et al. (2003): most epochs at a large step, one with a tenth of it."""
    generator = torch.Generator().manual_seed(seed)
    train, val, test = (data.examples(part) for part in (data.train, data.val, data.test))
    params = init_mlp(len(data.stoi), CONTEXT, generator=generator)
    for done in range(epochs):
        params, _, _ = train_model(params, train, val, 1, 64, 0.2, generator)
        tick((done + 1) / (epochs + 2))
    for done in range(2):
        params, _ = train_steps(params, *train, minibatches(len(train[1]), 64, generator), 0.02)
        tick((epochs + done + 1) / (epochs + 2))
    losses = [evaluate(params, *part) for part in (train, val, test)]
    return Result("three layers", f"{n_params(params):,}", *losses), params


def deep_model(data: Data, seed: int, steps: int, tick: Tick) -> Result:
    """The model after van den Oord et al. (2016): eight symbols, batch normalisation, Adam with a rate going down to zero."""
    train, *others = (data.examples(part, DEEP_CONTEXT) for part in (data.train, data.val, data.test))
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # torch's layers draw their first weights from the global source
        model = WaveNet(len(data.stoi))
    optimizer = torch.optim.Adam(model.parameters(), lr=DEEP_RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = DEEP_RATE * (1 - step / steps)
        rows = torch.randint(len(train[1]), (256,), generator=generator)
        optimizer.zero_grad()
        cross_entropy(model(train[0][rows]), train[1][rows]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        tick((step + 1) / steps)
    losses = [eval_nll(model, X, Y) for X, Y in [train, *others]]
    return Result("WaveNet", f"{sum(p.numel() for p in model.parameters()):,}", *losses)


def train_all(data: Data, seed: int, epochs: int, console: Console) -> tuple[list[Result], dict[str, torch.Tensor]]:
    """Every model in the order of the course, with a progress bar; the weights of the three layers besides."""
    results: list[Result] = []
    trained: dict[str, torch.Tensor] = {}

    def three(data: Data, tick: Tick) -> Result:
        result, params = three_layers(data, seed, epochs, tick)
        trained.update(params)
        return result

    def deep(data: Data, tick: Tick) -> Result:
        return deep_model(data, seed, epochs * DEEP_STEPS_AN_EPOCH, tick)

    models: dict[str, Callable[[Data, Tick], Result]] = {
        "count model": count_model,
        "four-gram model": four_gram_model,
        "interpolated model": interpolated_model,
        "neural bigram": neural_bigram,
        "three layers": three,
        "deep model": deep,
    }

    columns = (TextColumn("{task.description:<20}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        for name, model in models.items():
            task = bar.add_task(name, total=1.0)
            started = time.perf_counter()
            result = model(data, lambda share, task=task: bar.update(task, completed=share))  # type: ignore[misc]
            bar.update(task, completed=1.0)
            results.append(Result(**{**vars(result), "seconds": time.perf_counter() - started}))
    return results, trained


def results_table(results: list[Result]) -> Table:
    """The losses side by side."""
    table = Table(title="mean NLL a predicted symbol, in nats")
    table.add_column("model")
    for heading in ("parameters", "train", "validation", "test", "s"):
        table.add_column(heading, justify="right")
    for r in results:
        table.add_row(r.model, r.parameters, f"{r.train:.3f}", f"{r.val:.3f}", f"{r.test:.3f}", f"{r.seconds:.1f}")
    return table


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m reference.train", description="Train the course's models.")
    parser.add_argument("--names", type=Path, default=NAMES, help="list of names, one a line")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the first weights and the mini-batches")
    parser.add_argument(
        "--epochs",
        type=int,
        default=8,
        help="of the three-layer model at its large step; the deep one makes 150 steps for each",
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = load_data(options.names, options.seed)
    console = Console()
    console.print(f"{len(data.train):,} + {len(data.val):,} + {len(data.test):,} names, {len(data.stoi)} symbols")
    results, params = train_all(data, options.seed, options.epochs, Console(stderr=True))
    console.print(results_table(results))
    generator = torch.Generator().manual_seed(options.seed)
    console.print("invented:", ", ".join(sample_from_mlp(params, data.itos, 12, generator, max_len=20)))


if __name__ == "__main__":
    main()
