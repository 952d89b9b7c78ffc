"""Inputs that several checks of this assignment make in the same way, and the usual wrong windows."""

import random
from collections.abc import Callable

import pytest

Examples = tuple[list[list[int]], list[int]]


@pytest.fixture
def corpus(rng: random.Random) -> tuple[list[str], dict[str, int]]:
    """Forty names of one to seven letters out of five, so that contexts come back, and a numbering not alphabetical."""
    letters = rng.sample("aeilnoré-", 5)
    words = ["".join(rng.choices(letters, k=rng.randint(1, 7))) for _ in range(40)]
    return words, {symbol: i for i, symbol in enumerate([".", *letters])}


def cut(sequences: list[list[int]], k: int) -> Examples:
    """Every k neighbours, and what follows them, in each sequence."""
    spots = [(ids, t) for ids in sequences for t in range(len(ids) - k)]
    return [ids[t : t + k] for ids, t in spots], [ids[t + k] for ids, t in spots]


@pytest.fixture
def wrong_windows() -> Callable[[list[str], dict[str, int], int], dict[str, Examples]]:
    """X and Y of the usual mistakes, by misconception."""

    def make(words: list[str], stoi: dict[str, int], k: int) -> dict[str, Examples]:
        letters = [[stoi[symbol] for symbol in word] for word in words]
        X, Y = cut([[0] * k + ids + [0] for ids in letters], k)
        stream = [0] * k + [i for ids in letters for i in [*ids, 0]]
        right_padded = [[*ids[max(0, t - k) : t], *[0] * (k - t)] for ids in letters for t in range(len(ids) + 1)]
        return {
            "one-dot-only": cut([[0, *ids, 0] for ids in letters], k),
            "contexts-cross-names": cut([stream], k),
            "no-final-target": cut([[0] * k + ids for ids in letters], k),
            "no-padding": cut([[*ids, 0] for ids in letters], k),
            "window-reversed": ([context[::-1] for context in X], Y),
            "window-sees-target": ([[*context[1:], j] for context, j in zip(X, Y, strict=True)], Y),
            "target-lagged": (X, [context[-1] for context in X]),
            "padded-on-the-right": (right_padded, Y),
        }

    return make
