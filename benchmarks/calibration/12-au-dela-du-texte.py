"""Calibration of 12-au-dela-du-texte: how far wrong answers are from right ones, and the figures that the text names.

    OMP_NUM_THREADS=1 python benchmarks/calibration/12-au-dela-du-texte.py [seeds]

Prints Markdown for docs/calibration/12-au-dela-du-texte.md. No hidden check has a threshold on a trained model.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.contrastive import contrastive_loss, positive_targets, sigmoid_loss, train_pair
from reference.retrieval import recall_at_k, zero_shot
from reference.towers import ImageTower, TextTower, encode_phrases, similarity

CHECKS = ROOT / "grading_tests" / "12-au-dela-du-texte"
NAMES = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
TEMPLATES = ["{}", "le chiffre {}", "voici {}"]
NEW_PHRASES = ["regarde le {}", "je crois que c'est {}", "{} ???"]
HELD_OUT = [2, 9]  # digits that are never seen pale, or in negative


def load(name: str) -> ModuleType:
    """A file of checks as a module."""
    spec = importlib.util.spec_from_file_location(name, CHECKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def excess(wrong: torch.Tensor, right: torch.Tensor, rtol: float, atol: float) -> float:
    """The largest difference, in tolerances: above 1, a check that compares so rejects the wrong value."""
    if wrong.shape != right.shape:
        return np.inf
    return float(((wrong - right).abs() / (atol + rtol * right.abs())).max())


def formula_table(draws: int) -> None:
    """Nearest that each known mistake of the formulas came to the right value, in tolerances of its check."""
    text, image, similar, loss = (
        load(f"test_{name}") for name in ("TextTower", "ImageTower", "similarity", "contrastive_loss")
    )
    nearest: dict[tuple[str, str], float] = {}

    def note(exercise: str, name: str, value: float) -> None:
        nearest[exercise, name] = min(nearest.get((exercise, name), np.inf), value)

    for seed in range(draws):
        draw = torch.Generator().manual_seed(seed)
        weights, ids = text.drawn(draw), text.phrases(draw)
        for name in text.WRONG:
            note(
                "TextTower",
                name,
                excess(text.formula(ids, weights, name), text.formula(ids, weights), rtol=1e-3, atol=1e-4),
            )
        weights, x = image.drawn(draw), torch.rand((4, image.P), generator=draw)
        for name in image.WRONG:
            note(
                "ImageTower",
                name,
                excess(image.formula(x, weights, name), image.formula(x, weights), rtol=1e-3, atol=1e-4),
            )
        vectors = [(1 + 3 * torch.rand((n, 1), generator=draw)) * torch.randn((n, 5), generator=draw) for n in (4, 6)]
        right, wrong = similar.known_mistakes(*vectors, 0.5)
        for name, value in wrong.items():
            note("similarity", name, excess(value, right, rtol=1e-3, atol=1e-4))
        _, _, value, known = loss.case(draw, [3, 1, 3, 0, 1, 3])
        for name, other in known.items():
            note("contrastive_loss", name, excess(torch.tensor(other), torch.tensor(value), rtol=1e-4, atol=1e-4))
    print(f"Known mistakes of formulas, {draws} draws: nearest to the right value, in tolerances of the check.\n")
    print("| exercise | mistakes | the nearest one | tolerances |\n|---|---|---|---|")
    for exercise in dict.fromkeys(exercise for exercise, _ in nearest):
        own = {name: value for (of, name), value in nearest.items() if of == exercise}
        name = min(own, key=own.__getitem__)
        print(f"| `{exercise}` | {len(own)} | {name} | {own[name]:.1f} |")


def by_hand(towers: list[torch.nn.Module], setting: Any, steps: int, lr: float, dtype: torch.dtype) -> list[float]:
    """The same steps written out, in another precision if asked for; the towers move."""
    losses = []
    images, ids, labels = (x[setting.train] for x in (setting.images.to(dtype), setting.ids, setting.labels))
    W, C = (tower.weight.detach().to(dtype).requires_grad_() for tower in towers)
    for _ in range(steps):
        value = sigmoid_loss(images @ W.T, C[ids].mean(dim=1), labels)
        gradients = torch.autograd.grad(value, [W, C])
        with torch.no_grad():
            for w, gradient in zip((W, C), gradients, strict=True):
                w -= lr * gradient
        losses.append(value.item())
    for tower, weight in zip(towers, (W, C), strict=True):
        tower.load_state_dict({"weight": weight.detach().float()})
    return losses


def steps_table(seeds: int) -> None:
    """Largest distance of right variants of train_pair, smallest of wrong ones, as test_steps compares them."""
    module = load("test_train_pair")
    far: dict[str, list[float]] = {}
    for seed in range(seeds):
        setting = module.Setting(torch.Generator().manual_seed(seed), 8, 8, one_hot=False)
        towers = setting.towers(torch.nn)
        generator = torch.Generator().manual_seed(0)
        right = torch.tensor(train_pair(*towers, *setting.data, 8, sigmoid_loss, 8, 0.8, generator))

        def distance(
            losses: list[float],
            weights: list[torch.Tensor],
            right: torch.Tensor = right,
            towers: tuple[Any, ...] = towers,
        ) -> float:
            parts = [excess(torch.tensor(losses), right, rtol=1e-3, atol=1e-3)]
            parts += [
                excess(w, tower.weight.detach(), rtol=1e-3, atol=1e-3) for w, tower in zip(weights, towers, strict=True)
            ]
            return max(parts)

        for name, dtype in (("right: by hand", torch.float32), ("right: float64", torch.float64)):
            other = setting.towers(torch.nn)
            losses = by_hand(list(other), setting, 8, 0.8, dtype)
            far.setdefault(name, []).append(distance(losses, [tower.weight.detach() for tower in other]))
        for name in module.STEPS:
            losses, weights = module.wrong_steps(setting, 8, 0.8, name)
            far.setdefault(f"wrong: {name}", []).append(distance(losses, weights))
    print(f"\n`train_pair`, test_steps, eight steps, {seeds} settings: distance in tolerances (1 is rejected).\n")
    print("| answer | smallest | largest |\n|---|---|---|")
    for name, values in far.items():
        print(f"| {name} | {min(values):.3g} | {max(values):.3g} |")


def batches_table(draws: int) -> None:
    """How often a batch of 20 among 40 drawn with replacement has 20 different pairs."""
    rng = np.random.default_rng(12)
    distinct = sum(len(set(row)) == 20 for row in rng.integers(40, size=(draws, 20)).tolist())
    print(f"\nOf {draws:,} batches of 20 drawn among 40 with replacement, {distinct} hold no pair twice ", end="")
    print(f"(by formula {np.prod(1 - np.arange(20) / 40):.1e}); the check looks at three.")


def measured(
    seed: int, word: str, change: Callable[[torch.Tensor], torch.Tensor], *, alone: bool = False
) -> dict[str, float]:
    """One run of the notebook's experiment with other draws: every figure that the text names, shares from 0 to 1."""
    table = np.loadtxt(ROOT / "data" / "digits" / "chiffres.csv", delimiter=",", skiprows=1)
    digits, digit_labels = torch.tensor(table[:, 1:] / 16, dtype=torch.float32), torch.tensor(table[:, 0]).long()
    descriptions = NAMES + [f"{name} {word}" for name in NAMES]
    images, labels = torch.cat([digits, change(digits)]), torch.cat([digit_labels, digit_labels + 10])
    draw = torch.Generator().manual_seed(seed)
    which = torch.randint(len(TEMPLATES), (len(images),), generator=draw)
    phrases = [TEMPLATES[w].format(descriptions[c]) for w, c in zip(which.tolist(), labels.tolist(), strict=True)]
    stoi = {symbol: i for i, symbol in enumerate(sorted(set("".join(phrases))), start=1)}
    new = (torch.arange(len(digits)) >= 1500).repeat(2)
    held = torch.isin(labels, 10 + torch.tensor(HELD_OUT))
    train, known, surprise = ((~new & ~held), (new & ~held), (new & held))
    rows, known_rows = train.nonzero().squeeze(1), known.nonzero().squeeze(1)
    torch.manual_seed(seed)
    towers = ImageTower(), TextTower(len(stoi) + 1)

    def loss(x: torch.Tensor, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return contrastive_loss(similarity(x, t, 0.2), torch.eye(len(y)) if alone else positive_targets(y))

    started = time.process_time()
    losses = train_pair(
        *towers, images, encode_phrases(phrases, stoi, 24), labels, rows, 1000, loss, generator=torch.Generator().manual_seed(seed)
    )  # fmt: skip
    seconds = time.process_time() - started
    with torch.no_grad():
        vectors = towers[0](images)

        def words(template: str) -> torch.Tensor:
            return towers[1](encode_phrases([template.format(d) for d in descriptions], stoi, 24))  # type: ignore[no-any-return]

        scores, every = similarity(vectors, words("{}")), torch.arange(len(descriptions))
        guessed = zero_shot(vectors, torch.stack([words(t) for t in TEMPLATES], dim=1)) == labels
        found = {
            "loss of the last hundred batches": float(np.mean(losses[-100:])),
            "image to description, recall at 1, set aside": recall_at_k(scores, labels, every, 1, known_rows),
            "the same at 3": recall_at_k(scores, labels, every, 3, known_rows),
            "recall at 1 on the training images": recall_at_k(scores, labels, every, 1, rows),
            "description to image, recall at 1": recall_at_k(
                scores[known_rows].T, every, labels[known_rows], 1, labels[known_rows].unique()
            ),
            "zero_shot, descriptions learnt": guessed[known].double().mean().item(),
            "zero_shot, descriptions never read": guessed[surprise].double().mean().item(),
        }
        for template in NEW_PHRASES:
            right = zero_shot(vectors, words(template)[:, None]) == labels
            found[f"« {template} », a template never read"] = right[known].double().mean().item()
    return {**found, "seconds of processor": seconds}


def figures_table(seeds: int) -> None:
    """The experiment with pale digits, with CLIP's targets, and with digits in negative."""
    kinds: dict[str, dict[str, Any]] = {
        "pale": {"word": "pâle", "change": lambda x: 0.4 * x},
        "pale, identity as targets": {"word": "pâle", "change": lambda x: 0.4 * x, "alone": True},
        "negative": {"word": "en négatif", "change": lambda x: 1 - x},
    }
    runs = {kind: [measured(seed, **options) for seed in range(seeds)] for kind, options in kinds.items()}
    print(f"\nThe notebook's experiment, {seeds} seeds: mean [least, most].\n")
    print(f"| figure | {' | '.join(kinds)} |\n|---|{'---|' * len(kinds)}")
    for figure in runs["pale"][0]:
        cells = [[run[figure] for run in runs[kind]] for kind in kinds]
        print(f"| {figure} | {' | '.join(f'{np.mean(c):.3f} [{min(c):.3f}, {max(c):.3f}]' for c in cells)} |")


def identity_table(draws: int) -> None:
    """The loss with the identity minus the loss with shared targets, on batches of towers that are not trained."""
    torch.manual_seed(0)
    towers = ImageTower(), TextTower(30)
    differences = []
    with torch.no_grad():
        for _ in range(draws):
            labels = torch.randint(18, (64,))
            z = similarity(towers[0](torch.rand(64, 64)), towers[1](torch.randint(1, 30, (64, 12))), 0.2)
            differences.append(
                float(contrastive_loss(z, torch.eye(64)) - contrastive_loss(z, positive_targets(labels)))
            )
    error = np.std(differences) / np.sqrt(draws)
    print(
        f"\nLoss with the identity minus loss with shared targets, {draws} batches of 64 with phrases all different: ",
        end="",
    )
    print(f"mean {np.mean(differences):+.4f} ± {error:.4f}, standard deviation {np.std(differences):.3f}, ", end="")
    print(f"negative in {np.mean(np.array(differences) < 0):.0%}.")


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    torch.set_num_threads(1)
    print("# Calibration of 12-au-dela-du-texte\n\nMade by `benchmarks/calibration/12-au-dela-du-texte.py`.\n")
    formula_table(10 * seeds)
    steps_table(5 * seeds)
    batches_table(100_000)
    figures_table(seeds)
    identity_table(50 * seeds)


if __name__ == "__main__":
    main()
