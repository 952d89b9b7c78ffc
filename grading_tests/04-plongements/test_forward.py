"""Hidden checks of forward: its form, its last layer alone, all of it. The layers are written out again here."""

import torch

from coursegrader.checks import CheckFailed, check, expect


def tail(params, x):
    """Scores (B, V) of contexts whose vectors are already end to end, x (B, kE); float64."""
    p = {part: tensor.double() for part, tensor in params.items()}
    return torch.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]


def scores(params, X):
    return tail(params, params["C"][X].flatten(start_dim=1).double())


def known_mistakes(params, X):
    """What the usual wrong models give."""
    p = {part: tensor.double() for part, tensor in params.items()}
    vectors = p["C"][X]  # (B, k, E)
    B, k, E = vectors.shape
    x = vectors.flatten(start_dim=1)
    before = x @ p["W1"] + p["b1"]
    right = scores(params, X)
    return {
        "no-tanh": before @ p["W2"] + p["b2"],
        "relu-for-tanh": before.relu() @ p["W2"] + p["b2"],
        "sigmoid-for-tanh": before.sigmoid() @ p["W2"] + p["b2"],
        "tanh-on-scores": right.tanh(),
        "tanh-before-bias": (torch.tanh(x @ p["W1"]) + p["b1"]) @ p["W2"] + p["b2"],
        "hidden-bias-forgotten": torch.tanh(x @ p["W1"]) @ p["W2"] + p["b2"],
        "output-bias-forgotten": right - p["b2"],
        "probabilities-not-scores": right.softmax(dim=1),
        "log-probabilities": right.log_softmax(dim=1),
        "numbers-interleaved": tail(params, vectors.transpose(1, 2).flatten(start_dim=1)),
        "examples-mixed": tail(params, vectors.reshape(k * E, B).T),
        "context-reversed": tail(params, vectors.flip(1).flatten(start_dim=1)),
        "hidden-layer-returned": before.tanh(),
    }


WRONG = [
    "no-tanh", "relu-for-tanh", "sigmoid-for-tanh", "tanh-on-scores", "tanh-before-bias", "hidden-bias-forgotten",
    "output-bias-forgotten", "probabilities-not-scores", "log-probabilities", "numbers-interleaved", "examples-mixed",
    "context-reversed", "hidden-layer-returned",
]  # fmt: skip


@check(
    points=0.5,
    message="Regardez la forme du résultat, pour un seul contexte et pour d'autres tailles que celles du cours ; la "
    "fonction trouve les tenseurs de `params` par leurs noms, n'y change rien, et garde le lien avec C, pour que les plongements puissent apprendre.",
    misconceptions=["gradient-cut"],
)
def test_form(student, make_model, moves):
    for sizes in ({"n": 1}, {"V": 12, "k": 2, "E": 3, "H": 5, "n": 8}, {"V": 5, "k": 5, "E": 2, "H": 9, "n": 2}):
        model = make_model(11, **sizes)
        backwards = dict(reversed(model.params.items()))  # tensors are found by their names, not by their places
        answer = student.forward(backwards, model.X)
        expect.unchanged(student, what="forward")
        expect.shape(answer, (len(model.X), len(model.params["b2"])), what="z")
        expect.floating(answer, what="z")
        expect.finite(answer, what="z")
    marked = {**model.params, "C": model.params["C"].requires_grad_()}
    if not getattr(student.forward(marked, model.X), "requires_grad", False):
        raise CheckFailed("Les scores ont perdu le lien avec C.", misconception="gradient-cut")
    # A new tensor with a mark of its own looks the same from here. Where embed has cut the link, embed has paid for it.
    if not moves("forward", model.params, "C", model.X) and moves("embed", model.params, "C", model.X):
        raise CheckFailed("Les scores ont perdu le lien avec C.", misconception="gradient-cut")


@check(
    points=1,
    message="Essayez des poids W1 nuls : la couche cachée ne dépend plus alors que de son biais, et les scores sont les "
    "mêmes pour tous les contextes. Les avez-vous, même quand un biais b2 vaut plusieurs centaines ?",
    misconceptions=[name for name in WRONG if name not in ("no-tanh", "tanh-before-bias")],
)
def test_last_layer(student, make_model):
    model = make_model(12, n=4)
    params = {**model.params, "W1": torch.zeros_like(model.params["W1"])}
    params["b2"] = params["b2"] + torch.eye(9)[4] * 300  # a score is a number of any size
    answer = student.forward(params, model.X)
    right, wrong = scores(params, model.X), known_mistakes(params, model.X)
    for same in ("numbers-interleaved", "examples-mixed", "context-reversed", "no-tanh", "tanh-before-bias"):
        del wrong[same]  # which the contexts alone could show, or tell from each other
    expect.close(answer, right, what="z", misconceptions=wrong)


@check(
    points=1.5,
    message="Refaites à la main les trois lignes du calcul, sur un modèle minuscule : les vecteurs mis bout à bout, la "
    "couche cachée, les scores.",
    misconceptions=WRONG,
)
def test_scores(student, make_model, judged, own_scores):
    model = make_model(13, V=9, k=3, E=4, H=6, n=5)
    params, X = model.params, model.X
    answer = student.forward(params, X)
    wrong = known_mistakes(params, X)

    def compare(expected):
        expect.close(answer, expected, what="z", misconceptions=wrong)

    judged(compare, scores(params, X), lambda: tail(params, own_scores(student.embed(params["C"], X), (5, 12))))
