"""Hidden check of perplexity."""

import math

from coursegrader.checks import check, expect
from reference.evaluation import perplexity


@check(
    points=1,
    message="Essayez une NLL de log(37), puis de 0 : combien de symboles également probables cela fait-il ? Essayez "
    "aussi une NLL infinie.",
    misconceptions=["two-for-e", "ten-for-e", "exp-of-minus", "nll-unchanged", "log-for-exp", "whole-number"],
)
def test_value(student, rng):
    for nll in [rng.uniform(0.3, 1.0), rng.uniform(2.2, 3.5)]:
        right = perplexity(nll)
        wrong = {
            "two-for-e": 2**nll,
            "ten-for-e": 10**nll,
            "exp-of-minus": math.exp(-nll),
            "nll-unchanged": nll,
            "log-for-exp": math.log(nll),
            "whole-number": int(right),
        }
        expect.close(student.perplexity(nll), right, what="la perplexité", misconceptions=wrong)
    expect.equal(student.perplexity(math.inf), math.inf, what="la perplexité d'une NLL infinie")
