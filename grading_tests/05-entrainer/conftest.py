"""Inputs that several checks of this assignment make in the same way."""

import random
from collections.abc import Callable

import pytest
import torch

from reference.mlp import init_mlp

Params = dict[str, torch.Tensor]
Examples = tuple[torch.Tensor, torch.Tensor]

SYMBOLS, CONTEXT = 7, 3


@pytest.fixture
def model(rng: random.Random) -> Params:
    """Small weights for 7 symbols and a context of 3, large enough for steps to show within a few of them."""
    generator = torch.Generator().manual_seed(rng.randrange(2**31))
    params = init_mlp(SYMBOLS, CONTEXT, embedding=4, hidden=12, generator=generator)
    params["W2"] *= 50
    return params


@pytest.fixture
def examples(rng: random.Random) -> Callable[[int], Examples]:
    """n made-up examples: X (n, 3), Y (n,); symbol 1 is as frequent as all others together."""

    def make(n: int) -> Examples:
        X = torch.tensor([[rng.randrange(SYMBOLS) for _ in range(CONTEXT)] for _ in range(n)])
        Y = torch.tensor([rng.choice([1, rng.randrange(SYMBOLS)]) for _ in range(n)])
        return X, Y

    return make
