"""The thresholds of 05-entrainer's hidden checks: what right answers give, what wrong ones give, and the room between them.

    OMP_NUM_THREADS=1 python benchmarks/calibration/05-entrainer.py > docs/calibration/05-entrainer.md

Every line draws names, weights and orders anew, although the checks themselves always use the same ones: a threshold that
holds here holds for another seed of the course, too. Takes some ten minutes on one core; --only sampler prints one part.
"""

import argparse
import importlib.util
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from coursegrader.checks.law import T1_THRESHOLD, T2_THRESHOLD, t1, t2
from reference.mlp import init_mlp, mlp_gradients, mlp_loss, train_steps
from reference.names import load_names
from reference.training import evaluate, minibatches, train_model, try_learning_rates

Params = dict[str, torch.Tensor]
Examples = tuple[torch.Tensor, torch.Tensor]
Trainer = Callable[[Params, Examples, Examples, int, int, float, torch.Generator], Any]

SAMPLER_DRAWS, SAMPLER_MODELS = 3000, 20  # of each law of names; no miss: a power above .999
NAMES = tuple(load_names(ROOT / "data" / "names" / "prenoms.txt"))


def hidden(name: str) -> ModuleType:
    """A file of hidden checks, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "grading_tests" / "05-entrainer" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TRAINING, SAMPLING = hidden("test_train_model"), hidden("test_sample_from_mlp")
RATES = hidden("test_try_learning_rates")


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def head(title: str, *cells: str) -> None:
    print(f"\n## {title}\n")
    row(*cells)
    row(*["---"] * len(cells))


def spread(values: Iterable[float]) -> str:
    values = list(values)
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


# --- train_model on names: a bound for the validation loss, a bound for what it hides


def loop(
    orders: Callable[[int, int, torch.Generator], list[torch.Tensor]],
    *,
    frozen: tuple[str, ...] = (),
    accumulate: bool = False,
    once: bool = False,
    keep_last: bool = False,
) -> Trainer:
    """A training loop with one mistake; returns the weights."""

    def train(
        params: Params, train: Examples, val: Examples, epochs: int, size: int, lr: float, g: torch.Generator
    ) -> Params:
        X, Y = train
        best, lowest, total = params, math.inf, None
        drawn = orders(len(Y), size, g)
        for _ in range(epochs):
            drawn = drawn if once else orders(len(Y), size, g)
            for batch in drawn:
                grads = mlp_gradients(params, X[batch], Y[batch])
                total = grads if total is None or not accumulate else {k: total[k] + grads[k] for k in grads}
                params = {k: p - (k not in frozen) * lr * total[k] for k, p in params.items()}
            loss = evaluate(params, *val)
            if loss < lowest or keep_last:
                best, lowest = params, loss
        return best

    return train


def first_batch_again(n: int, size: int, g: torch.Generator) -> list[torch.Tensor]:
    batches = minibatches(n, size, g)
    return [batches[0]] * len(batches)


def one_batch(n: int, size: int, g: torch.Generator) -> list[torch.Tensor]:
    return minibatches(n, size, g)[:1]


def in_order(n: int, size: int, g: torch.Generator) -> list[torch.Tensor]:
    return list(torch.arange(n).split(size))


def with_replacement(n: int, size: int, g: torch.Generator) -> list[torch.Tensor]:
    return [torch.randint(n, (size,), generator=g) for _ in range(-(-n // size))]


def on_everything(
    params: Params, train: Examples, val: Examples, epochs: int, size: int, lr: float, g: torch.Generator
) -> Params:
    both = torch.cat([train[0], val[0]]), torch.cat([train[1], val[1]])
    return train_model(params, both, val, epochs, size, lr, g)[0]


def untrained(params: Params, *_: object) -> Params:
    return params


TRAINERS: dict[str, tuple[Trainer, int]] = {  # and how many draws
    "right": (loop(minibatches), 30),
    "right, last weights instead of the best": (loop(minibatches, keep_last=True), 10),
    "right but for the order: never shuffled": (loop(in_order), 10),
    "right but for the order: batches drawn once": (loop(minibatches, once=True), 10),
    "right but for the order: drawn with replacement": (loop(with_replacement), 10),
    "wrong: untrained": (untrained, 10),
    "wrong: one batch an epoch": (loop(one_batch), 10),
    "wrong: the first batch at every step": (loop(first_batch_again), 10),
    "wrong: no zero_grad": (loop(minibatches, accumulate=True), 10),
    "wrong: C left out": (loop(minibatches, frozen=("C",)), 10),
    "wrong: W1 and b1 left out": (loop(minibatches, frozen=("W1", "b1")), 10),
    "wrong: trained on train and validation": (on_everything, 10),
}


def names_check() -> None:
    bound, gap_bound = TRAINING.LARGEST_LOSS, TRAINING.LARGEST_GAP
    title = f"train_model on names: validation loss at most {bound}, test minus validation at most {gap_bound}"
    head(title, "answer", "draws", "validation loss", "test minus validation", "fails")
    for name, (trainer, draws) in TRAINERS.items():
        losses, gaps = [], []
        for seed in range(draws):
            train, val, test = TRAINING.draw_parts(random.Random(seed), NAMES)
            start = init_mlp(37, 3, 10, TRAINING.NAMES_HIDDEN, generator(seed))
            setting = TRAINING.NAMES_EPOCHS, TRAINING.NAMES_BATCH, TRAINING.NAMES_RATE
            best = trainer(start, train, val, *setting, generator(seed + 1000))
            losses.append(evaluate(best, *val))
            gaps.append(evaluate(best, *test) - losses[-1])
        fails = sum(loss > bound or gap > gap_bound for loss, gap in zip(losses, gaps, strict=True))
        row(name, draws, spread(losses), spread(gaps), f"{fails} of {draws}")
        if name == "right":
            room = [
                (limit - statistics.mean(v)) / statistics.stdev(v) for limit, v in ((bound, losses), (gap_bound, gaps))
            ]
            row("room above right answers", "", f"{room[0]:.1f} sd", f"{room[1]:.1f} sd", "")


# --- what is compared step by step


def made_up(seed: int) -> tuple[Params, Examples, Examples]:
    """As grading_tests/05-entrainer/conftest.py makes them."""
    g = generator(seed)
    params = init_mlp(7, 3, embedding=4, hidden=12, generator=g)
    params["W2"] *= 50
    X, other = torch.randint(7, (30, 3), generator=g), torch.randint(7, (30,), generator=g)
    Y = torch.where(torch.rand(30, generator=g) < 0.5, 1, other)
    return params, (X, Y), TRAINING.contradicted(X, Y)


def with_optimizer(params: Params, train: Examples, steps: int, lr: float) -> list[Params]:
    weights = {name: weight.clone().requires_grad_() for name, weight in params.items()}
    optimizer, path = torch.optim.SGD(weights.values(), lr=lr), []
    for _ in range(steps):
        order = torch.randperm(len(train[1]))
        optimizer.zero_grad()
        mlp_loss(weights, train[0][order], train[1][order]).backward()
        optimizer.step()
        path.append({name: weight.detach().clone() for name, weight in weights.items()})
    return path


def by_hand(params: Params, train: Examples, steps: int, lr: float) -> list[Params]:
    C, W1, b1, W2, b2 = (params[name].clone() for name in ("C", "W1", "b1", "W2", "b2"))
    (X, Y), path = train, []
    for _ in range(steps):
        x = C[X].flatten(1)
        h = torch.tanh(x @ W1 + b1)
        dz = (h @ W2 + b2).softmax(1)
        dz[range(len(Y)), Y] -= 1
        dz /= len(Y)
        da = dz @ W2.T * (1 - h * h)
        dC = torch.zeros_like(C).index_add_(0, X.flatten(), (da @ W1.T).view(-1, C.shape[1]))
        C, W1, b1 = C - lr * dC, W1 - lr * x.T @ da, b1 - lr * da.sum(0)
        W2, b2 = W2 - lr * h.T @ dz, b2 - lr * dz.sum(0)
        path.append({"C": C, "W1": W1, "b1": b1, "W2": W2, "b2": b2})
    return path


def curve(path: list[Params], examples: Examples) -> np.ndarray:
    return np.array([evaluate(weights, *examples) for weights in path])


def steps_check() -> None:
    epochs, lr = TRAINING.EPOCHS, TRAINING.RATE
    head(
        f"train_model, {epochs} epochs of one batch: largest difference of a curve; tolerance 1e-4",
        "answer",
        "least",
        "most",
    )
    differences: dict[str, list[float]] = {}
    turns = []
    for seed in range(15):
        params, train, val = made_up(seed)
        right = TRAINING.descent(params, train, epochs, lr)
        due = curve(right, val)
        turns.append(int(due.argmin()))
        double = {name: weight.double() for name, weight in params.items()}
        others = {
            "right: torch.optim.SGD, shuffled": with_optimizer(params, train, epochs, lr),
            "right: gradients by hand": by_hand(params, train, epochs, lr),
            "right: float64": TRAINING.descent(double, train, epochs, lr),
            "wrong: lr times 0.99": TRAINING.descent(params, train, epochs, 0.99 * lr),
            "wrong: b1 left out": TRAINING.descent(params, train, epochs, lr, frozen=("b1",)),
        }
        others |= {f"wrong: {name}": path for name, path in TRAINING.known_paths(params, train, val).items()}
        for name, path in others.items():
            differences.setdefault(name, []).append(float(np.abs(curve(path, val) - due).max()))
    for name, values in differences.items():
        row(name, f"{min(values):.1e}", f"{max(values):.1e}")
    row("epoch of the lowest validation loss", min(turns), max(turns))


def rates_check() -> None:
    head("try_learning_rates: largest difference of a loss; tolerance 1e-4", "answer", "least", "most")
    differences: dict[str, list[float]] = {}
    rates = [0.05, 0.2, 0.6, 1.5]
    for seed in range(15):
        params, train, _ = made_up(seed)
        _, val, _ = made_up(seed + 100)
        batches = [torch.randint(30, (8,), generator=generator(seed + k)) for k in range(12)]
        due = np.array(try_learning_rates(params, train, val, batches, rates))
        double = {name: weight.double() for name, weight in params.items()}
        others = {"right: float64": try_learning_rates(double, train, val, batches, rates)}
        wrong = RATES.known_mistakes(params, train, val, batches, rates)
        others |= {f"wrong: {name}": losses for name, losses in wrong.items() if name != "best-rate-only"}
        for name, losses in others.items():
            differences.setdefault(name, []).append(float(np.abs(np.array(losses) - due).max()))
    for name, values in differences.items():
        row(name, f"{min(values):.1e}", f"{max(values):.1e}")


def moved(params: Params, train: Examples, batches: list[torch.Tensor], lr: float = 1e-4) -> torch.Tensor:
    weights, _ = train_steps(params, *train, batches, lr)
    return torch.cat([(params[name] - weights[name]).flatten() for name in params]) / lr


def displacement_check() -> None:
    head(
        "train_model, one epoch with a tiny step: relative distance from the sum of gradients; tolerance 0.05",
        "answer",
        "least",
        "most",
    )
    orders = {
        "right": minibatches,
        "wrong: with replacement": with_replacement,
        "wrong: the first batch again": first_batch_again,
        "wrong: one batch": one_batch,
        "wrong: last batch dropped (of 6)": lambda n, size, g: minibatches(n, size, g)[:-1],
    }
    for name, order in orders.items():
        distances = []
        for seed in range(100):
            params, (X, Y), _ = made_up(seed)
            train = X[:24], Y[:24]
            grads = mlp_gradients(params, *train)
            due = 6 * torch.cat([grads[key].flatten() for key in params])
            step = moved(params, train, order(24, 4, generator(seed + 500)))
            distances.append(((step - due).norm() / due.norm()).item())
        row(name, f"{min(distances):.4f}", f"{max(distances):.4f}")
    gaps = []  # the check draws examples until they differ by 0.01
    for seed in range(100):
        params, (X, Y), _ = made_up(seed)
        curves = []
        for batches in ([[0], [1]], [[1], [0]]):
            weights, losses = params, []
            for _ in range(10):
                weights, _ = train_steps(
                    weights, X[:2], Y[:2], [torch.tensor(batch) for batch in batches], TRAINING.RATE
                )
                losses.append(evaluate(weights, X[:2], Y[:2]))
            curves.append(np.array(losses))
        gaps.append(float(np.abs(curves[0] - curves[1]).max()))
    print(
        f"\ntest_new_batches, two orders of two examples: curves differ by {spread(gaps)}; the check draws\n"
        "examples until they differ by 0.01, and recognises a curve within 1e-4."
    )


# --- the law of names


def sample_chain(rows: np.ndarray, n: int, draw: np.random.Generator, max_len: int) -> np.ndarray:
    """Transitions (64, 64) of n names between their contexts; rows (64, 4) is the law of the next symbol.

    What `count_transitions` makes of the names, without writing them down: an end leads back to context 0, and a name of
    max_len letters has none.
    """
    cumulated = rows.cumsum(axis=1)
    context, counts = np.zeros(n, dtype=int), np.zeros(64 * 64, dtype=int)
    for _ in range(max_len):
        symbols = (draw.random(len(context))[:, None] > cumulated[context]).sum(axis=1).clip(max=3)
        following = np.where(symbols > 0, context % 16 * 4 + symbols, 0)
        counts += np.bincount(context * 64 + following, minlength=64 * 64)
        context = following[symbols > 0]
        if not len(context):
            break
    return counts.reshape(64, 64)


def sampler_check() -> None:
    head(
        f"sample_from_mlp, 1,000 names: log likelihood ratios; a named law needs {T1_THRESHOLD:.1f}, any other {T2_THRESHOLD:.1f}",
        "names drawn from", "draws", "ratio of the named law", f"the threshold (of the surprise: {SAMPLING.SURPRISE}) is below by",
        "ratio of the mixture", "surprise, in sd", "fails",
    )  # fmt: skip
    draws, longest = SAMPLER_DRAWS, SAMPLING.LONGEST
    models = [SAMPLING.make_up(random.Random(seed), telling=True) for seed in range(SAMPLER_MODELS)]
    tables = [SAMPLING.law(model) for model, _ in models]
    mistakes = [SAMPLING.wrong_laws(rows) for rows in tables]
    chains = [SAMPLING.chain(rows).numpy() for rows in tables]
    wrong_chains = [{key: SAMPLING.chain(Q).numpy() for key, Q in wrong.items()} for wrong in mistakes]
    laws = {"right": lambda rows: rows, **dict.fromkeys(SAMPLING.wrong_laws(tables[0]))}
    for temperature in (0.8, 1.25):
        laws[f"temperature {temperature}"] = lambda rows, t=temperature: SAMPLING.tempered(rows, t)
    for temperature in (0.9, 1.1):
        laws[f"temperature {temperature} (not meant for)"] = lambda rows, t=temperature: SAMPLING.tempered(rows, t)
    laws["two likeliest symbols only (not meant for)"] = lambda rows: power(
        rows * (rows >= rows.topk(2).values[:, 1:]), 1
    )
    for name, change in laws.items():
        named, mixture, surprises, fails = [], [], [], 0
        for seed in range(draws):
            number = seed % len(tables)
            rows, P = tables[number], chains[number]
            other = mistakes[number][name] if change is None else change(rows)
            counts = sample_chain(other.numpy(), 1000, np.random.default_rng(seed), longest)
            ratios = {key: t1(counts, P, Q) for key, Q in wrong_chains[number].items()}
            named.append(ratios.get(name, max(ratios.values())))
            mixture.append(t2(counts, P))
            surprises.append(SAMPLING.surprise(counts, P))
            fails += (
                max(ratios.values()) > T1_THRESHOLD
                or mixture[-1] > T2_THRESHOLD
                or abs(surprises[-1]) > SAMPLING.SURPRISE
            )
        found, threshold = (named, T1_THRESHOLD) if change is None else ([abs(z) for z in surprises], SAMPLING.SURPRISE)
        margins = [found[i :: len(tables)] for i in range(len(tables))]  # of one model each
        least = min((statistics.mean(v) - threshold) / max(statistics.stdev(v), 1.0) for v in margins)
        spare = f"{least:.1f} sd at least" if change is None or name in ("temperature 0.8", "temperature 1.25") else ""
        row(name, draws, span(named), spare, span(mixture), span(surprises), f"{fails} of {draws}")


def power(rows: torch.Tensor, exponent: float) -> torch.Tensor:
    weights = rows**exponent
    return weights / weights.sum(dim=1, keepdim=True)


def span(values: list[float]) -> str:
    return (
        f"{min(values):.0f} … {max(values):.0f}"
        if max(map(abs, values)) > 99
        else f"{min(values):.1f} … {max(values):.1f}"
    )


PARTS = {
    "steps": steps_check,
    "rates": rates_check,
    "displacement": displacement_check,
    "sampler": sampler_check,
    "names": names_check,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="print one part of the page")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if only is None:
        print(
            "# Calibration of 05-entrainer\n\nMade by `benchmarks/calibration/05-entrainer.py`; mean ± standard deviation [least, most]."
        )
    for name, part in PARTS.items():
        if only in (None, name):
            part()


if __name__ == "__main__":
    main()
