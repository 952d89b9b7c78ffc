"""Hidden checks of confidence_intervals: quantiles of each model's own ratings, at any level."""

import numpy as np
import torch

from coursegrader.checks import check, expect
from coursegrader.checks.values import to_array
from reference.leaderboard import confidence_intervals


def known_mistakes(samples, level):
    """What the usual wrong intervals give, stacked (2, n)."""
    data = samples.double().numpy()
    mean, sd = data.mean(0), data.std(0, ddof=1)
    tail = (1 - level) / 2
    rounds = len(data)

    def quantiles(low, high):
        return np.quantile(data, [low, high], axis=0)

    return {
        "one-standard-error": np.stack([mean - sd, mean + sd]),
        "normal-interval": np.stack([mean - 1.96 * sd, mean + 1.96 * sd]),
        "error-of-the-mean": np.stack([mean - 1.96 * sd / rounds**0.5, mean + 1.96 * sd / rounds**0.5]),
        "whole-tail-each-side": quantiles(1 - level, level),
        "extremes-for-quantiles": np.stack([data.min(0), data.max(0)]),
        "bounds-swapped": quantiles(tail, 1 - tail)[::-1].copy(),
        "level-ignored": quantiles(0.025, 0.975),
        "half-widths": quantiles(tail, 1 - tail) - np.median(data, 0),
    }


WRONG = [*known_mistakes(torch.rand(5, 2), 0.9), "quantiles-not-interpolated"]


def skewed(rng, rounds, n):
    """Ratings whose law leans to one side, so that no symmetric interval fits."""
    return torch.tensor([[1000 + 40 * rng.expovariate(1 / (j + 1)) for j in range(n)] for _ in range(rounds)])


def picked(answer, data, right):
    """Whether every bound is one of the model's own ratings, next to the right bound: a quantile that is not interpolated."""
    bounds = to_array(answer, "(lo, hi)").data
    for found, due in zip(bounds, right.double().numpy(), strict=True):
        between = (data > np.minimum(found, due) + 1e-4) & (data < np.maximum(found, due) - 1e-4)
        if between.any() or np.abs(data - found).min(0).max() > 1e-4:
            return False
    return True


def judge(student, samples, level, *given):
    answer = student.confidence_intervals(samples, *given)
    expect.shape(answer, (2, samples.shape[1]), what="(lo, hi)")
    right = torch.stack(confidence_intervals(samples, level))
    wrong = known_mistakes(samples, level)
    if level == 0.95:
        del wrong["level-ignored"]
    if picked(answer, samples.double().numpy(), right):
        wrong["quantiles-not-interpolated"] = answer
    expect.close(answer, right, what="(lo, hi)", misconceptions=wrong)


@check(
    points=1,
    message="Triez les cotes d'un modèle : quelle part laisse-t-on en bas, et quelle part en haut ?",
    misconceptions=WRONG,
)
def test_default_level(student, rng):
    judge(student, skewed(rng, 101, 3), 0.95)
    judge(student, skewed(rng, 64, 4), 0.95)


@check(
    points=1,
    message="Essayez un autre niveau que 95 %, et un seul modèle : les bornes suivent-elles `level` ?",
    misconceptions=WRONG,
)
def test_other_levels(student, rng):
    judge(student, skewed(rng, 80, 5), 0.8, 0.8)
    judge(student, skewed(rng, 41, 1), 0.5, 0.5)
    expect.unchanged(student, what="confidence_intervals")
