"""What the checks of the three phases share: drawn inputs, slopes of a student's loss, and a world small enough to train in here.

The effect of a phase is judged on a model that is trained here or in the student's process for a second or two, and that
knows one thing only: prompts of one token, a letter, which a name of that letter answers. A loss of the student's
is asked for its slopes at every step, through the notebook's own `slopes`, and the model, the drawing of answers and
everything else is ours: no other answer of the student's takes part.
"""

import functools
import random
from types import SimpleNamespace

import pytest
import torch

from coursegrader.checks import CheckFailed
from reference.assistant import liking, sample_answers, train_phase
from reference.finetuning import collate, train_step
from reference.gpt import GPT

LETTERS = "aeiolmnrst"
BLOCK_SIZE = 12


@pytest.fixture
def draw(rng: random.Random) -> torch.Generator:
    """Source of random inputs made here; its seed is the check's own."""
    return torch.Generator().manual_seed(rng.randrange(2**31))


@pytest.fixture
def sloped(student):
    """Value and slopes of a student's loss; a loss without a graph has a name."""

    def run(loss, *values):
        value, found = student.slopes(student.ref(loss), *values)
        if found is None:
            raise CheckFailed("La perte est coupée du graphe des gradients.", misconception=f"{loss}-no-graph")
        return value, [torch.as_tensor(slope).double() for slope in found]

    return run


def tokens(name):
    """Letters as tokens from 1 on; 0 ends."""
    return [1 + LETTERS.index(letter) for letter in name]


def letters(ids):
    return "".join(LETTERS[i - 1] for i in ids if i)


@functools.cache
def speaker():
    """A small model that answers a letter with a name of that letter, of three to eight letters: the start of an alignment."""
    chance = random.Random(9)
    pairs = []
    for _ in range(2000):
        name = "".join(chance.choice(LETTERS) for _ in range(chance.randint(3, 8)))
        pairs.append((tokens(name[0]), [*tokens(name), 0]))
    torch.manual_seed(9)
    model = GPT(1 + len(LETTERS), BLOCK_SIZE, d=16, n_layers=1, n_heads=2)
    train_phase(model, [collate(chance.choices(pairs, k=32), 0) for _ in range(300)], train_step, 0.01)
    return model.eval()


def prompts(draw, n):
    """(n, 1)"""
    return torch.randint(1, 1 + len(LETTERS), (n, 1), generator=draw)


def answers(model, asked, draw):
    """What the model answers, and how it is liked."""
    rows = sample_answers(model, asked, draw)
    return rows, [liking(LETTERS[int(p) - 1], letters(row)) for p, row in zip(asked[:, 0], rows, strict=True)]


def wins(model, draw, n=400):
    """Of n answers, how many readers like better than one of the start's to the same prompt, and ties by half."""
    asked = prompts(draw, n)
    mine, theirs = answers(model, asked, draw)[1], answers(speaker(), asked, draw)[1]
    return sum((a > b) + 0.5 * (a == b) for a, b in zip(mine, theirs, strict=True))


@pytest.fixture
def world():
    """The functions above; a fixture, since a check cannot import this file by name."""
    return SimpleNamespace(
        prompts=prompts, answers=answers, letters=letters, speaker=speaker, wins=wins, BLOCK_SIZE=BLOCK_SIZE
    )
