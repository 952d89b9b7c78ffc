"""Hidden checks of causal_attention: the formula on drawn inputs in double precision here, what may influence what, sizes."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect


def attention(q, k, v, what=""):
    """(..., T, d) by the formula in float64; `what` puts one thing wrong."""
    q, k, v = q.double(), k.double(), v.double()
    T, d = q.shape[-2:]
    scale = {"attention-no-scale": 1.0, "attention-scale-d": d, "attention-scale-T": math.sqrt(T)}
    scores = q @ k.transpose(-2, -1) / scale.get(what, math.sqrt(d))
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    if what == "attention-keys-ask":
        scores = scores.transpose(-2, -1)
    if what == "attention-mask-reversed":
        future = future.T
    if what == "attention-mask-zero":
        return scores.masked_fill(future, 0).softmax(-1) @ v
    if what == "attention-mask-after":
        return scores.softmax(-1).masked_fill(future, 0) @ v
    if what == "attention-no-mask":
        return scores.softmax(-1) @ v
    if what == "attention-wrong-axis":
        return scores.masked_fill(future, -math.inf).softmax(-2) @ v
    return scores.masked_fill(future, -math.inf).softmax(-1) @ v


WRONG = [
    "attention-no-mask",
    "attention-mask-after",
    "attention-mask-zero",
    "attention-mask-reversed",
    "attention-wrong-axis",
    "attention-no-scale",
    "attention-scale-d",
    "attention-scale-T",
    "attention-keys-ask",
]


def inputs(draw, *shape):
    return tuple(1.5 * torch.randn(shape, generator=draw) for _ in range(3))


@check(
    points=1,
    message="Refaites la formule à la main pour deux ou trois positions : le produit de la requête et de la clé, la racine de "
    "d, la softmax de chaque ligne, la moyenne des valeurs.",
    misconceptions=WRONG,
)
def test_formula(student, draw):
    q, k, v = inputs(draw, 2, 6, 5)
    wrong = {name: attention(q, k, v, name) for name in WRONG}
    found = student.causal_attention(q, k, v)
    expect.unchanged(student, what="causal_attention")
    expect.close(found, attention(q, k, v), what="la réponse", misconceptions=wrong)


@check(
    points=1,
    message="Changez l'avenir : le passé ne doit pas bouger. Changez le passé : l'avenir doit bouger. Et donnez des valeurs "
    "toutes égales à 1 : leur moyenne vaut 1.",
    misconceptions=["attention-no-mask", "attention-weights-sum", "attention-blind"],
)
def test_past_and_future(student, draw):
    """No formula here, so that a wrong scale costs only its own points."""
    q, k, v = inputs(draw, 1, 5, 3)

    def answer(*given):
        found = student.causal_attention(*given)
        expect.shape(found, (1, 5, 3), what="la réponse")
        expect.finite(found, what="la réponse")
        return torch.as_tensor(found).detach().double()[0]

    before = answer(q, k, v)
    for t in range(5):
        later = [x.clone() for x in (q, k, v)]
        for x in later:
            x[0, t] += torch.randn(3, generator=draw)
        change = (answer(*later) - before).abs().amax(dim=1)
        if (change[:t] > 1e-5).any():
            raise CheckFailed(
                f"Changer la position {t} change une position d'avant.", misconception="attention-no-mask"
            )
        if (change[t:] < 1e-7).any():
            raise CheckFailed(
                f"Changer la position {t} ne change pas toutes celles qui suivent.", misconception="attention-blind"
            )
    try:
        expect.close(
            answer(q, k, torch.ones(1, 5, 3)), torch.ones(5, 3), what="la moyenne de valeurs toutes égales à 1"
        )
    except CheckFailed as failure:
        failure.misconception = "attention-weights-sum"
        raise


@check(
    points=1,
    message="Essayez une seule position, une seule tête, quatre dimensions, et des scores de plusieurs milliers.",
    misconceptions=["attention-overflow", *WRONG],
)
def test_sizes(student, draw):
    for shape in ((2, 3, 4, 2), (1, 1, 3), (3, 7, 1)):
        q, k, v = inputs(draw, *shape)
        wrong = {name: attention(q, k, v, name) for name in WRONG} if shape[-2] > 1 and shape[-1] > 1 else {}
        expect.close(student.causal_attention(q, k, v), attention(q, k, v), what="la réponse", misconceptions=wrong)
    q, k, v = inputs(draw, 1, 4, 3)
    found = student.causal_attention(100 * q, 100 * k, v)
    if not torch.isfinite(torch.as_tensor(found)).all():
        raise CheckFailed(
            "De grands scores donnent des nombres qui n'en sont plus.", misconception="attention-overflow"
        )
    expect.close(found, attention(100 * q, 100 * k, v), what="la réponse, de grands scores", rtol=1e-3, atol=1e-3)
