"""Hidden checks of make_batch: ids and targets of made-up names against tables made here, symbol by symbol."""

import pytest
import torch

from coursegrader.checks import check, expect

ALPHABET = {symbol: i for i, symbol in enumerate([".", "-", "a", "d", "e", "l", "r", "é"])}


def tables(names, block_size, what=""):
    """ids, targets (B, block_size) as lists; `what` puts one thing wrong."""
    ids, targets = [], []
    for name in names:
        letters = [ALPHABET[c] for c in name]
        text = {
            "batch-no-start": [*letters, 0],
            "batch-no-end": [0, *letters],
        }.get(what, [0, *letters, 0])
        x, y = text[:-1], text[1:]
        if what == "batch-not-shifted":
            y = list(x)
        if what == "batch-shifted-twice":
            y = [*y[1:], -100]
        if what == "batch-last-kept":
            x, y = x[-block_size:], y[-block_size:]
        x, y = x[:block_size], y[:block_size]
        empty = [0] * (block_size - len(x)), [0 if what == "batch-targets-zero" else -100] * (block_size - len(y))
        if what == "batch-left":
            x, y = empty[0] + x, empty[1] + y
        else:
            x, y = x + ([-100] * len(empty[0]) if what == "batch-ids-ignored" else empty[0]), y + empty[1]
        ids.append(x)
        targets.append(y)
    return torch.tensor(ids), torch.tensor(targets)


WRONG = [
    "batch-not-shifted",
    "batch-shifted-twice",
    "batch-targets-zero",
    "batch-ids-ignored",
    "batch-no-start",
    "batch-no-end",
    "batch-left",
    "batch-last-kept",
]


@pytest.fixture
def compare(student):
    def run(names, block_size):
        answer = student.make_batch(names, ALPHABET, block_size)
        expect.unchanged(student, what="make_batch")
        expect.kind(answer, (tuple, list), what="la réponse")
        assert len(answer) == 2
        right = tables(names, block_size)
        for i, what in enumerate(("ids", "targets")):
            expect.integers(answer[i], what=what)
            wrong = {name: tables(names, block_size, name)[i] for name in WRONG}
            wrong = {name: value for name, value in wrong.items() if not torch.equal(value, right[i])}
            expect.equal(answer[i], right[i], what=what, misconceptions=wrong)

    return run


def name_of(rng, n):
    return "".join(rng.choice("adelré-") for _ in range(n))


@check(
    points=1,
    message="Écrivez les deux lignes d'un prénom à la main : où est le premier point, quelle est la cible de chaque position, "
    "par quoi complète-t-on les entrées, et les cibles ?",
    misconceptions=WRONG,
)
def test_shift_and_padding(compare, rng):
    compare([name_of(rng, n) for n in (3, 1, 5, 7)], 10)


@check(
    points=1,
    message="Essayez un prénom qui remplit exactement la ligne, d'autres qui débordent, un prénom vide, un seul prénom, et une "
    "seule position.",
    misconceptions=WRONG,
)
def test_limits(compare, rng):
    compare([name_of(rng, n) for n in (4, 5, 6, 9, 2)], 5)
    compare([name_of(rng, 3), "", name_of(rng, 2)], 4)
    compare([name_of(rng, 3)], 4)
    compare([name_of(rng, 3), name_of(rng, 1)], 1)
