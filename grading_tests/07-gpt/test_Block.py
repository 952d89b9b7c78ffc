"""Hidden checks of Block: its layers, its formula on weights given here, and its skeleton: what stays when a part is zero."""

import torch

from coursegrader.checks import CheckFailed, check, expect

D, N = 6, 2
SHAPES = {
    "ln1.weight": (D,),
    "ln1.bias": (D,),
    "ln2.weight": (D,),
    "ln2.bias": (D,),
    "qkv.weight": (3 * D, D),
    "proj.weight": (D, D),
    "proj.bias": (D,),
    "up.weight": (4 * D, D),
    "up.bias": (4 * D,),
    "down.weight": (D, 4 * D),
    "down.bias": (D,),
}


def drawn(draw):
    """Known weights for every layer."""
    return {name: 0.5 * torch.randn(shape, generator=draw) for name, shape in SHAPES.items()}


def norm(x, state, name):
    return torch.nn.functional.layer_norm(x, (D,), state[f"{name}.weight"], state[f"{name}.bias"])


def attention(x, state, n=N, causal=True, order=(0, 1, 2)):
    B, T, _ = x.shape
    parts = (x @ state["qkv.weight"].T).split(D, dim=-1)
    q, k, v = (parts[i].reshape(B, T, n, D // n).transpose(1, 2) for i in order)
    heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return heads.transpose(1, 2).reshape(B, T, D) @ state["proj.weight"].T + state["proj.bias"]


def think(x, state, act=torch.nn.functional.gelu):
    return act(x @ state["up.weight"].T + state["up.bias"]) @ state["down.weight"].T + state["down.bias"]


def formula(x, state, what=""):
    """(B, T, d); `what` puts one thing wrong."""
    options = {
        "block-no-mask": {"causal": False},
        "block-one-head": {"n": 1},
        "block-qkv-order": {"order": (1, 0, 2)},
    }.get(what, {})
    act = {"block-relu": torch.relu, "block-no-gelu": lambda a: a}.get(what, torch.nn.functional.gelu)
    if what == "block-post-norm":
        x = norm(x + attention(x, state), state, "ln1")
        return norm(x + think(x, state), state, "ln2")
    if what == "block-no-norm":
        x = x + attention(x, state)
        return x + think(x, state)
    if what == "block-normed-residual":
        x = norm(x, state, "ln1")
        x = x + attention(x, state)
        x = norm(x, state, "ln2")
        return x + think(x, state)
    if what == "block-parallel":
        return x + attention(norm(x, state, "ln1"), state) + think(norm(x, state, "ln2"), state)
    first = attention(norm(x, state, "ln1"), state, **options)
    x = first if what == "block-no-residual" else x + first
    second = think(norm(x, state, "ln2"), state, act)
    return second if what in ("block-no-residual", "block-half-residual") else x + second


WRONG = [
    "block-no-residual",
    "block-half-residual",
    "block-no-norm",
    "block-post-norm",
    "block-normed-residual",
    "block-parallel",
    "block-no-mask",
    "block-one-head",
    "block-qkv-order",
    "block-relu",
    "block-no-gelu",
]


def block_of(student, weights):
    """A new block of the student's with these weights."""
    block = student.Block(D, N)
    state = block.state_dict()
    expect.kind(state, dict, what="l'état du bloc")
    for name, shape in SHAPES.items():
        if name not in state:
            raise CheckFailed(f"Le bloc n'a pas de « {name} ».", misconception="block-layers")
        expect.shape(state[name], shape, what=name)
    block.load_state_dict(weights, strict=False)
    return block


@check(
    points=0.5,
    message="Comparez les noms et les formes de `state_dict()` avec la spécification : six couches, dont `qkv` sans biais.",
    misconceptions=["block-layers", "block-qkv-bias"],
)
def test_layers(student, draw):
    block = block_of(student, {})
    if "qkv.bias" in block.state_dict():
        raise CheckFailed("La couche qkv a un biais.", misconception="block-qkv-bias")
    expect.shape(block(torch.randn((3, 5, D), generator=draw)), (3, 5, D), what="la sortie")


@check(
    points=1.5,
    message="Refaites les deux lignes de la formule, pas à pas : normaliser, attention à plusieurs têtes, proj, ajouter ; "
    "normaliser, up, gelu, down, ajouter.",
    misconceptions=WRONG,
)
def test_formula(student, draw):
    weights, x = drawn(draw), torch.randn((2, 5, D), generator=draw)
    wrong = {name: formula(x, weights, name) for name in WRONG}
    found = block_of(student, weights)(x)
    expect.unchanged(student, what="Block")
    expect.close(found, formula(x, weights), what="la sortie", rtol=1e-3, atol=1e-4, misconceptions=wrong)


@check(
    points=1,
    message="Mettez à zéro proj et down : le bloc doit rendre son entrée. Changez une position : celles d'avant ne bougent "
    "pas.",
    misconceptions=["block-not-identity", "block-no-mask"],
)
def test_skeleton(student, draw):
    """No formula here: a block of any non-linearity and order of q, k, v passes if its direct path and its mask are right."""
    weights, x = drawn(draw), torch.randn((1, 6, D), generator=draw)
    still = {name: torch.zeros_like(w) if name[:4] in ("proj", "down") else w for name, w in weights.items()}
    try:
        expect.close(block_of(student, still)(x), x, what="la sortie, proj et down étant nuls")
    except CheckFailed as failure:
        failure.misconception = "block-not-identity"
        raise
    block = block_of(student, weights)
    before = torch.as_tensor(block(x)).detach()
    for t in range(1, 6):
        other = x.clone()
        other[0, t] += torch.randn(D, generator=draw)
        change = (torch.as_tensor(block(other)).detach() - before).abs().amax(dim=-1)[0]
        if (change[:t] > 1e-4).any():
            raise CheckFailed(f"Changer la position {t} change une position d'avant.", misconception="block-no-mask")
        if (change[t:] < 1e-6).any():
            raise CheckFailed(f"Changer la position {t} ne change pas toutes celles qui suivent.")
