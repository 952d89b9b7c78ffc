"""Hidden checks of TextTower: its layers, its formula on weights given here, and what padding and the other rows may change."""

import pytest
import torch

from coursegrader.checks import CheckFailed, check, expect

N, D, E, H = 9, 5, 4, 6
SHAPES = {
    "C.weight": (N, E),
    "hidden.weight": (H, E),
    "hidden.bias": (H,),
    "out.weight": (D, H),
    "out.bias": (D,),
}


def drawn(draw):
    """Known weights for every layer, the row of the padding among them."""
    return {name: torch.randn(shape, generator=draw) for name, shape in SHAPES.items()}


def pooled(ids, C, what):
    """(B, e): the mean over the numbers that are not 0; `what` puts one thing wrong."""
    vectors, real = C[ids], (ids != 0).double().unsqueeze(-1)
    total, n = (vectors * real).sum(1), real.sum(1).clamp(min=1)
    return {
        "text-padding-counted": vectors.mean(1),
        "text-divided-by-width": total / ids.shape[1],
        "text-sum": total,
        "text-first-character": vectors[:, 0],
        "text-maximum": vectors.masked_fill(real == 0, -1e9).amax(1),
        "text-divided-by-batch": total / real.sum(),
    }.get(what, total / n)


@pytest.fixture
def formula(two_layers):
    """(B, d) in double precision; `what` puts one thing wrong."""

    def of(ids, weights, what=""):
        w = {name: value.double() for name, value in weights.items()}
        return two_layers(pooled(ids, w["C.weight"], what), w, what)

    return of


TOWER = [
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
WRONG = [
    "text-padding-counted",
    "text-divided-by-width",
    "text-sum",
    "text-first-character",
    "text-maximum",
    "text-divided-by-batch",
    *TOWER,
]


@pytest.fixture
def tower_of(student, with_weights):
    """tower_of(weights): a new tower of the student's with these weights."""
    return lambda weights: with_weights(student.TextTower(N, d=D, e=E, h=H), SHAPES, weights)


def vectors(tower, ids):
    found = tower(ids)
    expect.shape(found, (len(ids), D), what="les vecteurs")
    expect.finite(found, what="les vecteurs")
    return torch.as_tensor(found).detach().double()


def phrases(draw):
    """Numbers of phrases of 7, 3, 1 and 4 symbols, (4, 7): one fills its row, so that a last column left out is seen."""
    ids = torch.randint(1, N, (4, 7), generator=draw)
    for row, n in enumerate((7, 3, 1, 4)):
        ids[row, n:] = 0
    return ids


@check(
    points=0.5,
    message="Comparez les noms et les formes de `state_dict()` avec la spécification : C, hidden et out, d'autres tailles que celles "
    "par défaut comprises. Le résultat doit rester dans le graphe des gradients.",
    misconceptions=["tower-layers", "tower-no-gradient"],
)
def test_layers(student, draw, tower_of):
    tower = tower_of({})
    found = tower(phrases(draw))
    expect.shape(found, (4, D), what="les vecteurs")
    if not getattr(found, "requires_grad", False):
        raise CheckFailed("Les vecteurs sont coupés du graphe.", misconception="tower-no-gradient")
    state = student.TextTower(N).state_dict()
    expect.kind(state, dict, what="l'état de la tour")
    for name, shape in {"C.weight": (N, 16), "hidden.weight": (64, 16), "out.weight": (16, 64)}.items():
        expect.shape(state.get(name), shape, what=name)


@check(
    points=1.5,
    message="Refaites la formule pas à pas : la moyenne des plongements de la phrase, hidden, tanh, out, puis diviser chaque ligne "
    "par sa longueur.",
    misconceptions=WRONG,
)
def test_formula(student, draw, tower_of, formula):
    for _ in range(2):
        weights, ids = drawn(draw), phrases(draw)
        wrong = {name: formula(ids, weights, name) for name in WRONG}
        found = tower_of(weights)(ids)
        expect.unchanged(student, what="TextTower")
        expect.close(found, formula(ids, weights), what="les vecteurs", rtol=1e-3, atol=1e-4, misconceptions=wrong)


@check(
    points=1,
    message="Ajoutez des colonnes de zéros, puis changez la ligne 0 de `C` : rien ne doit bouger. Changez une lettre : son vecteur "
    "doit bouger, pas ceux des autres phrases. Essayez enfin une phrase vide.",
    misconceptions=["text-padding-counted", "text-character-lost", "text-mixes-batch", "text-empty"],
)
def test_padding(student, draw, tower_of):
    """No formula here: a tower of any non-linearity and any length of its vectors passes if padding does not count."""
    weights, ids = drawn(draw), phrases(draw)
    tower = tower_of(weights)
    before = vectors(tower, ids)
    longer = torch.cat([ids, torch.zeros((4, 3), dtype=torch.int64)], dim=1)
    other = tower_of({**weights, "C.weight": torch.cat([weights["C.weight"][:1] + 3, weights["C.weight"][1:]])})
    for moved in (vectors(tower, longer), vectors(other, ids)):
        if (moved - before).abs().max() > 1e-4:
            raise CheckFailed("Le remplissage change les vecteurs.", misconception="text-padding-counted")
    for place in range(7):
        changed = ids.clone()
        changed[0, place] = changed[0, place] % (N - 1) + 1
        change = (vectors(tower, changed) - before).abs().amax(dim=1)
        if change[0] < 1e-6:
            raise CheckFailed(f"Changer le caractère {place} ne change rien.", misconception="text-character-lost")
        if change[1:].max() > 1e-4:
            raise CheckFailed("Une phrase change le vecteur d'une autre.", misconception="text-mixes-batch")
    empty = torch.cat([ids[:1], torch.zeros((1, 7), dtype=torch.int64)])
    found = vectors(tower, empty)
    if (found[0] - before[0]).abs().max() > 1e-4:
        raise CheckFailed("Une phrase change le vecteur d'une autre.", misconception="text-mixes-batch")
    zero = tower_of({**weights, "C.weight": torch.zeros(N, E)})  # of embeddings that are 0 every mean is 0
    if (found[1] - vectors(zero, ids[:1])[0]).abs().max() > 1e-4:
        raise CheckFailed("Le vecteur d'une phrase vide n'est pas celui de m = 0.", misconception="text-empty")
