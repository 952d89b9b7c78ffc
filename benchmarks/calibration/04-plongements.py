"""What the checks of 04-plongements rest on: step equality, the law of the first parameters, the figures in the text.

No hidden check of this assignment has a loss threshold: steps, gradients and losses are compared with exact ones.

    OMP_NUM_THREADS=1 python benchmarks/calibration/04-plongements.py > docs/calibration/04-plongements.md
"""

import importlib.util
import math
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch.nn.functional import linear, log_softmax, nll_loss, one_hot

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.mlp import embed, init_mlp, mlp_loss, n_params, train_steps
from reference.names import load_names
from reference.splits import windows
from reference.vocabulary import build_vocabulary

Params = dict[str, torch.Tensor]
Loss = Callable[[Params, torch.Tensor, torch.Tensor], torch.Tensor]
VOWELS = set("aeiouyàâèéëîïôöùûü")


def load(path: str) -> ModuleType:
    """A check file as a module, for the very functions that grade."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "grading_tests" / "04-plongements" / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spread(values: Iterable[float]) -> str:
    values = list(values)
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


# --- twenty steps


def one_hot_loss(p: Params, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    x = (one_hot(X, len(p["C"])).to(p["C"].dtype) @ p["C"]).view(len(X), -1)
    h = torch.tanh(linear(x, p["W1"].T, p["b1"]))
    return nll_loss(log_softmax(linear(h, p["W2"].T, p["b2"]), dim=1), Y)


def sliced_loss(p: Params, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    E = p["C"].shape[1]
    before = p["b1"] + sum(p["C"][X[:, i]] @ p["W1"][i * E : (i + 1) * E] for i in range(X.shape[1]))
    e = torch.exp(-2 * before.abs())
    z = torch.addmm(p["b2"], before.sign() * (1 - e) / (1 + e), p["W2"])
    return (z.logsumexp(1) - z[torch.arange(len(Y)), Y]).mean()


def by_autograd(loss: Loss) -> Callable[[Params, torch.Tensor, torch.Tensor], Params]:
    def gradients(params: Params, X: torch.Tensor, Y: torch.Tensor) -> Params:
        leaves = {part: tensor.detach().clone().requires_grad_() for part, tensor in params.items()}
        loss(leaves, X, Y).backward()
        return {part: leaf.grad for part, leaf in leaves.items() if leaf.grad is not None}

    return gradients


def by_hand(params: Params, X: torch.Tensor, Y: torch.Tensor) -> Params:
    C, W1, b1, W2, b2 = params.values()
    x = embed(C, X)
    h = torch.tanh(x @ W1 + b1)
    dz = ((h @ W2 + b2).softmax(1) - one_hot(Y, len(b2))) / len(Y)
    da = dz @ W2.T * (1 - h * h)
    dC = torch.zeros_like(C).index_add_(0, X.flatten(), (da @ W1.T).view(X.numel(), -1))
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}


def distance(params: Params, others: Params) -> float:
    return max(float((params[part] - others[part]).detach().abs().max()) for part in params)


def step_equality(seeds: range) -> None:
    checks, conftest = load("test_train_steps.py"), load("conftest.py")
    right: dict[str, list[float]] = {}
    wrong: dict[str, list[float]] = {}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        model = made_up(conftest, generator)
        batches = [torch.randint(40, (6,), generator=generator) for _ in range(20)]
        due, _ = checks.descend(model.params, model.X, model.Y, batches, checks.LR)
        doubled = {part: tensor.double() for part, tensor in model.params.items()}
        variants = {
            "reference": train_steps(model.params, model.X, model.Y, batches, checks.LR)[0],
            "float64": train_steps(doubled, model.X, model.Y, batches, checks.LR)[0],
            "gradient by hand": checks.descend(model.params, model.X, model.Y, batches, checks.LR, gradients=by_hand)[
                0
            ],
        }
        for name, loss in (("one-hot, F.linear, log_softmax", one_hot_loss), ("slices, tanh written out", sliced_loss)):
            grads = by_autograd(loss)
            variants[name] = checks.descend(model.params, model.X, model.Y, batches, checks.LR, gradients=grads)[0]
        for name, params in variants.items():
            right.setdefault(name, []).append(distance(due, params))
        for name, params in checks.known_mistakes(model, batches).items():
            wrong.setdefault(name, []).append(distance(due, params))
        slower = checks.descend(model.params, model.X, model.Y, batches, 0.9 * checks.LR)[0]
        wrong.setdefault("lr × 0.9", []).append(distance(due, slower))
    print("## Twenty steps\n")
    print(
        f"Largest difference from the check's own parameters, {len(seeds)} models; the tolerance is {checks.ATOL:g}.\n"
    )
    print("| right | largest | | wrong | smallest |\n|---|---|---|---|---|")
    rows = max(len(right), len(wrong))
    cells = [
        [f"{name} | {pick(values):.1e}" for name, values in table.items()]
        for table, pick in ((right, max), (wrong, min))
    ]
    for i in range(rows):
        print("| " + " | | ".join(column[i] if i < len(column) else " | " for column in cells) + " |")


def made_up(conftest: ModuleType, generator: torch.Generator) -> object:
    """A model as the fixture `make_model` makes it, from a generator of ours."""
    V, k, E, H, n = 9, 3, 4, 6, 40
    shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
    params = {part: torch.randn(shape, generator=generator) for part, shape in shapes.items()}
    params["W1"] /= 2
    X = torch.randint(V, (n, k), generator=generator)
    return conftest.Model(params, X, torch.randint(V, (n,), generator=generator))


# --- the law of the first parameters


def law(draws: int) -> None:
    checks = load("test_init_mlp.py")
    V, k, E, H = 100, 3, 80, 120
    right = {"C": 1.0, "W1": 1 / math.sqrt(k * E), "W2": 0.01}
    sizes = {"C": V * E, "W1": k * E * H, "W2": H * V}
    rng = np.random.default_rng(4)
    cases = [(f"right {part}", part, right[part], "normal") for part in right]
    cases += [
        ("C between 0 and 1", "C", 1.0, "uniform"),
        ("C uniform, of the right spread", "C", 1.0, "centred"),
        ("C of spread 0.1", "C", 0.1, "normal"),
        ("W1 not scaled", "W1", 1.0, "normal"),
        ("W1 over kE", "W1", 1 / (k * E), "normal"),
        ("W1 over the root of E", "W1", 1 / math.sqrt(E), "normal"),
        ("W1 over the root of H", "W1", 1 / math.sqrt(H), "normal"),
        ("W1 with a gain of 5/3", "W1", 5 / 3 / math.sqrt(k * E), "normal"),
        ("W1 by Glorot's rule", "W1", math.sqrt(2 / (k * E + H)), "normal"),
        ("W2 not scaled", "W2", 1.0, "normal"),
        ("W2 of spread 0.1", "W2", 0.1, "normal"),
        ("W2 of spread 0.02", "W2", 0.02, "normal"),
    ]
    print("\n## The law of init_mlp\n")
    print(
        f"Kolmogorov's distance over its bound (above 1: rejected), {draws} draws each. Right draws are rejected with"
    )
    print("probability at most 1e-7 a tensor, by Massart's inequality.\n")
    print("| draws | smallest | largest | rejected |\n|---|---|---|---|")
    for title, part, scale, kind in cases:
        limit, ratios = checks.bound(sizes[part]), []
        for _ in range(draws):
            if kind == "normal":
                values = rng.standard_normal(sizes[part]) * scale
            else:
                low, high = (0.0, 1.0) if kind == "uniform" else (-math.sqrt(3), math.sqrt(3))
                values = rng.uniform(low, high, sizes[part])
            ratios.append(checks.distance(values, right[part]) / limit)
        rejected = sum(ratio > 1 for ratio in ratios)
        print(f"| {title} | {min(ratios):.2f} | {max(ratios):.2f} | {rejected} |", flush=True)


# --- the figures in the text


def text(seeds: range) -> None:
    names = load_names(ROOT / "data" / "names" / "prenoms.txt")
    itos, stoi = build_vocabulary(names)
    X, Y = windows(names, stoi, 3)
    V, seen = len(itos), torch.bincount(Y)
    letters = [i for i in range(V) if seen[i] >= 100 and itos[i] not in ".'-"]
    start, large, after, plane, vowels, consonants = [], [], [], [], [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        params = init_mlp(V, generator=generator)
        start.append(mlp_loss(params, X, Y).item())
        unscaled = {**params, "W1": params["W1"] * math.sqrt(30), "W2": params["W2"] * 100}
        large.append(mlp_loss(unscaled, X, Y).item())
        batches = [torch.randint(len(Y), (128,), generator=generator) for _ in range(1000)]
        params, _ = train_steps(params, X, Y, batches, lr=0.5)
        after.append(mlp_loss(params, X, Y).item())

        flat = init_mlp(V, embedding=2, hidden=100, generator=generator)
        for tensor in flat.values():
            tensor.requires_grad_()
        optimizer = torch.optim.Adam(flat.values(), lr=0.01)
        for _ in range(800):
            batch = torch.randint(len(Y), (128,), generator=generator)
            optimizer.zero_grad()
            mlp_loss(flat, X[batch], Y[batch]).backward()
            optimizer.step()
        plane.append(mlp_loss(flat, X, Y).item())
        gaps = torch.cdist(flat["C"].detach()[letters], flat["C"].detach()[letters]).fill_diagonal_(math.inf)
        family = [itos[i] in VOWELS for i in letters]
        same = [family[i] == family[j] for i, j in enumerate(gaps.argmin(dim=1).tolist())]
        vowels.append(statistics.mean(s for s, vowel in zip(same, family, strict=True) if vowel))
        consonants.append(statistics.mean(s for s, vowel in zip(same, family, strict=True) if not vowel))
    print(f"\n## Figures in the text\n\n{len(Y):,} windows of {len(names):,} names, V = {V}, {len(seeds)} seeds.\n")
    print("| figure | mean ± sd [min, max] |\n|---|---|")
    print(f"| parameters | {n_params(params):,}; in the plane {n_params(flat):,} |")
    print(f"| loss at the start (ln V = {math.log(V):.3f}) | {spread(start)} |")
    print(f"| the same with every weight N(0, 1) | {spread(large)} |")
    print(f"| loss after 1,000 steps of 128 at 0.5 | {spread(after)} |")
    print(f"| plane: loss after 800 steps of Adam | {spread(plane)} |")
    print(f"| plane: vowels whose nearest letter is a vowel | {spread(vowels)} |")
    print(f"| plane: consonants whose nearest is a consonant | {spread(consonants)} |")


def main() -> None:
    torch.set_num_threads(1)
    print("# Calibration of 04-plongements\n")
    print("Made by `benchmarks/calibration/04-plongements.py`. No hidden check has a loss threshold.\n")
    step_equality(range(20))
    law(3000)
    text(range(10))


if __name__ == "__main__":
    main()
