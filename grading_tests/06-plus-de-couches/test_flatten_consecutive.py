"""Hidden checks of flatten_consecutive: which positions are merged, and which dimension goes away."""

import torch

from coursegrader.checks import check, expect
from reference.wavenet import flatten_consecutive


@check(
    points=0.5,
    message="Numérotez les cases d'un petit tableau (B, T, C) et suivez-les : quelles positions se retrouvent ensemble, et "
    "dans quel ordre ?",
    misconceptions=["merge-far-apart", "merge-channels-mixed", "merge-positions-last"],
)
def test_neighbours(student, rng):
    for B, T, C, n in ((3, 8, 5, 2), (2, 6, 4, 3)):
        x = torch.tensor(rng.sample(range(1000), B * T * C)).view(B, T, C)
        groups = x.view(B, T // n, n, C)
        wrong = {
            "merge-far-apart": torch.cat(x.split(T // n, dim=1), dim=2),
            "merge-channels-mixed": groups.transpose(2, 3).reshape(B, T // n, n * C),
            "merge-positions-last": x.transpose(1, 2).reshape(B, T // n, n * C),
        }
        merged = student.flatten_consecutive(x, n)
        expect.unchanged(student, what="flatten_consecutive")
        expect.equal(merged, flatten_consecutive(x, n), what="le résultat", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez T = n, puis un lot d'un seul exemple : seule la dimension des positions disparaît, et seulement quand il "
    "n'en reste qu'une.",
    misconceptions=["merge-not-squeezed", "merge-batch-squeezed"],
)
def test_last_position(student, rng):
    for B, T, C, n in ((3, 4, 2, 4), (1, 2, 3, 2), (1, 4, 3, 2), (1, 6, 1, 2), (2, 1, 3, 1)):
        x = torch.tensor(rng.sample(range(100), B * T * C)).view(B, T, C)
        rest = x.view(B, T // n, n * C)
        wrong = {"merge-batch-squeezed": rest.squeeze()} if B == 1 else {}
        if n == T:
            wrong = {"merge-not-squeezed": rest, **wrong}
        merged = student.flatten_consecutive(x, n)
        expect.equal(merged, flatten_consecutive(x, n), what="le résultat", misconceptions=wrong)
