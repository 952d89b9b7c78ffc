"""Inputs that several checks of this assignment make in the same way."""

import random

import pytest
import torch

from coursegrader.checks import CheckFailed, expect


@pytest.fixture
def draw(rng: random.Random) -> torch.Generator:
    """Source of random inputs made here; its seed is the check's own."""
    return torch.Generator().manual_seed(rng.randrange(2**31))


@pytest.fixture
def close8():
    """Equal to eight digits, as the specification of a hand-made gradient asks; float32 on the way is named as such."""

    def compare(value, right, what, misconceptions=None):
        try:
            expect.gradient(value, right, what=what, rtol=1e-8, atol=1e-10, misconceptions=misconceptions)
        except CheckFailed as failure:
            try:
                expect.close(value, right, what=what, rtol=1e-4, atol=1e-5)
            except CheckFailed:
                raise failure from None
            failure.misconception = failure.misconception or "float32-gradients"
            raise failure from None

    return compare


@pytest.fixture
def by_hand(student):
    """The student, with autograd switched off in the process: `backward()` and `torch.autograd.grad` raise."""
    student.ref("torch").set_grad_enabled(False)
    return student
