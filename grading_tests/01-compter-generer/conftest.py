"""Inputs that several checks of this assignment make in the same way."""

import random

import pytest
import torch

from reference.count_model import normalize_rows


@pytest.fixture
def scored(rng: random.Random) -> tuple[torch.Tensor, dict[str, int], str]:
    """P (V, V) without zeros, a numbering of its symbols that is not alphabetical, and the letters among them."""
    letters = "".join(rng.sample("abdeilnoré", 10))
    stoi = {symbol: i for i, symbol in enumerate("." + letters)}
    weights = torch.tensor([[rng.randint(1, 30) for _ in stoi] for _ in stoi])
    return normalize_rows(weights), stoi, letters
