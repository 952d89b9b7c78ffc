"""What the checks of the two towers share.

Every check of this assignment compares with a formula in double precision, on inputs drawn from the check's own seed; only the
batches of train_pair are random, and its file has their arithmetic. Inputs are drawn again until every wrong answer that a check
knows gives another result, so that neither a false alarm nor a miss comes from the draw.
"""

import random

import pytest
import torch


@pytest.fixture
def draw(rng: random.Random) -> torch.Generator:
    """Source of random inputs made here; its seed is the check's own."""
    return torch.Generator().manual_seed(rng.randrange(2**31))
