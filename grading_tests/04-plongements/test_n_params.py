"""Hidden check of n_params."""

import torch

from coursegrader.checks import check, expect
from reference.mlp import n_params


def known_mistakes(params):
    """What the usual wrong counts give."""
    tensors = list(params.values())
    return {
        "tensors-counted": len(tensors),
        "rows-counted": sum(len(tensor) for tensor in tensors if tensor.dim()),
        "sizes-added": sum(sum(tensor.shape) for tensor in tensors),
        "matrices-only": sum(tensor.numel() for tensor in tensors if tensor.dim() == 2),
        "always-14007": 14_007,
    }


@check(
    points=0.5,
    message="Comptez les nombres d'un modèle à trois couches de petites tailles, un tenseur après l'autre.",
    misconceptions=["tensors-counted", "rows-counted", "sizes-added", "matrices-only", "always-14007"],
)
def test_small_model(student, make_model):
    params = make_model(5, V=11, k=2, E=3, H=7).params
    expect.equal(
        student.n_params(params),
        n_params(params),
        what="le nombre de paramètres",
        misconceptions=known_mistakes(params),
    )


@check(
    points=0.5,
    message="Essayez un dictionnaire dont les clés ne sont pas celles du modèle, avec des tenseurs d'entiers ou de "
    "réels, et de zéro à trois dimensions.",
    misconceptions=["tensors-counted", "rows-counted", "sizes-added", "matrices-only", "always-14007"],
)
def test_any_dict(student):
    params = {"U": torch.zeros(4, 5, 6), "c": torch.ones(9), "D": torch.zeros(2, 8), "W1": torch.ones(3, 7)}
    params |= {"gain": torch.tensor(2.0), "ids": torch.arange(6)}
    expect.equal(
        student.n_params(params),
        n_params(params),
        what="le nombre de paramètres",
        misconceptions=known_mistakes(params),
    )
