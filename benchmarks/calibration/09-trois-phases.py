"""How far the thresholds of 09-trois-phases lie from right answers and from wrong ones.

The checks of an effect train small models: by the student's step, or by the slopes of the student's loss. Here the same
is done with the reference and with known mistakes, over seeds of data, weights and draws. Wins among 400 independent
answers follow a binomial law once a model is trained; its exact tails stand beside the thresholds.

    OMP_NUM_THREADS=1 python benchmarks/calibration/09-trois-phases.py > docs/calibration/09-trois-phases.md
"""

import functools
import importlib.util
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reference.alignment import dpo_loss, policy_loss, reward_loss
from reference.assistant import slopes, train_phase
from reference.finetuning import train_step
from reference.gpt import GPT
from reference.names import load_names

SEEDS = 10


@functools.cache
def checks(name: str) -> ModuleType:
    path = ROOT / "grading_tests" / "09-trois-phases" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(title: str, values: list[float], more: str = "") -> None:
    mean = sum(values) / len(values)
    print(f"| {title} | {len(values)} | {mean:.2f} | {min(values):.2f} … {max(values):.2f} |{more}", flush=True)


def tail(n: int, p: float, least: int) -> float:
    """P(X >= least) of a binomial law."""
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(least, n + 1))


def wrong_step(what: str) -> Callable[..., float]:
    def step(model: Any, optimizer: Any, x: torch.Tensor, y: torch.Tensor) -> float:
        targets = y.clamp(min=0) if what == "everything counts" else y
        loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), targets)
        if what != "gradients pile up":
            optimizer.zero_grad()
        (-loss if what == "uphill" else loss).backward()  # type: ignore[no-untyped-call]
        if what != "no step":
            optimizer.step()
        return loss.item()

    return step


def two_phases(step: Callable[..., float], seeds: int) -> tuple[list[float], list[float], list[float]]:
    """After the first phase the loss on new names and right answers of 200; after the second, right answers."""
    module, found = checks("test_train_step"), []
    for seed in range(seeds):
        first, second, (x, y), (asked, due) = module.phases(random.Random(seed))
        torch.manual_seed(seed)
        model = GPT(12, 12, 24, 1, 2)
        train_phase(model, first, step, 0.01)
        with torch.no_grad():
            before = module.loss_of(model(x), y), module.answered(model(asked), due)
        train_phase(model, second, step, 0.01)
        with torch.no_grad():
            found.append((*before, module.answered(model(asked), due)))
    losses, base, right = zip(*found, strict=True)
    return list(losses), list(base), list(right)


def slopes_of(loss: Callable[..., torch.Tensor]) -> Callable[..., list[torch.Tensor]]:
    def run(*given: Any) -> list[torch.Tensor]:
        plain = [g.detach() if isinstance(g, torch.Tensor) else g for g in given]
        found = slopes(loss, *plain)[1]
        assert found is not None
        return [slope.double() for slope in found]

    return run


def world() -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(checks("conftest"), name) for name in ("prompts", "answers", "letters", "speaker", "wins")})  # fmt: skip


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dpo_wins(loss: Callable[..., torch.Tensor]) -> list[float]:
    found = []
    for seed in range(SEEDS):
        policy = checks("test_dpo_loss").align(slopes_of(loss), world(), generator(seed), random.Random(seed))
        found.append(world().wins(policy, generator(100 + seed)))
    return found


def policy_figures(loss: Callable[..., torch.Tensor], beta: float) -> tuple[list[float], list[float]]:
    """Wins, and nats away from the start."""
    wins, gaps = [], []
    for seed in range(SEEDS):
        slope = slopes_of(loss)
        policy, gap = checks("test_policy_loss").align(lambda *g, s=slope: s(*g)[0], world(), generator(seed), beta)
        wins.append(world().wins(policy, generator(100 + seed)))
        gaps.append(gap)
    return wins, gaps


def train_step_table() -> None:
    module = checks("test_train_step")
    print(
        f"## train_step: two phases\n\nThresholds: loss at most {module.PRETRAINED}, right answers at least {module.RIGHT} of 200.\n"
    )
    print("| step | seeds | mean | min … max |\n|---|---|---|---|")
    losses, base, right = two_phases(train_step, SEEDS)
    row("reference: loss after the first phase", losses)
    row("reference: right answers before the second phase", base)
    row("reference: right answers after it", right)
    for what in ("gradients pile up", "everything counts", "no step"):
        losses, _, right = two_phases(wrong_step(what), 4)
        row(f"{what}: loss after the first phase", losses)
        row(f"{what}: right answers after the second", right)


def reward_table() -> None:
    module, names = checks("test_reward_loss"), load_names(ROOT / "data" / "names" / "prenoms.txt")
    print(f"\n## reward_loss: a reward model\n\nThreshold: at least {module.RIGHT} of 300 new pairs.\n")
    print("| loss | seeds | mean | min … max |\n|---|---|---|---|")
    for title, loss in (("reference", reward_loss), ("swapped", lambda c, r: reward_loss(r, c))):
        row(title, [module.train(slopes_of(loss), random.Random(seed), list(names)) for seed in range(SEEDS)])


def alignment_tables() -> None:
    least = checks("test_dpo_loss").WINS
    print(f"\n## dpo_loss: wins of 400 against the start\n\nThreshold: at least {least}.\n")
    print("| loss | seeds | mean | min … max |\n|---|---|---|---|")
    right = dpo_wins(dpo_loss)
    row("reference", right)
    row("swapped", dpo_wins(lambda pc, pr, rc, rr, b: dpo_loss(pr, pc, rr, rc, b)))
    row("untrained", [world().wins(world().speaker(), generator(100 + seed)) for seed in range(SEEDS)])
    print(
        f"\nA model that wins a half reaches the threshold with a probability of {tail(400, 0.5, least):.1e}; one that wins"
    )
    print(
        f"{min(right) / 400:.2f}, the reference's lowest share, misses it with one of {tail(400, 1 - min(right) / 400, 401 - least):.1e}."
    )
    module = checks("test_policy_loss")
    print(
        f"\n## policy_loss: wins of 400 against the start, and nats away from it\n\nThresholds: at least {module.WINS} with a fine of 0.1,"
    )
    print(f"and with a fine of 5 at most {module.FAR} nats.\n")
    print("| loss | seeds | mean | min … max |\n|---|---|---|---|")
    row("reference, 0.1: wins", policy_figures(policy_loss, 0.1)[0])
    row("reference, 5: nats", policy_figures(policy_loss, 5.0)[1])
    row("the sign reversed, 0.1: wins", policy_figures(lambda *g: -policy_loss(*g), 0.1)[0])
    row("no fine, 5: nats", policy_figures(lambda p, r, g, b: policy_loss(p, r, g, 0.0), 5.0)[1])
    row("the fine reversed, 5: nats", policy_figures(lambda p, r, g, b: policy_loss(p, r, g, -b), 5.0)[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("# 09-trois-phases: what the checks of an effect see\n")
    train_step_table()
    reward_table()
    alignment_tables()
