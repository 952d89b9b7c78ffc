"""Hidden checks of masked_loss: the mean over what counts by loops in float64, and what must not change it."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect


def losses(logits, y, ignore=-100):
    """Losses of the positions that count, for each row, by a loop."""
    logs = logits.double().log_softmax(dim=-1)
    return [[-logs[b, t, k].item() for t, k in enumerate(row) if k != ignore] for b, row in enumerate(y.tolist())]


def values(logits, y):
    """The right loss, and those of known mistakes."""
    rows = losses(logits, y)
    each = [loss for row in rows for loss in row]
    mean = sum(each) / len(each)
    cross = torch.nn.functional.cross_entropy
    z = logits.double()
    return mean, {
        "masked-loss-everything": cross(z.transpose(1, 2), y.clamp(min=0)).item(),
        "masked-loss-all-positions": sum(each) / y.numel(),
        "masked-loss-sum": sum(each),
        "masked-loss-per-row": sum(each) / len(rows),
        "masked-loss-mean-of-means": sum(sum(row) / len(row) for row in rows) / len(rows),
        "masked-loss-softmax-twice": cross(z.softmax(-1).transpose(1, 2), y).item(),
        "masked-loss-shifted-again": cross(z[:, :-1].transpose(1, 2), y[:, 1:]).item(),
        "masked-loss-log2": mean / math.log(2),
        "masked-loss-sign": -mean,
    }


NAMES = list(values(torch.zeros(1, 2, 2), torch.zeros((1, 2), dtype=torch.int64))[1])


def case(draw, B=4, T=8, V=5):
    """Scores and targets: prompts and padding of other lengths in every row."""
    logits, y = 2 * torch.randn((B, T, V), generator=draw), torch.randint(V, (B, T), generator=draw)
    for b in range(B):
        y[b, : 1 + b % 3] = -100
        y[b, T - 1 - b % 2 :] = -100
    return logits, y


@check(
    points=1,
    message="Calculez la perte de chaque position à la main, sur deux ou trois lignes, et faites la moyenne de celles qui "
    "comptent : une par jeton de réponse. Essayez aussi un bon jeton très improbable.",
    misconceptions=[*NAMES, "masked-loss-clamped"],
)
def test_value(student, draw):
    for B, T, V in ((4, 8, 5), (3, 6, 9)):
        logits, y = case(draw, B, T, V)
        right, wrong = values(logits, y)
        found = student.masked_loss(logits, y)
        expect.unchanged(student, what="masked_loss")
        expect.shape(found, (), what="la perte")
        expect.close(found, right, what="la perte", misconceptions=wrong)
    logits, y = 2 * torch.randn((2, 3, 4), generator=draw), torch.full((2, 3), -100)
    y[1, 0] = 2
    expect.close(
        student.masked_loss(logits, y), losses(logits, y)[1][0], what="la perte quand une seule position compte"
    )
    logits, y = torch.zeros(2, 3, 4), torch.tensor([[-100, 1, 2], [3, 2, -100]])
    logits[..., 0] = 60.0  # exp(-60) is a float like another, also by exponentials; 1e-9 added to it is not
    try:
        expect.close(student.masked_loss(logits, y), 60.0, what="la perte quand les bons jetons sont très improbables")
    except CheckFailed as failure:
        failure.misconception = "masked-loss-clamped"
        raise


@check(
    points=1,
    message="Changez les scores des positions qui ne comptent pas, ajoutez du remplissage, prenez un autre ignore_index, puis un "
    "lot où rien ne compte. Et la perte doit rester dans le graphe.",
    misconceptions=[
        "masked-loss-everything", "masked-loss-all-positions", "masked-loss-fixed-ignore", "masked-loss-nothing",
        "masked-loss-negative",
        "masked_loss-no-graph",
    ],
)  # fmt: skip
def test_what_does_not_count(student, sloped, draw):
    """Compared with the student's own value: another scale of the loss is the first check's business."""
    logits, y = case(draw)
    before = student.masked_loss(logits, y)
    expect.finite(before, what="la perte")
    expect.shape(before, (), what="la perte")
    before = float(before)
    other = torch.where((y != -100).unsqueeze(-1), logits, 3 * torch.randn(logits.shape, generator=draw))
    if abs(float(student.masked_loss(other, y)) - before) > 1e-4:
        raise CheckFailed("Une position qui ne compte pas change la perte.", misconception="masked-loss-everything")
    longer = torch.cat([logits, torch.randn((4, 5, 5), generator=draw)], dim=1)
    more = torch.cat([y, torch.full((4, 5), -100)], dim=1)
    if abs(float(student.masked_loss(longer, more)) - before) > 1e-4:
        raise CheckFailed("Ajouter du remplissage change la perte.", misconception="masked-loss-all-positions")
    if abs(float(student.masked_loss(logits, torch.where(y == -100, -7, y), -7)) - before) > 1e-4:
        raise CheckFailed(
            "Avec ignore_index=-7, la perte n'est plus la même.", misconception="masked-loss-fixed-ignore"
        )
    zero = torch.where(y == -100, 0, y.clamp(min=1))  # 0 marks what does not count: no mark needs to be negative
    plain = float(student.masked_loss(logits, torch.where(zero == 0, -100, zero)))
    if abs(float(student.masked_loss(logits, zero, 0)) - plain) > 1e-4:
        raise CheckFailed("Avec ignore_index=0, la perte n'est plus la même.", misconception="masked-loss-negative")
    _, (slope,) = sloped("masked_loss", logits, y)
    if (slope[y == -100] != 0).any() or (slope[y != -100] == 0).all():
        raise CheckFailed(
            "La pente n'est pas nulle là où rien ne compte, ou elle l'est partout.",
            misconception="masked-loss-everything",
        )
    empty = torch.full_like(y, -100)
    if float(student.masked_loss(logits, empty)) != 0:
        raise CheckFailed("Un lot où rien ne compte n'a pas la perte 0.", misconception="masked-loss-nothing")
    _, found = student.slopes(
        student.ref("masked_loss"), logits, empty
    )  # a zero of its own has none, and harms nothing
    if found is not None and not torch.isfinite(torch.as_tensor(found[0])).all():
        raise CheckFailed(
            "Un lot où rien ne compte a la perte 0, mais sa pente n'est pas un nombre.",
            misconception="masked-loss-nothing",
        )
