"""What the checks of the GPT share."""

import random

import pytest
import torch


@pytest.fixture
def draw(rng: random.Random) -> torch.Generator:
    """Source of random inputs made here; its seed is the check's own."""
    return torch.Generator().manual_seed(rng.randrange(2**31))
