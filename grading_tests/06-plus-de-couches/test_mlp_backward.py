"""Hidden checks of mlp_backward: each pair of tables against autograd in float64, one example, odd sizes.

Autograd runs here; in the student's process it is off. The cache's scores hold a fixed term that the parameters do not
explain: it changes no formula of the backward pass, but an answer that runs the forward pass again, under
`enable_grad()` for example, gives the gradients without it. Every batch repeats symbols.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.backprop import forward_with_cache


def case(draw, V, k, E, H, B):
    """Parameters, cache and targets in float64, and autograd's gradients with and without the fixed term of the scores."""
    shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
    params = {name: 0.8 * torch.randn(shape, generator=draw, dtype=torch.float64) for name, shape in shapes.items()}
    X, Y = torch.randint(V, (B, k), generator=draw), torch.randint(V, (B,), generator=draw)
    X[0] = X[-1, 0]  # one symbol all along an example, and in another one
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    extra = torch.randn(B, V, generator=draw, dtype=torch.float64)
    scores, _ = forward_with_cache(leaves, X)
    right, again = (
        dict(zip(params, torch.autograd.grad(loss, list(leaves.values()), retain_graph=True), strict=True))
        for loss in (torch.nn.functional.cross_entropy(z, Y) for z in (scores + extra, scores))
    )
    _, cache = forward_with_cache(params, X)
    return params, cache | {"z": cache["z"] + extra}, Y, right, again


def answer(by_hand, params, cache, Y):
    grads = by_hand.mlp_backward(params, cache, Y)
    expect.kind(grads, dict, what="la réponse")
    return grads


def part(grads, name):
    if name not in grads:
        raise CheckFailed(f"Il manque la clé « {name} ».")
    return grads[name]


def backward(params, cache, Y, dz=None, slope=None):
    """Gradients by the formula, with a wrong dz or a wrong slope of tanh put in; db not yet summed, dx for C."""
    if dz is None:
        dz = (cache["z"].softmax(1) - torch.nn.functional.one_hot(Y, cache["z"].shape[1])) / len(Y)
    slope = 1 - cache["h"] ** 2 if slope is None else slope
    da = dz @ params["W2"].T * slope
    return {"dz": dz, "da": da, "dx": da @ params["W1"].T, "W2": cache["h"].T @ dz, "W1": cache["x"].T @ da}


@check(
    points=1,
    message="Regardez la dernière couche : d'abord le gradient des scores, qui contient 1/B, puis W2 et b2.",
    misconceptions=[
        "grad-recomputed",
        "grad-no-batch-mean",
        "grad-no-one-hot",
        "grad-bias-not-summed",
        "grad-bias-mean",
        "float32-gradients",
    ],
)
def test_output_layer(by_hand, draw, close8):
    params, cache, Y, right, again = case(draw, V=5, k=3, E=2, H=6, B=7)
    grads = answer(by_hand, params, cache, Y)
    good = backward(params, cache, Y)
    bare = backward(params, cache, Y, dz=cache["z"].softmax(1) / len(Y))
    for name in ("W2", "b2"):
        wrong = {"grad-recomputed": again[name], "grad-no-batch-mean": right[name] * len(Y)}
        if name == "W2":
            wrong["grad-no-one-hot"] = bare["W2"]
        else:
            wrong["grad-no-one-hot"] = bare["dz"].sum(0)
            wrong["grad-bias-not-summed"] = good["dz"]
            wrong["grad-bias-mean"] = good["dz"].mean(0)
        close8(part(grads, name), right[name], f"gradient de {name}", wrong)


@check(
    points=1,
    message="Regardez la couche cachée : comment le gradient traverse-t-il tanh, et que reçoit un biais ajouté à toutes les "
    "lignes ?",
    misconceptions=[
        "grad-recomputed", "grad-tanh-of-input", "grad-tanh-omitted", "grad-no-batch-mean", "grad-bias-not-summed",
        "grad-bias-mean", "float32-gradients",
    ],
)  # fmt: skip
def test_hidden_layer(by_hand, draw, close8):
    params, cache, Y, right, again = case(draw, V=5, k=3, E=2, H=6, B=7)
    grads = answer(by_hand, params, cache, Y)
    good = backward(params, cache, Y)
    of_input = backward(params, cache, Y, slope=1 - cache["a"] ** 2)
    omitted = backward(params, cache, Y, slope=torch.ones_like(cache["h"]))
    for name in ("W1", "b1"):
        wrong = {"grad-recomputed": again[name], "grad-no-batch-mean": right[name] * len(Y)}
        for known, value in (("grad-tanh-of-input", of_input), ("grad-tanh-omitted", omitted)):
            wrong[known] = value["W1"] if name == "W1" else value["da"].sum(0)
        if name == "b1":
            wrong["grad-bias-not-summed"] = good["da"]
            wrong["grad-bias-mean"] = good["da"].mean(0)
        close8(part(grads, name), right[name], f"gradient de {name}", wrong)


@check(
    points=1,
    message="Regardez la table C : un symbole qui apparaît plusieurs fois dans le lot reçoit la somme de ses gradients.",
    misconceptions=[
        "grad-recomputed",
        "grad-overwritten",
        "grad-embedding-mean",
        "grad-embedding-layout",
        "grad-no-batch-mean",
        "float32-gradients",
    ],
)
def test_embeddings(by_hand, draw, close8):
    V, k, E = 5, 3, 2
    params, cache, Y, right, again = case(draw, V=V, k=k, E=E, H=6, B=7)
    grads = answer(by_hand, params, cache, Y)
    rows, ids = backward(params, cache, Y)["dx"].view(-1, E), cache["X"].flatten()
    last = torch.zeros(V, E, dtype=torch.float64)
    for i, row in zip(ids.tolist(), rows, strict=True):
        last[i] = row
    counts = torch.bincount(ids, minlength=V).clamp(min=1).unsqueeze(1)
    turned = rows.reshape(-1, E, k).transpose(1, 2).reshape(-1, E)  # each example's numbers read as (E, k)
    wrong = {
        "grad-recomputed": again["C"],
        "grad-overwritten": last,
        "grad-embedding-mean": right["C"] / counts,
        "grad-embedding-layout": torch.zeros(V, E, dtype=torch.float64).index_add(0, ids, turned),
        "grad-no-batch-mean": right["C"] * len(Y),
    }
    close8(part(grads, "C"), right["C"], "gradient de C", wrong)


@check(
    points=0.5,
    message="Essayez un lot d'un seul exemple, dont le contexte répète un symbole.",
    misconceptions=["grad-recomputed", "float32-gradients"],
)
def test_single_example(by_hand, draw, close8):
    params, cache, Y, right, again = case(draw, V=4, k=3, E=2, H=5, B=1)
    grads = answer(by_hand, params, cache, Y)
    for name in right:
        close8(part(grads, name), right[name], f"gradient de {name}", {"grad-recomputed": again[name]})


@check(
    points=0.5,
    message="Essayez d'autres tailles, dont un symbole de contexte ou un plongement d'une seule case, et regardez si les "
    "tenseurs reçus ont changé.",
    misconceptions=["grad-recomputed", "float32-gradients"],
)
def test_other_sizes(by_hand, draw, close8):
    for V, k, E, H, B in ((6, 1, 3, 2, 9), (3, 4, 1, 7, 5), (9, 2, 5, 1, 4)):
        params, cache, Y, right, again = case(draw, V=V, k=k, E=E, H=H, B=B)
        grads = answer(by_hand, params, cache, Y)
        expect.unchanged(by_hand, what="mlp_backward")
        for name in right:
            close8(part(grads, name), right[name], f"gradient de {name}", {"grad-recomputed": again[name]})
