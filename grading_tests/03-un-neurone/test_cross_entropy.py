"""Hidden checks of cross_entropy: one example, a batch, probabilities too small to be written."""

import math

import torch

from coursegrader.checks import check, expect
from reference.neuron import cross_entropy

NAMED = ["ce-no-softmax", "ce-softmax-twice", "ce-sign", "ce-log2", "ce-log10", "ce-probability", "ce-all-classes"]


def known_mistakes(z, y):
    """What the usual wrong formulas give, whatever the size of the batch."""
    p, rows = z.softmax(dim=1), torch.arange(len(y))
    right = cross_entropy(z, y)
    return {
        "ce-no-softmax": -z[rows, y].mean(),
        "ce-softmax-twice": cross_entropy(p, y),
        "ce-sign": -right,
        "ce-log2": right / math.log(2),
        "ce-log10": right / math.log(10),
        "ce-probability": (1 - p[rows, y]).mean(),
        "ce-all-classes": -p.log().sum(dim=1).mean(),
    }


@check(
    points=1,
    message="Refaites le calcul à la main pour un seul exemple : quelle probabilité le softmax donne-t-il à la bonne "
    "réponse, et quelle est la surprise ?",
    misconceptions=NAMED,
)
def test_one_example(student, normal, integers):
    for _ in range(3):
        z, y = normal(1, 5) * 2, integers(5, 1)
        wrong = known_mistakes(z.double(), y)
        loss = student.cross_entropy(z, y)
        expect.close(loss, cross_entropy(z.double(), y), what="L", misconceptions=wrong)


@check(
    points=1,
    message="Essayez plusieurs exemples : la fonction renvoie un seul nombre, la moyenne de leurs surprises, et chaque "
    "ligne a son propre softmax.",
    misconceptions=[*NAMED, "ce-sum", "ce-not-averaged", "ce-divided-by-all", "ce-columns"],
)
def test_batch(student, normal, integers):
    z, y = normal(6, 8) * 2, integers(6, 6)
    right, rows = cross_entropy(z.double(), y), torch.arange(6)
    wrong = {
        "ce-sum": right * 6,
        "ce-not-averaged": -z.double().log_softmax(dim=1)[rows, y],
        "ce-divided-by-all": right / 8,
        "ce-columns": -z.double().log_softmax(dim=0)[rows, y].mean(),
        **known_mistakes(z.double(), y),
    }
    loss = student.cross_entropy(z, y)
    expect.unchanged(student, what="cross_entropy")
    expect.close(loss, right, what="L", misconceptions=wrong)


@check(
    points=1,
    message="Essayez des scores de plusieurs centaines, la bonne réponse ayant le plus petit : sa probabilité est arrondie "
    "à zéro, mais L reste fini et juste. Puis des lignes dont les scores sont d'ordres très différents : chacune a son "
    "propre maximum.",
    misconceptions=["ce-log-of-zero", "ce-epsilon", "ce-overflow", "ce-global-maximum"],
)
def test_huge_scores(student, rng):
    gap = rng.choice([800.0, 1200.0, 2500.0])
    z = torch.tensor([[-gap, 0.0, 0.0]])  # no exponential overflows, one becomes zero
    wrong = {"ce-log-of-zero": math.inf}
    loss = student.cross_entropy(z, torch.tensor([0]))
    expect.shape(loss, (), what="L")
    if 2 < float(loss) < 200:  # -log of what was added or kept: 1e-45, the least of float32, makes 103
        wrong["ce-epsilon"] = float(loss)
    expect.close(loss, gap + math.log(2), what="L", misconceptions=wrong)
    z, y = torch.tensor([[gap, 0.0], [gap, gap]]), torch.tensor([1, 0])
    wrong = {"ce-overflow": math.inf}
    right = (gap + math.log(2)) / 2
    expect.close(student.cross_entropy(z, y), right, what="L", misconceptions=wrong)
    z, y = torch.tensor([[gap, gap], [0.0, 0.0], [-gap, -gap]]), torch.tensor([1, 0, 1])
    expect.close(student.cross_entropy(z, y), math.log(2), what="L", misconceptions={"ce-global-maximum": -math.inf})
