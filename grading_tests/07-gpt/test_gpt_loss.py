"""Hidden checks of gpt_loss: values against a loop in double precision here, what padding may do, gradients."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect


def losses(logits, targets):
    """The loss of every counted position, a list for each row, by a loop."""
    logs = logits.double().log_softmax(dim=-1)
    return [[-logs[b, t, y].item() for t, y in enumerate(row) if y != -100] for b, row in enumerate(targets.tolist())]


def values(logits, targets):
    """The right loss, and those of known mistakes."""
    rows = losses(logits, targets)
    each = [loss for row in rows for loss in row]
    mean = sum(each) / len(each)
    cross = torch.nn.functional.cross_entropy
    z = logits.double()
    again = torch.nn.functional.cross_entropy(z.softmax(-1).transpose(1, 2), targets)
    return mean, {
        "loss-padding-counted": cross(z.transpose(1, 2), targets.clamp(min=0)).item(),
        "loss-all-positions": sum(each) / targets.numel(),
        "loss-sum": sum(each),
        "loss-per-name": sum(each) / len(rows),
        "loss-mean-of-means": sum(sum(row) / len(row) for row in rows) / len(rows),
        "loss-softmax-twice": again.item(),
        "loss-shifted-again": cross(z[:, :-1].transpose(1, 2), targets[:, 1:]).item(),
        "loss-last-left-out": cross(z[:, :-1].transpose(1, 2), targets[:, :-1]).item(),
        "loss-log2": mean / math.log(2),
        "loss-sign": -mean,
    }


NAMES = list(values(torch.zeros(1, 2, 2), torch.zeros((1, 2), dtype=torch.int64))[1])


def case(draw, B=4, T=7, V=5):
    """Scores and targets of names of 2, 3, ... symbols, the first target of the padding apart."""
    logits, targets = 2 * torch.randn((B, T, V), generator=draw), torch.randint(1, V, (B, T), generator=draw)
    for b in range(B):
        targets[b, 2 + b :] = -100
    return logits, targets


@check(
    points=1,
    message="Calculez la perte de chaque position à la main, sur un lot de deux ou trois lignes de longueurs différentes, et "
    "faites la moyenne de celles qui comptent.",
    misconceptions=NAMES,
)
def test_value(student, draw):
    for B, T, V in ((4, 7, 5), (4, 5, 9)):  # in the second, a name fills its row: the last position counts, too
        logits, targets = case(draw, B, T, V)
        right, wrong = values(logits, targets)
        found = student.gpt_loss(logits, targets)
        expect.unchanged(student, what="gpt_loss")
        expect.shape(found, (), what="la perte")
        expect.close(found, right, what="la perte", misconceptions=wrong)


@check(
    points=1,
    message="Changez les scores des positions dont la cible est -100, et ajoutez-en : la perte ne bouge pas, et leur gradient est "
    "nul. Ailleurs, il ne l'est pas. Et essayez de grands scores.",
    misconceptions=["loss-padding-counted", "loss-all-positions", "loss-no-gradient", "loss-overflow"],
)
def test_padding(student, draw):
    """Compared with the student's own value: another scale of the loss is the first check's business."""
    logits, targets = case(draw)
    counted = targets != -100
    before = student.gpt_loss(logits, targets)
    expect.shape(before, (), what="la perte")
    expect.finite(before, what="la perte")
    before = float(before)
    other = torch.where(counted.unsqueeze(-1), logits, 3 * torch.randn(logits.shape, generator=draw))
    if abs(float(student.gpt_loss(other, targets)) - before) > 1e-4:
        raise CheckFailed("Le remplissage change la perte.", misconception="loss-padding-counted")
    longer = torch.cat([logits, torch.randn(4, 3, 5, generator=draw)], dim=1)
    more = torch.cat([targets, torch.full((4, 3), -100)], dim=1)
    if abs(float(student.gpt_loss(longer, more)) - before) > 1e-4:
        raise CheckFailed("Ajouter du remplissage change la perte.", misconception="loss-all-positions")
    if not getattr(student.gpt_loss(logits.clone().requires_grad_(), targets), "requires_grad", False):
        raise CheckFailed("La perte est coupée du graphe.", misconception="loss-no-gradient")
    large = torch.zeros(1, 2, 3)
    large[0, :, 0] = 1000.0
    found = student.gpt_loss(large, torch.tensor([[0, -100]]))
    if not math.isfinite(float(found)):
        raise CheckFailed("De grands scores donnent une perte infinie.", misconception="loss-overflow")
