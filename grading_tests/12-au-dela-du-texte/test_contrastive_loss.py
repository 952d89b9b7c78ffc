"""Hidden checks of contrastive_loss: values against a loop in double precision here, large scores, the graph."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect


def cross(scores, targets):
    """The cross-entropy of every row, a list, by a loop."""
    rows = []
    for z, target in zip(scores.double().tolist(), targets.double().tolist(), strict=True):
        top = max(z)
        total = top + math.log(sum(math.exp(score - top) for score in z))
        rows.append(sum(p * (total - score) for p, score in zip(target, z, strict=True)))
    return rows


def mean(values):
    return sum(values) / len(values)


def values(scores, targets):
    """The right loss, and those of known mistakes."""
    B = len(scores)
    by_image, by_text = mean(cross(scores, targets)), mean(cross(scores.T, targets.T))
    right = (by_image + by_text) / 2
    eye = torch.eye(B, dtype=torch.float64)
    entropy = -(targets.double() * targets.double().clamp(min=1e-300).log()).sum(1).mean().item()
    log_all = scores.double().flatten().log_softmax(0).view(B, B)
    twice = [mean(cross(s.double().softmax(1), t)) for s, t in ((scores, targets), (scores.T, targets.T))]
    return right, {
        "contrastive-image-only": by_image,
        "contrastive-text-only": by_text,
        "contrastive-directions-summed": by_image + by_text,
        "contrastive-sum": right * B,
        "contrastive-mean-of-table": right / B,
        "contrastive-diagonal": (mean(cross(scores, eye)) + mean(cross(scores.T, eye))) / 2,
        "contrastive-softmax-of-table": -(targets.double() * log_all).sum().item() / B,
        "contrastive-softmax-twice": mean(twice),
        "contrastive-sign": -right,
        "contrastive-log2": right / math.log(2),
        "contrastive-minus-entropy": right - entropy,
        "contrastive-no-softmax": -(targets.double() * scores.double()).sum().item() / B,
    }


WRONG = list(values(torch.zeros(2, 2), torch.eye(2))[1])


def shared(labels):
    same = (labels[:, None] == labels[None, :]).float()
    return same / same.sum(1, keepdim=True)


def case(draw, labels):
    """Scores and targets of a lot; drawn until every known mistake gives another value."""
    targets = shared(torch.tensor(labels))
    while True:
        scores = 3 * torch.randn((len(labels), len(labels)), generator=draw)
        right, wrong = values(scores, targets)
        if all(abs(value - right) > 0.01 for value in wrong.values()):
            return scores, targets, right, wrong


@check(
    points=2,
    message="Calculez à la main les deux sens, sur un lot de deux paires dont le tableau n'est pas symétrique : une softmax par ligne, "
    "une softmax par colonne, et la moyenne des deux.",
    misconceptions=WRONG,
)
def test_value(student, draw):
    for labels in ([3, 1, 3, 0, 1, 3], [2, 2, 5, 0]):
        scores, targets, right, wrong = case(draw, labels)
        found = student.contrastive_loss(scores, targets)
        expect.unchanged(student, what="contrastive_loss")
        expect.shape(found, (), what="la perte")
        expect.close(found, right, what="la perte", rtol=1e-4, atol=1e-4, misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez des scores de plusieurs milliers, les plus petits aux bonnes places : la perte est grande, mais c'est un nombre.",
    misconceptions=["contrastive-overflow", "contrastive-softmax-twice"],
)
def test_large(student, draw):
    """In both directions the loss is about 2,000; a loss of one direction only, or a sum, is large too, and passes here."""
    targets = shared(torch.tensor([3, 1, 3, 0]))
    scores = torch.randn((4, 4), generator=draw) - 2000 * (targets > 0)
    twice = values(scores, targets)[1]["contrastive-softmax-twice"]
    found = student.contrastive_loss(scores, targets)
    expect.shape(found, (), what="la perte")
    if not 100 <= abs(float(found)) < math.inf:
        name = "contrastive-softmax-twice" if abs(float(found) - twice) < 1e-3 else "contrastive-overflow"
        raise CheckFailed("De grands scores donnent une perte fausse ou infinie.", misconception=name)


@check(
    points=0.5,
    message="Donnez des scores dont `requires_grad` est vrai : la perte doit rester dans le graphe, pour que les tours puissent "
    "apprendre.",
    misconceptions=["contrastive-no-gradient"],
)
def test_graph(student, draw):
    scores, targets, *_ = case(draw, [3, 1, 3, 0])
    found = student.contrastive_loss(scores.requires_grad_(), targets)
    expect.shape(found, (), what="la perte")
    if not getattr(found, "requires_grad", False):
        raise CheckFailed("La perte est coupée du graphe.", misconception="contrastive-no-gradient")
