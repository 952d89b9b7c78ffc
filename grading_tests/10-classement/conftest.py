"""What the checks of the leaderboard share: drawn votes between models of unequal strength."""

import pytest
import torch


def draw_votes(rng, n_models, n, ties=0.25):
    """n votes: A, B (n,) int64, never equal; S (n,) float32 of 1, 0.5 and 0. Strengths differ, so that nothing is symmetric."""
    strength = [rng.uniform(-300, 300) for _ in range(n_models)]
    A, B, S = [], [], []
    for _ in range(n):
        a, b = rng.sample(range(n_models), 2)
        won = rng.random() < 1 / (1 + 10 ** ((strength[b] - strength[a]) / 400))
        A.append(a)
        B.append(b)
        S.append(0.5 if rng.random() < ties else float(won))
    return torch.tensor(A), torch.tensor(B), torch.tensor(S)


@pytest.fixture
def votes(rng):
    """A function: (n_models, n, ties) -> A, B, S."""
    return lambda n_models, n, ties=0.25: draw_votes(rng, n_models, n, ties)
