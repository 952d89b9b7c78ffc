"""Hidden checks of evaluate: the mean over all examples, whatever the slices; no graph."""

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.mlp import forward, mlp_loss
from reference.training import evaluate


def slice_means(model, X, Y, size):
    """The mean loss of each slice."""
    return [mlp_loss(model, X[i : i + size], Y[i : i + size]).item() for i in range(0, len(Y), size)]


@check(
    points=1,
    message="Comparez avec `mlp_loss` sur tous les exemples d'un coup : on doit trouver la même perte.",
    misconceptions=["sum-of-slices", "first-slice-only", "last-slice-only", "sum-of-examples", "last-slice-dropped"],
)
def test_mean(student, model, examples):
    X, Y = examples(24)
    means = slice_means(model, X, Y, 6)
    right = evaluate(model, X, Y)
    wrong = {
        "sum-of-slices": sum(means),
        "first-slice-only": means[0],
        "last-slice-only": means[-1],
        "sum-of-examples": 24 * right,
    }
    expect.close(student.evaluate(model, X, Y, 6), right, what="la perte", misconceptions=wrong)
    # 24 examples are less than a slice of 4096: without the short slice nothing is left.
    wrong = {"last-slice-dropped": 0.0}
    expect.close(student.evaluate(model, X, Y), right, what="la perte, sans batch_size", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un nombre d'exemples qui n'est pas un multiple de `batch_size` : chaque exemple doit peser autant "
    "qu'un autre.",
    misconceptions=["mean-of-slices", "last-slice-dropped"],
)
def test_last_slice(student, model, examples):
    X, Y = examples(23)
    Y[20:] = forward(model, X[20:]).argmin(dim=1)  # the short slice costs much more than the others
    means = slice_means(model, X, Y, 5)
    wrong = {"mean-of-slices": sum(means) / 5, "last-slice-dropped": sum(means[:-1]) / 4}
    expect.close(student.evaluate(model, X, Y, 5), evaluate(model, X, Y), what="la perte", misconceptions=wrong)
    expect.close(student.evaluate(model, X[:3], Y[:3], 5), evaluate(model, X[:3], Y[:3]), what="la perte de 3 exemples")


@check(
    points=0.5,
    message="Noter un modèle ne prépare aucun gradient : essayez avec des poids dont `requires_grad` est vrai, et "
    "regardez le type de ce que vous renvoyez. Les poids, eux, restent marqués.",
    misconceptions=["graph-kept"],
)
def test_no_graph(student, model, examples):
    X, Y = examples(12)
    loss = student.evaluate({name: weight.clone().requires_grad_() for name, weight in model.items()}, X, Y, 6)
    expect.unchanged(student, what="evaluate")
    expect.close(loss, evaluate(model, X, Y), what="la perte")
    if type(loss) is torch.Tensor and loss.requires_grad:
        raise CheckFailed("La perte renvoyée garde la trace des calculs.", misconception="graph-kept")
