"""Inputs that several checks of this assignment make in the same way.

Every check of this assignment compares with a formula on inputs drawn from the check's own seed; none is statistical. A
right answer differs from the formula by rounding only, at most a tenth of the tolerance in float32, so that there is
no false alarm to be expected for any seed. docs/calibration/03-un-neurone.md has the margins, and the share of seeds
for which each wrong answer fails.
"""

import random
from collections.abc import Callable

import pytest
import torch

Draw = Callable[..., torch.Tensor]


def draw_normal(rng: random.Random) -> Draw:
    """What the fixture `normal` gives."""
    return lambda *shape: torch.randn(shape, generator=torch.Generator().manual_seed(rng.getrandbits(48)))


def draw_integers(rng: random.Random) -> Draw:
    """What the fixture `integers` gives."""
    return lambda high, *shape: torch.randint(high, shape, generator=torch.Generator().manual_seed(rng.getrandbits(48)))


@pytest.fixture
def normal(rng: random.Random) -> Draw:
    """normal(2, 3): a (2, 3) float32 tensor of standard normal numbers."""
    return draw_normal(rng)


@pytest.fixture
def integers(rng: random.Random) -> Draw:
    """integers(4, 2, 3): a (2, 3) int64 tensor of numbers from 0 to 3."""
    return draw_integers(rng)


@pytest.fixture
def without_autograd(take_away):
    """without_autograd(attempt): the rest of the check runs without autograd; an answer that needs it is told so.

    Both names are what every way into autograd ends in: backward(), torch.autograd.grad however imported, torch.func.
    """
    return lambda attempt: take_away(
        ["torch.autograd._engine_run_backward", "torch.autograd.forward_ad.make_dual"],
        attempt,
        "Sans autograd, votre fonction ne calcule plus rien.",
        "by-autograd",
    )
