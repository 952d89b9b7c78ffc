"""Elo against exact fractions, the fit against Newton's method and autograd, intervals against sorting, ranks against a loop."""

import math
import random
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference.elo import elo_update, expected_score, online_elo
from reference.leaderboard import (
    bootstrap_votes,
    confidence_intervals,
    fit_bradley_terry,
    rank_by_bound,
    win_counts,
)

LN10_400 = math.log(10) / 400
ratings = st.floats(500, 2000)
scores = st.sampled_from([0.0, 0.5, 1.0])


def simulated(n_models: int, n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """True ratings of mean 1000, and n votes drawn from them."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.linspace(-250, 250, n_models, dtype=torch.float64) + 1000
    A = torch.randint(n_models, (n,), generator=generator)
    B = (A + torch.randint(1, n_models, (n,), generator=generator)) % n_models
    p = torch.sigmoid((truth[A] - truth[B]) * LN10_400)
    return truth, A, B, (torch.rand(n, generator=generator, dtype=torch.float64) < p).double()


def log_likelihood(r: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    return (W * torch.nn.functional.logsigmoid((r[:, None] - r[None, :]) * LN10_400)).sum()


def newton(W: torch.Tensor) -> torch.Tensor:
    """The maximum by Newton's method with halved steps: nothing in common with the iteration of the reference."""
    r = torch.zeros(len(W), dtype=torch.float64)
    for _ in range(200):
        p = torch.sigmoid((r[:, None] - r[None, :]) * LN10_400)
        games = W + W.T
        gradient = (W - games * p).sum(1) * LN10_400
        weight = games * p * (1 - p) * LN10_400**2
        step = torch.linalg.pinv(torch.diag(weight.sum(1)) - weight) @ gradient
        size = 1.0
        while log_likelihood(r + size * step, W) < log_likelihood(r, W) - 1e-12 and size > 1e-6:
            size /= 2
        r = r + size * step
    return r - r.mean() + 1000


@given(ratings, ratings)
def test_expected_scores_of_both_add_up_to_one(ra: float, rb: float) -> None:
    assert expected_score(ra, rb) + expected_score(rb, ra) == pytest.approx(1, abs=1e-12)
    assert math.log10(expected_score(ra, rb) / expected_score(rb, ra)) == pytest.approx((ra - rb) / 400, abs=1e-9)


def test_four_hundred_points_are_ten_to_one() -> None:
    assert expected_score(1400, 1000) == pytest.approx(float(Fraction(10, 11)))
    assert expected_score(1000, 1800) == pytest.approx(float(Fraction(1, 101)))


@given(ratings, ratings, scores, st.floats(0.5, 64))
def test_an_update_moves_points_and_makes_none(ra: float, rb: float, s: float, K: float) -> None:
    first, second = elo_update(ra, rb, s, K)
    assert first + second == pytest.approx(ra + rb, abs=1e-9)
    assert first - ra == pytest.approx(K * (s - 1 / (1 + 10 ** ((rb - ra) / 400))), abs=1e-9)


def test_online_ratings_depend_on_the_order_and_keep_their_sum() -> None:
    _, A, B, S = simulated(6, 300, seed=1)
    forward, backward = online_elo(A, B, S, 6, K=16.0), online_elo(A.flip(0), B.flip(0), S.flip(0), 6, K=16.0)
    assert forward.sum().item() == pytest.approx(6000)
    assert (forward - backward).abs().max() > 5
    assert online_elo(A[:0], B[:0], S[:0], 3, start=1200.0).tolist() == [1200.0] * 3


def test_counts_against_a_loop() -> None:
    rng = random.Random(3)
    votes = [(*rng.sample(range(5), 2), rng.choice([0.0, 0.5, 1.0])) for _ in range(200)]
    expected = [[0.0] * 5 for _ in range(5)]
    for a, b, s in votes:
        expected[a][b] += s
        expected[b][a] += 1 - s
    A, B, S = (torch.tensor(column) for column in zip(*votes, strict=True))
    assert win_counts(A, B, S, 5).tolist() == expected


@pytest.mark.parametrize(("n_models", "n", "seed"), [(2, 50, 1), (5, 400, 2), (12, 3000, 3)])
def test_fit_is_newtons_maximum_and_does_not_depend_on_the_order(n_models: int, n: int, seed: int) -> None:
    _, A, B, S = simulated(n_models, n, seed)
    S[::7] = 0.5
    W = win_counts(A, B, S, n_models)
    fitted = fit_bradley_terry(W)
    assert torch.allclose(fitted, newton(W), rtol=0, atol=1e-3)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        fit_bradley_terry(win_counts(A[order], B[order], S[order], n_models)), fitted, rtol=0, atol=1e-6
    )
    r = fitted.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(log_likelihood(r, W), r)
    assert gradient.abs().max() < 1e-4


def test_fit_of_two_models_is_a_closed_formula() -> None:
    W = torch.tensor([[0.0, 30.0], [12.0, 0.0]])
    gap = 400 * math.log10(30 / 12)
    assert fit_bradley_terry(W, mean=0.0).tolist() == pytest.approx([gap / 2, -gap / 2], abs=1e-6)


def test_the_fit_finds_the_ratings_that_votes_were_drawn_from() -> None:
    """Within five standard errors of the largest one, from the information matrix."""
    truth, A, B, S = simulated(6, 20_000, seed=5)
    W = win_counts(A, B, S, 6)
    p = torch.sigmoid((truth[:, None] - truth[None, :]) * LN10_400)
    weight = (W + W.T) * p * (1 - p) * LN10_400**2
    errors = torch.linalg.pinv(torch.diag(weight.sum(1)) - weight).diagonal().sqrt()
    assert (fit_bradley_terry(W) - truth).abs().max() < 5 * errors.max()


def test_bootstrap_spread_is_the_standard_error() -> None:
    """150 rounds estimate a standard deviation within 6 % (one sigma): 25 % is four sigmas."""
    _, A, B, S = simulated(4, 2000, seed=6)
    drawn = bootstrap_votes(2000, 150, torch.Generator().manual_seed(1))
    samples = torch.stack([fit_bradley_terry(win_counts(A[row], B[row], S[row], 4)) for row in drawn])
    W = win_counts(A, B, S, 4)
    r = fit_bradley_terry(W)
    p = torch.sigmoid((r[:, None] - r[None, :]) * LN10_400)
    weight = (W + W.T) * p * (1 - p) * LN10_400**2
    errors = torch.linalg.pinv(torch.diag(weight.sum(1)) - weight).diagonal().sqrt()
    assert ((samples.std(0) / errors - 1).abs() < 0.25).all()


def test_intervals_against_sorting() -> None:
    samples = torch.rand(41, 3, generator=torch.Generator().manual_seed(2))
    lo, hi = confidence_intervals(samples, level=0.9)  # places 2 and 38 of 0 to 40
    ordered = samples.sort(dim=0).values.double()
    assert torch.allclose(lo, ordered[2]) and torch.allclose(hi, ordered[38])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), min_size=1, max_size=12))
def test_ranks_against_a_loop(bounds: list[tuple[int, int]]) -> None:
    lo = [float(middle - half) for middle, half in bounds]
    hi = [float(middle + half) for middle, half in bounds]
    expected = [1 + sum(lo[j] > hi[i] for j in range(len(lo))) for i in range(len(lo))]
    assert rank_by_bound(torch.tensor(lo), torch.tensor(hi)) == expected


def test_ranks_printed_on_the_arena() -> None:
    """Six rows of the table of May 2024, bounds rounded to points: rank, rating, plus, minus."""
    rows = [(1, 1259, 4, 3), (2, 1253, 2, 3), (2, 1251, 3, 3), (2, 1250, 3, 3), (2, 1247, 3, 2), (6, 1210, 3, 4)]
    lo = torch.tensor([float(rating - minus) for _, rating, _, minus in rows])
    hi = torch.tensor([float(rating + plus) for _, rating, plus, _ in rows])
    assert rank_by_bound(lo, hi) == [row[0] for row in rows]


def test_a_table_of_eighteen_models_from_simulated_votes_has_the_ranks_that_its_printed_bounds_give() -> None:
    """400,000 votes, as many as the Arena had: leaders together, gaps in the ranks; rounding to points moves a rank where two bounds nearly touch."""
    strengths = [
        1259,
        1253,
        1251,
        1250,
        1247,
        1210,
        1209,
        1205,
        1203,
        1192,
        1190,
        1188,
        1161,
        1157,
        1155,
        1148,
        1119,
        1104,
    ]
    truth = torch.tensor(strengths, dtype=torch.float64)
    n = len(truth)
    generator = torch.Generator().manual_seed(1)
    A = torch.randint(n, (400_000,), generator=generator)
    B = (A + torch.randint(1, n, A.shape, generator=generator)) % n
    S = (
        torch.rand(A.shape, generator=generator, dtype=torch.float64) < 1 / (1 + 10 ** ((truth[B] - truth[A]) / 400))
    ).double()
    r = fit_bradley_terry(win_counts(A, B, S, n))
    rows = (bootstrap_votes(len(A), 1, generator)[0] for _ in range(40))
    lo, hi = confidence_intervals(
        torch.stack([fit_bradley_terry(win_counts(A[row], B[row], S[row], n)) for row in rows])
    )
    ranks = torch.as_tensor(rank_by_bound(lo, hi))
    printed = torch.as_tensor(rank_by_bound(r.round() - (r - lo).round(), r.round() + (hi - r).round()))
    assert (ranks == printed).sum() >= n - 2
    assert ranks[0] == 1 and ranks[5] == 6 and set(ranks[:5].tolist()) <= {1, 2, 3}
    assert (ranks[1:] == ranks[:-1]).sum() >= 5 and int(ranks.max()) >= n - 1
