"""Hidden checks of multi_head_attention: head by head against the formula, and which channels reach which."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect


def attention(q, k, v, scale=None, causal=True):
    T, d = q.shape[-2:]
    scores = q @ k.transpose(-2, -1) / math.sqrt(scale or d)
    if causal:
        scores = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    return scores.softmax(-1) @ v


def heads(q, k, v, n, what=""):
    """(B, T, d) by slices in float64; `what` puts one thing wrong."""
    q, k, v = q.double(), k.double(), v.double()
    B, T, d = q.shape
    options = {"scale": d if what == "heads-scale" else None, "causal": what != "heads-no-mask"}
    if what == "heads-view":  # cut along the positions
        cut = (x.reshape(B, n, T, d // n) for x in (q, k, v))
        return attention(*cut).reshape(B, T, d)
    if what == "heads-one":
        return attention(q, k, v)
    if what == "heads-not-undone":  # no transposition on the way back
        cut = (x.reshape(B, T, n, d // n).transpose(1, 2) for x in (q, k, v))
        return attention(*cut).reshape(B, T, d)
    if what == "heads-interleaved":
        out = torch.zeros(B, T, d, dtype=torch.float64)
        for i in range(n):
            out[..., i::n] = attention(q[..., i::n], k[..., i::n], v[..., i::n])
        return out
    w = d // n
    parts = [attention(*(x[..., i : i + w] for x in (q, k, v)), **options) for i in range(0, d, w)]
    if what == "heads-reversed":
        parts.reverse()
    return torch.cat(parts, dim=-1)


WRONG = [
    "heads-view",
    "heads-one",
    "heads-not-undone",
    "heads-interleaved",
    "heads-scale",
    "heads-no-mask",
    "heads-reversed",
]


@check(
    points=1,
    message="Calculez chaque tête à part, sur sa part des canaux, et comparez : la tête 0 a les premiers canaux, et divise par "
    "la racine de son nombre de canaux.",
    misconceptions=WRONG,
)
def test_formula(student, draw):
    for n in (2, 3):
        q, k, v = (1.5 * torch.randn((2, 5, 6), generator=draw) for _ in range(3))
        wrong = {name: heads(q, k, v, n, name) for name in WRONG}
        found = student.multi_head_attention(q, k, v, n)
        expect.unchanged(student, what="multi_head_attention")
        expect.close(found, heads(q, k, v, n), what="la réponse", misconceptions=wrong)


@check(
    points=0.5,
    message="Changez les canaux d'une seule tête : seuls les mêmes canaux du résultat doivent bouger.",
    misconceptions=["heads-mixed"],
)
def test_heads_are_apart(student, draw):
    q, k, v = (torch.randn((1, 4, 6), generator=draw) for _ in range(3))

    def answer(*given):
        found = student.multi_head_attention(*given, 3)
        expect.shape(found, (1, 4, 6), what="la réponse")
        expect.finite(found, what="la réponse")
        return torch.as_tensor(found).detach().double()

    before = answer(q, k, v)
    for head in range(3):
        mine = slice(2 * head, 2 * head + 2)
        others = [x.clone() for x in (q, k, v)]
        for x in others:
            x[..., mine] += torch.randn((1, 4, 2), generator=draw)
        change = (answer(*others) - before).abs().amax(dim=(0, 1))
        apart = torch.ones(6, dtype=torch.bool)
        apart[mine] = False
        if (change[apart] > 1e-5).any() or (change[mine] < 1e-7).any():
            raise CheckFailed(
                f"Les canaux de la tête {head} n'agissent pas sur les leurs seulement.", misconception="heads-mixed"
            )


@check(
    points=0.5,
    message="Essayez une seule tête, autant de têtes que de canaux, un seul exemple et une seule position.",
    misconceptions=WRONG,
)
def test_sizes(student, draw):
    for (B, T, d), n in (((2, 4, 3), 1), ((1, 5, 4), 4), ((2, 1, 4), 2)):
        q, k, v = (torch.randn((B, T, d), generator=draw) for _ in range(3))
        found = student.multi_head_attention(q, k, v, n)
        expect.close(found, heads(q, k, v, n), what=f"la réponse, {n} tête(s)")
