"""The GPT of assignment 07 beside makemore's transformer of the same size, trained on the same names in one run.

    git clone https://github.com/karpathy/makemore ../makemore
    make bench-makemore MAKEMORE=../makemore
    python benchmarks/makemore.py --makemore ../makemore --seeds 3

makemore (A. Karpathy, MIT licence) is a file and no package, so that the program takes a checkout; nothing of it is copied here. Of it are
used the class `Transformer`, as it stands, and `CharDataset`, whose tables must equal those of `make_batch`. Both models see
the same split, the same batches, the same optimiser, and are evaluated by the same function on the same validation names; makemore's own
loss must agree. Two recipes: the notebook's (Adam from 0.01 down to 0 in 400 steps of 64 names) and makemore's own optimiser
(AdamW 5e-4, betas 0.9 and 0.99, decay 0.01, 32 names a step), 1,000 steps of it. Prints a table and one line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from reference.gpt import GPT, gpt_loss, make_batch
from reference.names import load_names
from reference.splits import split_names
from reference.vocabulary import build_vocabulary

BLOCK_SIZE = 20  # the longest name has 19 letters
IGNORED = -100


@dataclass(frozen=True)
class Recipe:
    """A size, an optimiser and how long to train."""

    name: str
    d: int
    layers: int
    heads: int
    steps: int
    batch: int
    own_optimiser: bool


RECIPES = [
    Recipe("the notebook's", 32, 2, 4, 400, 64, own_optimiser=False),
    Recipe("makemore's optimiser", 32, 2, 4, 1000, 32, own_optimiser=True),
]


@dataclass(frozen=True)
class Data:
    """Names as numbers: inputs and targets (n, BLOCK_SIZE) of the training and of the validation part."""

    symbols: list[str]
    train: tuple[torch.Tensor, torch.Tensor]
    val: tuple[torch.Tensor, torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--makemore", type=Path, help="a checkout of github.com/karpathy/makemore")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    makemore = load_makemore(options.makemore)
    torch.set_num_threads(1)
    data = read_names(makemore)
    print(f"{len(data.train[0]):,} names to train on, {len(data.val[0]):,} to validate, {len(data.symbols)} symbols\n")
    print("| recipe | model | parameters | validation NLL, mean [least, most] | CPU s |\n|---|---|---|---|---|")
    found = {}
    for recipe in RECIPES:
        makers: dict[str, Callable[[], torch.nn.Module]] = {
            "gpt": lambda recipe=recipe: GPT(len(data.symbols), BLOCK_SIZE, recipe.d, recipe.layers, recipe.heads),  # type: ignore[misc]
            "makemore": lambda recipe=recipe: transformer(makemore, len(data.symbols), recipe),  # type: ignore[misc]
        }
        found[recipe.name] = {name: measure(make, recipe, data, options.seeds) for name, make in makers.items()}
        for name, row in found[recipe.name].items():
            losses, seconds = row["val_nll"], row["cpu_seconds"]
            spread = f"{statistics.mean(losses):.3f} [{min(losses):.3f}, {max(losses):.3f}]"
            print(f"| {recipe.name} | {name} | {row['parameters']:,} | {spread} | {seconds:.1f} |", flush=True)
    means = {
        recipe: {name: statistics.mean(row["val_nll"]) for name, row in rows.items()} for recipe, rows in found.items()
    }
    differences = {recipe: round(rows["gpt"] - rows["makemore"], 4) for recipe, rows in means.items()}
    ratios = {
        recipe: round(rows["gpt"]["cpu_seconds"] / rows["makemore"]["cpu_seconds"], 3) for recipe, rows in found.items()
    }
    print(
        json.dumps({"seeds": options.seeds, "runs": found, "nll_gpt_minus_makemore": differences, "cpu_ratio": ratios})
    )


def load_makemore(checkout: Path | None) -> ModuleType:
    """makemore.py as a module; without a checkout, the program ends in a line that says what to clone.

    The file imports TensorBoard for its own training loop, which is not run here: where it is missing, an empty module stands in.
    """
    path = checkout / "makemore.py" if checkout else None
    if path is None or not path.is_file():
        place = f"{path} does not exist" if path else "no checkout given"
        raise SystemExit(
            f"makemore: {place}. It is not on PyPI; clone it and name the folder:\n"
            "    git clone https://github.com/karpathy/makemore ../makemore\n"
            "    python benchmarks/makemore.py --makemore ../makemore"
        )
    if importlib.util.find_spec("tensorboard") is None:
        stand_in = ModuleType("torch.utils.tensorboard")
        stand_in.SummaryWriter = None  # type: ignore[attr-defined]
        sys.modules["torch.utils.tensorboard"] = stand_in
    spec = importlib.util.spec_from_file_location("karpathy_makemore", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def read_names(makemore: ModuleType) -> Data:
    """The default list split 80/10/10 as in the course, in tables that makemore would make too."""
    names = load_names(ROOT / "data" / "names" / "prenoms.txt")
    itos, stoi = build_vocabulary(names)
    train, val, _ = split_names(names, seed=0)
    tables = make_batch(val, stoi, BLOCK_SIZE)
    theirs = makemore.CharDataset(val, itos[1:], BLOCK_SIZE - 1)
    for row, (x, y) in enumerate(zip(*tables, strict=True)):
        own_x, own_y = theirs[row]
        if not torch.equal(x, own_x) or not torch.equal(y, own_y.masked_fill(own_y == -1, IGNORED)):
            raise SystemExit(f"makemore's CharDataset writes {val[row]!r} in another way than make_batch")
    return Data(itos, make_batch(train, stoi, BLOCK_SIZE), tables)


def transformer(makemore: ModuleType, n_symbols: int, recipe: Recipe) -> torch.nn.Module:
    """makemore's Transformer of this size, without what it prints."""
    config = makemore.ModelConfig(
        block_size=BLOCK_SIZE, vocab_size=n_symbols, n_layer=recipe.layers, n_embd=recipe.d, n_head=recipe.heads
    )
    with contextlib.redirect_stdout(io.StringIO()):
        model: torch.nn.Module = makemore.Transformer(config)
    return model


def scores(model: torch.nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """Scores (B, T, V) of either model: makemore's gives a pair."""
    found = model(ids)
    return found[0] if isinstance(found, tuple) else found  # type: ignore[no-any-return]


def train(model: torch.nn.Module, recipe: Recipe, data: Data, seed: int) -> None:
    """The recipe's steps; the batches depend on the seed alone, so that both models see the same ones."""
    ids, targets = data.train
    generator = torch.Generator().manual_seed(seed)
    optimizer: torch.optim.Optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    if recipe.own_optimiser:
        optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)
    for step in range(recipe.steps):
        if not recipe.own_optimiser:
            optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / recipe.steps)
        rows = torch.randint(len(ids), (recipe.batch,), generator=generator)
        loss = gpt_loss(scores(model, ids[rows]), targets[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def measure(make: Callable[[], torch.nn.Module], recipe: Recipe, data: Data, seeds: int) -> dict[str, Any]:
    """Parameters, validation NLL of every seed, and processor seconds of one training."""
    losses, seconds = [], 0.0
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = make()
        started = time.process_time()
        model.train()
        train(model, recipe, data, seed)
        seconds += time.process_time() - started
        model.eval()
        ids, targets = data.val
        with torch.no_grad():
            found = model(ids)
            loss = float(gpt_loss(found[0] if isinstance(found, tuple) else found, targets))
            if isinstance(found, tuple):
                own = float(model(ids, targets.masked_fill(targets == IGNORED, -1))[1])
                if abs(own - loss) > 1e-4:
                    raise SystemExit(f"makemore's own loss is {own:.5f}, this program's {loss:.5f}")
        losses.append(round(loss, 4))
    parameters = sum(p.numel() for p in model.parameters())
    return {"parameters": parameters, "val_nll": losses, "cpu_seconds": round(seconds / seeds, 2)}


if __name__ == "__main__":
    main()
