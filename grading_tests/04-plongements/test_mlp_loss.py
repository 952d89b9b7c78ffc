"""Hidden checks of mlp_loss: the mean surprise, also where a probability is too small for the computer."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from coursegrader.checks import CheckFailed, StudentError, check, expect
from coursegrader.checks.values import to_array
from reference.mlp import forward


def known_mistakes(z, Y):
    """What the usual wrong losses give; z (B, V) float64."""
    B, V = z.shape
    right = cross_entropy(z, Y)
    return {
        "surprises-summed": right * B,
        "mean-over-all-scores": right / V,
        "softmax-twice": cross_entropy(z.softmax(dim=1), Y),
        "loss-sign-flipped": -right,
        "loss-not-averaged": cross_entropy(z, Y, reduction="none"),
        "softmax-over-examples": -z.softmax(dim=0)[torch.arange(B), Y].log().mean(),
        "probability-for-surprise": z.softmax(dim=1)[torch.arange(B), Y].mean(),
        "log2-in-loss": right / torch.tensor(2.0, dtype=torch.float64).log(),
        "score-for-log-probability": -z[torch.arange(B), Y].mean(),
    }


WRONG = list(known_mistakes(torch.zeros(2, 2), torch.zeros(2, dtype=torch.int64)))


@check(
    points=1,
    message="Calculez à la main la surprise de chaque exemple, puis la moyenne de ces surprises : un seul nombre.",
    misconceptions=WRONG,
)
def test_value(student, make_model, judged, own_scores):
    for seed, n in ((21, 6), (22, 1)):
        model = make_model(seed, n=n)
        z = forward(model.params, model.X).double()
        answer = student.mlp_loss(model.params, model.X, model.Y)
        wrong = known_mistakes(z, model.Y)
        if n == 1:  # where several of them are right
            wrong = {name: value for name, value in wrong.items() if name in ("softmax-twice", "loss-not-averaged")}

        def compare(expected, answer=answer, wrong=wrong):
            expect.close(answer, expected, what="la perte", misconceptions=wrong)

        def own(model=model, n=n):
            return cross_entropy(own_scores(student.forward(model.params, model.X), (n, 9)), model.Y)

        judged(compare, cross_entropy(z, model.Y), own)
    expect.unchanged(student, what="mlp_loss")


@check(
    points=0.5,
    message="Essayez des scores énormes, par exemple avec un biais b2 de plusieurs centaines, puis avec des poids W2 qui donnent "
    "à chaque exemple d'autres scores, grands ou petits : la perte reste un nombre fini.",
    misconceptions=["loss-overflow", "softmax-twice"],
)
def test_large_scores(student, make_model, judged, own_scores):
    model = make_model(23, n=6)
    b2 = torch.zeros(9)
    b2[int(model.Y[0])], b2[int(model.Y[0]) - 1] = -400.0, 500.0  # exp overflows, and so does its inverse
    large_biases = {**model.params, "b2": b2}
    large_weights = {**model.params, "W2": 300 * model.params["W2"]}  # each example with a largest score of its own
    for params in (large_biases, large_weights):
        judge_large_scores(student, params, model, judged, own_scores)


def judge_large_scores(student, params, model, judged, own_scores):
    z = forward(params, model.X).double()
    answer = student.mlp_loss(params, model.X, model.Y)
    if not np.isfinite(to_array(answer, "la perte").data).all():
        raise CheckFailed("La perte n'est pas un nombre fini.", misconception="loss-overflow")
    wrong = {"softmax-twice": cross_entropy(z.softmax(dim=1), model.Y)}

    def compare(expected):
        expect.close(answer, expected, what="la perte", misconceptions=wrong)

    def own():
        return cross_entropy(own_scores(student.forward(params, model.X), (6, 9)), model.Y)

    judged(compare, cross_entropy(z, model.Y), own)


@check(
    points=0.5,
    message="Passez des paramètres marqués par `requires_grad_()` : la perte doit garder le lien avec eux, pour que "
    "PyTorch puisse en calculer le gradient.",
    misconceptions=["gradient-cut"],
)
def test_gradient_passes(student, make_model, moves):
    model = make_model(24, n=3)
    marked = {part: tensor.requires_grad_() for part, tensor in model.params.items()}
    answer = student.mlp_loss(marked, model.X, model.Y)
    expect.finite(answer, what="la perte")
    if not getattr(answer, "requires_grad", False):
        raise CheckFailed("La perte a perdu le lien avec les paramètres.", misconception="gradient-cut")
    # A new tensor with a mark of its own looks the same from here: only gradients of the given parameters tell.
    if to_array(answer, "la perte").shape != ():
        return  # test_value says so
    cut = [part for part in model.params if not moves("mlp_loss", model.params, part, model.X, model.Y)]
    if len(cut) < len(model.params):  # a gradient may be zero for other reasons
        cut = [part for part in cut if not linked(student, "mlp_loss", model, part)]
        cut = [part for part in cut if linked(student, "forward", model, part)]  # else forward has paid for it
        if not cut:
            return
    raise CheckFailed(f"La perte a perdu le lien avec {', '.join(cut)}.", misconception="gradient-cut")


def linked(student, name, model, part):
    """Whether a function of the student's keeps the link with one part; one that stops has not cut it."""
    params = {other: tensor.detach().clone() for other, tensor in model.params.items()}
    params[part].requires_grad_()
    try:
        answer = getattr(student, name)(params, model.X, *([model.Y] if name == "mlp_loss" else []))
    except StudentError:
        return True
    return bool(getattr(answer, "requires_grad", False))
