"""Hidden checks of batch_norm_backward: the three paths to x, the two sums, a batch of one. Autograd is off in the student's process."""

import torch

from coursegrader.checks import CheckFailed, check, expect

RESULTS = ("dx", "dgamma", "dbeta")


def case(draw, B, C, eps):
    """dy, x, gamma in float64, and autograd's gradients of x, gamma, beta through the formula."""
    dy, x = (torch.randn(B, C, generator=draw, dtype=torch.float64) for _ in range(2))
    x = x * torch.linspace(0.3, 2.0, C, dtype=torch.float64) + 1
    gamma = torch.randn(C, generator=draw, dtype=torch.float64) * 2
    leaves = [x.clone().requires_grad_(), gamma.clone().requires_grad_(), torch.zeros_like(gamma).requires_grad_()]
    mean = leaves[0].mean(0)
    var = (leaves[0] - mean).square().mean(0)
    y = leaves[1] * (leaves[0] - mean) / torch.sqrt(var + eps) + leaves[2]
    return (dy, x, gamma), torch.autograd.grad(y, leaves, dy)


def answer(by_hand, arguments, **options):
    found = by_hand.batch_norm_backward(*arguments, **options)
    expect.kind(found, (tuple, list), what="la réponse")
    if len(found) != 3:
        raise CheckFailed("La fonction renvoie dx, dgamma et dbeta : trois tenseurs.", actual=str(len(found)))
    return found


@check(
    points=1,
    message="Regardez dx : par quels chemins une ligne de x agit-elle sur la sortie des autres lignes ? Vérifiez que les "
    "dx d'un canal s'annulent en somme.",
    misconceptions=[
        "bnb-direct-only", "bnb-no-variance-path", "bnb-no-mean-path", "bnb-no-gamma", "bnb-corrected-variance",
        "bnb-sums-in-dx", "bnb-variance-twice", "bnb-one-mean", "bnb-eps-outside", "float32-gradients",
    ],
)  # fmt: skip
def test_input(by_hand, draw, close8):
    arguments, right = case(draw, B=6, C=4, eps=1e-5)
    dy, x, gamma = arguments
    std = torch.sqrt(x.var(0, correction=0) + 1e-5)
    xhat, dxhat = (x - x.mean(0)) / std, dy * gamma
    corrected = torch.sqrt(x.var(0) + 1e-5)
    other = (x - x.mean(0)) / corrected
    outside = torch.sqrt(x.var(0, correction=0)) + 1e-5
    scaled = (x - x.mean(0)) / outside
    wrong = {
        "bnb-direct-only": dxhat / std,
        "bnb-no-variance-path": (dxhat - dxhat.mean(0)) / std,
        "bnb-no-mean-path": (dxhat - xhat * (dxhat * xhat).mean(0)) / std,
        "bnb-no-gamma": (dy - dy.mean(0) - xhat * (dy * xhat).mean(0)) / std,
        "bnb-corrected-variance": (dxhat - dxhat.mean(0) - other * (dxhat * other).mean(0)) / corrected,
        "bnb-sums-in-dx": (dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) / std,
        "bnb-variance-twice": (dxhat - dxhat.mean(0) - 2 * xhat * (dxhat * xhat).mean(0)) / std,
        "bnb-one-mean": (dxhat - dxhat.mean() - xhat * (dxhat * xhat).mean()) / std,
        "bnb-eps-outside": (dxhat - dxhat.mean(0) - scaled * (dxhat * scaled).mean(0)) / outside,
    }
    dx, _, _ = answer(by_hand, arguments)
    expect.unchanged(by_hand, what="batch_norm_backward")
    close8(dx, right[0], "dx", wrong)


@check(
    points=0.5,
    message="Regardez dgamma et dbeta, avec un `eps` qui se voit : chacun a servi à toutes les lignes du lot.",
    misconceptions=[
        "bnb-not-summed", "bnb-mean-for-sum", "bnb-gamma-of-x", "bnb-eps-ignored", "bnb-eps-outside", "float32-gradients",
    ],
)  # fmt: skip
def test_scale_and_shift(by_hand, draw, close8):
    arguments, right = case(draw, B=6, C=4, eps=0.3)
    dy, x, _ = arguments
    xhat = (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + 0.3)
    bare = (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + 1e-5)
    wrong = {
        "bnb-not-summed": dy * xhat,
        "bnb-mean-for-sum": right[1] / 6,
        "bnb-gamma-of-x": (dy * x).sum(0),
        "bnb-eps-ignored": (dy * bare).sum(0),
        "bnb-eps-outside": (dy * (x - x.mean(0)) / (torch.sqrt(x.var(0, correction=0)) + 0.3)).sum(0),
    }
    _, dgamma, dbeta = answer(by_hand, arguments, eps=0.3)
    close8(dgamma, right[1], "dgamma", wrong)
    close8(dbeta, right[2], "dbeta", {"bnb-not-summed": dy, "bnb-mean-for-sum": right[2] / 6})


@check(
    points=0.5,
    message="Essayez un lot d'un seul exemple, puis un seul canal : la variance y est divisée par B, jamais par B - 1.",
    misconceptions=["bnb-corrected-variance", "float32-gradients"],
)
def test_single_example(by_hand, draw, close8):
    for B, C in ((1, 3), (5, 1)):
        arguments, right = case(draw, B=B, C=C, eps=1e-3)
        wrong = {"bnb-corrected-variance": torch.full((B, C), torch.nan)} if B == 1 else {}
        for name, value, expected in zip(RESULTS, answer(by_hand, arguments, eps=1e-3), right, strict=True):
            close8(value, expected, name, wrong if name == "dx" else None)
