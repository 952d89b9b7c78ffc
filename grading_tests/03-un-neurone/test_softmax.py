"""Hidden checks of softmax: rows of a square table, huge scores, other dimensions, untouched input."""

import torch

from coursegrader.checks import check, expect
from reference.neuron import softmax


@check(
    points=1,
    message="Essayez un tableau de scores quelconques : chaque ligne du résultat doit être une loi de probabilité, dans le "
    "même ordre que les scores.",
    misconceptions=[
        "softmax-columns", "softmax-keepdim", "softmax-whole-table", "softmax-no-exp", "softmax-minus", "softmax-logs",
        "softmax-base-two", "softmax-not-divided",
    ],
)  # fmt: skip
def test_rows(student, normal):
    z = normal(5, 5)  # square, so that sums laid along the wrong way still divide
    e = z.double().exp()
    wrong = {
        "softmax-columns": e / e.sum(dim=0, keepdim=True),
        "softmax-keepdim": e / e.sum(dim=1),
        "softmax-whole-table": e / e.sum(),
        "softmax-no-exp": z / z.sum(dim=1, keepdim=True),
        "softmax-minus": softmax(-z),
        "softmax-logs": z.log_softmax(dim=1),
        "softmax-base-two": 2**z / (2**z).sum(dim=1, keepdim=True),
        "softmax-not-divided": e,
    }
    expect.close(student.softmax(z), softmax(z.double()), what="p", misconceptions=wrong)
    z = normal(3, 7)
    expect.close(student.softmax(z), softmax(z.double()), what="p")


@check(
    points=1,
    message="Essayez des scores de plusieurs milliers, tous du même ordre, puis très différents d'une ligne à l'autre : le "
    "résultat reste fini, et chaque ligne somme à 1.",
    misconceptions=["softmax-overflow", "softmax-global-maximum"],
)
def test_huge_scores(student, rng, normal):
    """In float32, exp(z - logsumexp(z)) is right to half a spacing at 6,000, 2.5e-4: hence the greater tolerance."""
    z = normal(4, 6)
    nan = torch.full_like(z, torch.nan)
    shifted = z + rng.choice([2000.0, 4000.0])
    apart = z + torch.tensor([[4000.0], [0.0], [-4000.0], [100.0]])  # exp(z - maximum of the table) is 0 in most rows
    only_first = torch.cat([softmax(apart.double())[:1], nan[1:]])
    cases = [
        (shifted, {"softmax-overflow": nan}),
        (apart, {"softmax-global-maximum": only_first}),
        (z * 1000, {}),
    ]
    for scores, wrong in cases:
        p = student.softmax(scores)
        expect.close(p, softmax(scores.double()), what="p", rtol=3e-3, misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un tenseur à trois dimensions, avec `dim=0`, `dim=1` et sans `dim` : c'est le long de cette dimension "
    "que les probabilités somment à 1.",
    misconceptions=["softmax-dim-ignored"],
)
def test_dimensions(student, normal):
    z = normal(4, 4, 4)
    last = softmax(z.double())
    for dim in (0, 1, -2):
        right = softmax(z.double(), dim)
        wrong = {"softmax-dim-ignored": last}
        expect.close(student.softmax(z, dim=dim), right, what=f"p avec dim={dim}", misconceptions=wrong)
    expect.close(student.softmax(z), last, what="p")
    z = normal(6)
    expect.close(student.softmax(z), softmax(z.double()), what="p d'une liste de scores")


@check(
    points=0.5,
    message="Regardez `z` avant et après l'appel. Les opérations comme `-=` et `/=` écrivent dans le tenseur reçu.",
)
def test_input_unchanged(student, normal):
    z = normal(3, 4)
    p = student.softmax(z)
    expect.unchanged(student, what="softmax")
    expect.shape(p, (3, 4), what="p")
    expect.finite(p, what="p")
