"""Hidden checks of reward_loss: the formula, its slopes, and a reward model trained here with them.

The model that is trained has one weight for each letter and one for the length; readers like short names, with the
noise of Bradley and Terry's model. Of 300 new pairs of different lengths it must prefer the shorter name at least 270 times:
benchmarks/calibration/09-trois-phases.py has the margins.
"""

import random

import torch

from coursegrader.checks import CheckFailed, check, expect

RIGHT = 270  # of 300 pairs


def values(chosen, rejected):
    """The right loss, and those of known mistakes."""
    log = torch.nn.functional.logsigmoid
    gap = chosen.double() - rejected.double()
    return -log(gap).mean(), {
        "reward-swapped": -log(-gap).mean(),
        "reward-sum": -log(gap).sum(),
        "reward-no-log": -gap.sigmoid().mean(),
        "reward-one-minus": (1 - gap.sigmoid()).mean(),
        "reward-no-sigmoid": -gap.mean(),
        "reward-mean-first": -log(gap.mean()),
        "reward-each-alone": -(log(chosen.double()) + log(-rejected.double())).mean(),
        "reward-sign": log(gap).mean(),
        "reward-hinge": (1 - gap).clamp(min=0).mean(),
        "reward-base-10": -log(gap).mean() / torch.log(torch.tensor(10.0)),
    }


NAMES = list(values(torch.zeros(2), torch.ones(2))[1])


@check(
    points=1,
    message="Calculez à la main la perte de deux paires : l'écart des notes, la sigmoïde, le logarithme, le signe, la moyenne.",
    misconceptions=NAMES,
)
def test_value(student, draw):
    for n in (6, 1):
        chosen, rejected = 2 * torch.randn((2, n), generator=draw) + 0.3
        right, wrong = values(chosen, rejected)
        found = student.reward_loss(chosen, rejected)
        expect.unchanged(student, what="reward_loss")
        expect.shape(found, (), what="la perte")
        wrong = {name: value for name, value in wrong.items() if not torch.isclose(value, right, atol=1e-3)}
        expect.close(found, right, what="la perte", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez des écarts de plusieurs milliers, dans les deux sens. Et la perte doit rester dans le graphe : sa pente fait "
    "monter la note de la préférée, et descendre l'autre.",
    misconceptions=["reward-overflow", "reward-clamped", "reward-swapped", "reward-one-side", "reward_loss-no-graph"],
)
def test_slopes(student, sloped, draw):
    chosen, rejected = 2 * torch.randn((2, 7), generator=draw)
    _, (up, down) = sloped("reward_loss", chosen, rejected)
    if (up == 0).all() or (down == 0).all():
        raise CheckFailed("La perte ne fait rien de l'une des deux notes.", misconception="reward-one-side")
    if (up >= 0).all() or (down <= 0).all():
        raise CheckFailed("La perte fait monter la note de la réponse écartée.", misconception="reward-swapped")
    far = torch.tensor([3000.0, -3000.0])
    value, found = sloped("reward_loss", far, -far)
    if not (abs(value) < 1e30 and all(torch.isfinite(slope).all() for slope in found)):
        raise CheckFailed("De grands écarts donnent une perte infinie.", misconception="reward-overflow")
    if found[0][1] == 0:  # a sigmoid kept away from 0, and log(sigmoid + 1e-12): finite, and wrong
        raise CheckFailed("Là où le juge se trompe de beaucoup, la pente est nulle.", misconception="reward-clamped")


def features(name):
    """(27,): how often each letter, and the length."""
    counts = [name.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    return torch.tensor([*counts, len(name)], dtype=torch.float64)


def readers(chance, names, n):
    """Pairs of names of other lengths as features (n, 27), the shorter first."""
    rows = []
    while len(rows) < n:
        a, b = sorted(chance.sample(names, 2), key=len)
        if len(a) < len(b):
            rows.append((features(a), features(b)))
    return (torch.stack(side) for side in zip(*rows, strict=True))


def train(slopes_of, chance, names, steps=60, rate=0.03):
    """A linear reward model out of 400 noisy votes; how many of 300 new pairs it gets right."""
    short, long = readers(chance, names, 400)
    odds = (short[:, -1] - long[:, -1]).exp()  # of the longer name
    flipped = torch.tensor([chance.random() for _ in range(400)]) < odds / (1 + odds)
    better = torch.where(flipped.unsqueeze(1), long, short)
    worse = torch.where(flipped.unsqueeze(1), short, long)
    # Not zeros: where notes are equal, relu(-d) + log1p(exp(-|d|)) has no slope.
    w = torch.full((27,), 1e-3, dtype=torch.float64)
    for _ in range(steps):
        up, down = slopes_of(better @ w, worse @ w)
        w -= rate * (better.T @ up + worse.T @ down)
    short, long = readers(chance, names, 300)
    return int((short @ w > long @ w).sum())


@check(
    points=0.5,
    message="Avec votre perte, un modèle de récompense doit apprendre ce que les lecteurs préfèrent : entraînez-en un, et comptez les "
    "paires qu'il juge comme eux.",
    misconceptions=["reward-learns-nothing"],
)
def test_learns(sloped, rng, names):
    right = train(lambda c, r: sloped("reward_loss", c, r)[1], random.Random(rng.randrange(2**31)), list(names))
    if right < RIGHT:
        raise CheckFailed(
            f"Le modèle de récompense juge comme les lecteurs {right} paires sur 300.",
            misconception="reward-learns-nothing",
        )
