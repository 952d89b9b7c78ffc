"""Hidden checks of next_token_probabilities: temperature and top-k against powers of probabilities, each on its own and both."""

import torch

from coursegrader.checks import CheckFailed, check, expect


def law(logits, temperature=1.0, top_k=None, what=""):
    """(n, V) by p ** (1 / temperature) in float64; `what` puts one thing wrong."""
    z = logits.double()
    if what == "temperature-multiplied":
        temperature = 1 / temperature
    if what == "temperature-ignored":
        temperature = 1.0
    if what == "law-wrong-axis":
        return (z / temperature).softmax(dim=0)
    p = (z.softmax(dim=-1)).log().div(temperature).softmax(dim=-1)
    if what == "temperature-after":
        return p if temperature == 1 else z.softmax(dim=-1) / temperature
    if what == "temperature-not-renormalised":
        return z.softmax(dim=-1) ** (1 / temperature)
    if top_k is None or what == "top-k-ignored":
        return p
    order = z.argsort(dim=-1, descending=what != "top-k-worst")
    if what == "top-k-first-row":
        order = order[:1].expand(len(z), -1)
    keep = torch.zeros_like(p).scatter(1, order[:, : top_k + (what == "top-k-one-more")], 1.0)
    if what == "top-k-zero-scores":
        return torch.where(keep > 0, z / temperature, 0.0).softmax(dim=-1)
    if what == "top-k-uniform":
        return keep / keep.sum(dim=-1, keepdim=True)
    p = p * keep
    return p if what == "top-k-not-renormalised" else p / p.sum(dim=-1, keepdim=True)


TEMPERATURE = [
    "temperature-multiplied", "temperature-ignored", "temperature-after", "temperature-not-renormalised", "law-wrong-axis",
]  # fmt: skip
TOP_K = [
    "top-k-ignored", "top-k-worst", "top-k-first-row", "top-k-one-more", "top-k-zero-scores", "top-k-uniform",
    "top-k-not-renormalised", "law-wrong-axis",
]  # fmt: skip


def compare(student, logits, names, *options):
    right = law(logits, *options)
    wrong = {name: law(logits, *options, what=name) for name in names}
    wrong = {name: value for name, value in wrong.items() if not torch.allclose(value, right, atol=1e-3)}
    found = student.next_token_probabilities(logits, *options)
    expect.unchanged(student, what="next_token_probabilities")
    expect.close(found, right, what="les probabilités", misconceptions=wrong)


@check(
    points=1,
    message="Essayez des températures plus petites et plus grandes que 1, sans top_k : divise-t-on les scores, et chaque ligne "
    "a-t-elle pour somme 1 ?",
    misconceptions=[*TEMPERATURE, "law-overflow"],
)
def test_temperature(student, draw):
    logits = 1.5 * torch.randn((4, 7), generator=draw)
    for temperature in (1.0, 0.4, 2.5):
        compare(student, logits, TEMPERATURE, temperature)
    found = student.next_token_probabilities(1000 * logits, 0.5)
    if not torch.isfinite(torch.as_tensor(found)).all():
        raise CheckFailed("De grands scores donnent des nombres qui n'en sont plus.", misconception="law-overflow")


@check(
    points=1,
    message="Essayez top_k à température 1, sur plusieurs lignes : chacune garde ses k meilleurs, et les probabilités gardées ont "
    "pour somme 1.",
    misconceptions=TOP_K,
)
def test_top_k(student, draw):
    logits = 1.5 * torch.randn((4, 7), generator=draw)
    for top_k in (3, 1, 6):
        compare(student, logits, TOP_K, 1.0, top_k)


@check(
    points=1,
    message="Essayez les deux réglages à la fois, un top_k plus grand que le nombre de symboles, et des scores tous négatifs.",
    misconceptions=["temperature-multiplied", "temperature-ignored", *TOP_K],
)
def test_both(student, draw):
    logits = torch.randn((3, 5), generator=draw) - 6
    names = ["temperature-multiplied", "temperature-ignored", *TOP_K]
    for options in ((0.5, 2), (2.0, 4), (0.7, 5), (0.7, 50)):
        compare(student, logits, names, *options)
