"""Hidden checks of ImageTower: its layers, its formula on weights given here, images one by one and together."""

import pytest
import torch

from coursegrader.checks import CheckFailed, check, expect

P, D, H = 12, 5, 7
SHAPES = {"hidden.weight": (H, P), "hidden.bias": (H,), "out.weight": (D, H), "out.bias": (D,)}


@pytest.fixture
def formula(two_layers):
    """(B, d) in double precision; `what` puts one thing wrong."""

    def of(x, weights, what=""):
        w = {name: value.double() for name, value in weights.items()}
        x = torch.nn.functional.normalize(x.double(), dim=1) if what.startswith("image-pixels") else x.double()
        return two_layers(x, w, "tower-not-unit" if what == "image-pixels-unit" else what)

    return of


WRONG = [
    "image-pixels-unit",
    "image-pixels-unit-too",
    "tower-not-unit",
    "tower-unit-over-batch",
    "tower-unit-whole",
    "tower-squared-length",
    "tower-sum-one",
    "tower-softmax",
    "tower-no-tanh",
    "tower-relu",
    "tower-tanh-last",
]


def drawn(draw):
    """Known weights for every layer."""
    return {name: 0.6 * torch.randn(shape, generator=draw) for name, shape in SHAPES.items()}


@pytest.fixture
def tower_of(student, with_weights):
    """tower_of(weights): a new tower of the student's with these weights."""
    return lambda weights: with_weights(student.ImageTower(P, d=D, h=H), SHAPES, weights)


@check(
    points=0.5,
    message="Comparez les noms et les formes de `state_dict()` avec la spécification : hidden et out, d'autres tailles que celles "
    "par défaut comprises. Le résultat doit rester dans le graphe des gradients.",
    misconceptions=["tower-layers", "tower-no-gradient"],
)
def test_layers(student, draw, tower_of):
    found = tower_of({})(torch.rand((3, P), generator=draw))
    expect.shape(found, (3, D), what="les vecteurs")
    if not getattr(found, "requires_grad", False):
        raise CheckFailed("Les vecteurs sont coupés du graphe.", misconception="tower-no-gradient")
    state = student.ImageTower().state_dict()
    expect.kind(state, dict, what="l'état de la tour")
    for name, shape in {"hidden.weight": (64, 64), "out.weight": (16, 64)}.items():
        expect.shape(state.get(name), shape, what=name)


@check(
    points=1,
    message="Refaites la formule pas à pas : hidden, tanh, out, puis diviser chaque ligne par sa longueur.",
    misconceptions=WRONG,
)
def test_formula(student, draw, tower_of, formula):
    for B in (4, 2):
        weights, x = drawn(draw), torch.rand((B, P), generator=draw)
        wrong = {name: formula(x, weights, name) for name in WRONG}
        found = tower_of(weights)(x)
        expect.unchanged(student, what="ImageTower")
        expect.close(found, formula(x, weights), what="les vecteurs", rtol=1e-3, atol=1e-4, misconceptions=wrong)


@check(
    points=0.5,
    message="Donnez une image seule, puis la même au milieu d'autres : elle doit avoir le même vecteur, et deux images différentes "
    "des vecteurs différents.",
)
def test_alone(student, draw, tower_of):
    """No formula here: whatever the tower computes, an image does not depend on its neighbours."""
    tower, x = tower_of(drawn(draw)), torch.rand((4, P), generator=draw)
    together = tower(x)
    expect.shape(together, (4, D), what="les vecteurs")
    expect.finite(together, what="les vecteurs")
    together = torch.as_tensor(together).detach().double()
    for i in range(4):
        alone = tower(x[i : i + 1])
        expect.shape(alone, (1, D), what="le vecteur d'une image seule")
        if (torch.as_tensor(alone).detach().double()[0] - together[i]).abs().max() > 1e-4:
            raise CheckFailed("Une image change le vecteur d'une autre.")  # the formula says by which length
    if (together[0] - together[1]).abs().max() < 1e-6:
        raise CheckFailed("Deux images différentes ont le même vecteur.")
