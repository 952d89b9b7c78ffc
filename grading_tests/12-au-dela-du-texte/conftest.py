"""What the checks of the two towers share.

Every check of this assignment compares with a formula in double precision, on inputs drawn from the check's own seed; only the
batches of train_pair are random, and its file has their arithmetic. Inputs are drawn again until every wrong answer that a check
knows gives another result, so that neither a false alarm nor a miss comes from the draw.
"""

import random

import pytest
import torch

from coursegrader.checks import CheckFailed, expect


@pytest.fixture
def draw(rng: random.Random) -> torch.Generator:
    """Source of random inputs made here; its seed is the check's own."""
    return torch.Generator().manual_seed(rng.randrange(2**31))


@pytest.fixture
def two_layers():
    """two_layers(m, w, what=""): (B, d), from m (B, n) in double precision: hidden, tanh, out, rows of length 1; `what` puts one thing wrong."""

    def of(m, w, what=""):
        act = {"tower-no-tanh": lambda a: a, "tower-relu": torch.relu}.get(what, torch.tanh)
        y = act(m @ w["hidden.weight"].T + w["hidden.bias"]) @ w["out.weight"].T + w["out.bias"]
        return unit(torch.tanh(y) if what == "tower-tanh-last" else y, what)

    return of


def unit(y, what):
    length = {
        "tower-unit-over-batch": y.norm(dim=0, keepdim=True),
        "tower-unit-whole": y.norm(),
        "tower-squared-length": y.square().sum(1, keepdim=True),
        "tower-sum-one": y.abs().sum(1, keepdim=True),
    }
    if what == "tower-softmax":
        return y.softmax(1)
    return y if what == "tower-not-unit" else y / length.get(what, y.norm(dim=1, keepdim=True))


@pytest.fixture
def with_weights():
    """with_weights(tower, shapes, weights): the student's tower in evaluation mode, its layers looked at, with these weights."""

    def put(tower, shapes, weights):
        state = tower.state_dict()
        expect.kind(state, dict, what="l'état de la tour")
        for name, shape in shapes.items():
            if name not in state:
                raise CheckFailed(f"La tour n'a pas de « {name} ».", misconception="tower-layers")
            expect.shape(state[name], shape, what=name)
        tower.load_state_dict(weights, strict=False)
        tower.eval()
        return tower

    return put
