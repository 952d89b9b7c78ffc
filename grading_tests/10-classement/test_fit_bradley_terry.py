"""Hidden checks of fit_bradley_terry: the maximum of the likelihood, whatever the counts and the way there.

0.1 Elo is what the exercise promises; over 200 seeds no known mistake came nearer than 0.4 Elo to the maximum on the tables
of test_several_models (docs/calibration/10-classement.md).
"""

import math

import torch

from coursegrader.checks import check, expect
from coursegrader.checks.values import to_array
from reference.leaderboard import fit_bradley_terry, win_counts

WHY = "L'énoncé demande des cotes justes à 0,1 point près."


def elo(strength):
    """Strengths -> ratings of mean 1000."""
    r = strength.double().log() * (400 / math.log(10))
    return r - r.mean() + 1000


def known_mistakes(W):
    """What the usual wrong fits give."""
    W = W.double()
    games = W + W.T
    right = fit_bradley_terry(W)
    share = W.sum(1) / games.sum(1)
    n = len(W)
    once = W.sum(1) / (games / 2).sum(1)
    return {
        "natural-scale": (right - 1000) * math.log(10) / 400 + 1000,
        "base-e-for-ten": (right - 1000) / math.log(10) + 1000,
        "wins-transposed": 2000 - right,
        "share-of-wins": elo(share / (1 - share)),
        "fit-first-anchored": right - right[0] + 1000,
        "fit-with-prior": fit_bradley_terry(W + (1 - torch.eye(n, dtype=torch.float64)) / 2),
        "one-iteration": elo(once),
        "pairs-weigh-the-same": fit_bradley_terry(W / games.clamp(min=1)),
        "fit-of-zero-mean": right - 1000,
    }


WRONG = list(known_mistakes(torch.ones(3, 3) - torch.eye(3)))


def table(votes, n, games, ties=0.25):
    """Counts in which each model has won and lost."""
    while True:
        W = win_counts(*votes(n, games, ties), n)
        if W.sum(1).min() > 2 and W.sum(0).min() > 2:
            return W


def judge(student, W, wrong, mean=1000.0, what="les cotes"):
    answer = student.fit_bradley_terry(W, mean=mean) if mean != 1000.0 else student.fit_bradley_terry(W)
    right = fit_bradley_terry(W, mean)
    expect.shape(answer, (len(W),), what=what)
    shift = torch.from_numpy(to_array(answer, what).data - right.double().numpy())
    if shift.max() - shift.min() < 0.1 and abs(shift.mean()) > 0.2:
        wrong = {**wrong, "fit-other-mean": right + shift.mean()}
    expect.close(answer, right, what=what, rtol=0.0, atol=0.1, why=WHY, misconceptions=wrong)


@check(
    points=1,
    message="Essayez deux modèles : dix points contre un font 400 points d'écart, et la moyenne des cotes vaut 1000, ou "
    "`mean` si l'on en donne une autre.",
    misconceptions=[*WRONG, "fit-other-mean"],
)
def test_two_models(student, rng):
    for _ in range(3):
        W = torch.tensor([[0.0, rng.randint(30, 60)], [rng.randint(5, 25), 0.0]])
        answers = {k: v for k, v in known_mistakes(W).items() if k not in ("one-iteration", "pairs-weigh-the-same")}
        same = fit_bradley_terry(W)
        judge(student, W, {k: v for k, v in answers.items() if (v - same).abs().max() > 1})
    judge(student, W, {}, 1250.0, "les cotes de moyenne 1250")


@check(
    points=2,
    message="Regardez la log-vraisemblance autour de votre réponse : bouger une cote d'un point doit la faire baisser. "
    "Tous les modèles ne se sont pas rencontrés aussi souvent.",
    misconceptions=[*WRONG, "fit-other-mean"],
)
def test_several_models(student, votes, rng):
    for n, games in ((5, 400), (8, 900)):
        W = table(votes, n, games)
        a, b = rng.sample(range(n), 2)
        W[a, b] += 120.0  # one pair met far more often than the others
        W[b, a] += 60.0
        judge(student, W, known_mistakes(W))
    expect.unchanged(student, what="fit_bradley_terry")


@check(
    points=1,
    message="Essayez des modèles très inégaux, dont certains ne se sont jamais rencontrés : laissez-vous à votre calcul le "
    "temps de converger, et que devient une case où il n'y a eu aucun match ?",
    misconceptions=[*WRONG, "fit-other-mean", "fit-not-finite"],
)
def test_unequal_models(student, rng):
    n = 6
    W = torch.zeros(n, n)
    for i in range(n - 1):  # a chain: only neighbours have met
        W[i, i + 1], W[i + 1, i] = float(rng.randint(70, 95)), float(rng.randint(5, 12))
    judge(student, W, known_mistakes(W))
