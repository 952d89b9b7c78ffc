"""Hidden checks of saturation_share: both ends of tanh, every shape, the limit that was given."""

import torch

from coursegrader.checks import check, expect
from reference.initialisation import saturation_share


def activations(draw, *shape):
    """Outputs of tanh: about a third saturated, more of them on the negative side."""
    return torch.tanh(3 * torch.randn(shape, generator=draw) - 0.7)


def wrong_values(h, limit):
    over = h.abs() > limit
    return {
        "saturation-one-sided": (h > limit).double().mean().item(),
        "saturation-counted": int(over.sum()),
        "saturation-mean-size": h.abs().double().mean().item(),
        "saturation-complement": (~over).double().mean().item(),
        "saturation-percent": 100 * over.double().mean().item(),
        "saturation-dead-neurons": over.all(dim=0).double().mean().item(),
    }


@check(
    points=0.5,
    message="Comptez à la main sur quelques valeurs, dont des négatives : quelle part dépasse 0,99 en valeur absolue ?",
    misconceptions=list(wrong_values(torch.zeros(1, 1), 0.5)),
)
def test_both_ends(student, draw):
    h = activations(draw, 40, 25)
    right = saturation_share(h)
    expect.close(student.saturation_share(h), right, what="la part", misconceptions=wrong_values(h, 0.99))


@check(
    points=0.5,
    message="Essayez un autre seuil, et un tableau à trois dimensions : la part porte sur toutes ses cases.",
    misconceptions=["saturation-limit-ignored", *wrong_values(torch.zeros(1, 1), 0.5)],
)
def test_limit_and_shape(student, draw):
    h = activations(draw, 7, 5, 6)
    wrong = {"saturation-limit-ignored": saturation_share(h), **wrong_values(h, 0.8)}
    expect.close(student.saturation_share(h, limit=0.8), saturation_share(h, 0.8), what="la part", misconceptions=wrong)
    expect.unchanged(student, what="saturation_share")
    expect.close(student.saturation_share(torch.tensor([-1.0, -1.0, 1.0])), 1.0, what="la part, tout étant saturé")
    at_limit = torch.tensor([0.5, -0.5, 0.75, 0.0])  # exact in floating point
    expect.close(student.saturation_share(at_limit, limit=0.5), 0.25, what="la part, deux valeurs étant au seuil")
