"""Hidden checks of nll_per_character: every pair with both ends, smoothing with the whole vocabulary, division by characters.

Values are compared with the reference within 1e-4 relative, which float32 keeps to over some hundred terms.
"""

import itertools
import math
from collections import Counter

from coursegrader.checks import check, expect
from reference.tokens import nll_per_character


def variant(train, val, n, end, alpha, *, start=True, stop=True, V=None, log=math.log, denominator=True):
    """The NLL with a part that may be wrong."""
    V = end + 1 if V is None else V

    def pairs(ids):
        whole = [end] * start + list(ids) + [end] * stop
        return itertools.pairwise(whole)

    counts, totals, nll = Counter(), Counter(), 0.0
    for ids in train:
        for pair in pairs(ids):
            counts[pair] += 1
            totals[pair[0]] += 1
    for ids in val:
        for a, b in pairs(ids):
            nll -= log((counts[a, b] + alpha) / (totals[a] + (alpha * V if denominator else alpha)))
    return nll / n


def known_mistakes(train, val, n, end, alpha):
    """What the usual wrong numbers are."""
    right = nll_per_character(train, val, n, end, alpha)
    predicted = sum(len(ids) + 1 for ids in val)
    seen = len({token for ids in train for token in ids}) + 1
    return {
        "nll-per-token": right * n / predicted,
        "nll-summed": right * n,
        "nll-per-sequence": right * n / len(val),
        "end-not-predicted": variant(train, val, n, end, alpha, stop=False),
        "start-not-used": variant(train, val, n, end, alpha, start=False),
        "bigram-base-2": right / math.log(2),
        "counted-on-validation": nll_per_character(val, val, n, end, alpha),
        "smoothing-not-normalised": variant(train, val, n, end, alpha, denominator=False),
        "end-not-in-vocabulary": variant(train, val, n, end, alpha, V=end),
        "vocabulary-of-training": variant(train, val, n, end, alpha, V=seen),
        "nll-negative": -right,
        "alpha-fixed": nll_per_character(train, val, n, end, 0.1),
    }


WRONG = [*known_mistakes([[0]], [[0]], 1, 1, 1.0), "sequences-joined"]


def joined(train, val, n, end, alpha):
    """All sequences as a single one, without ends between them."""
    return nll_per_character([[t for ids in train for t in ids]], [[t for ids in val for t in ids]], n, end, alpha)


def judge(student, train, val, n, end, alpha):
    right = nll_per_character(train, val, n, end, alpha)
    wrong = {**known_mistakes(train, val, n, end, alpha), "sequences-joined": joined(train, val, n, end, alpha)}
    wrong = {name: value for name, value in wrong.items() if abs(value - right) > 1e-3 * abs(right)}
    answer = student.nll_per_character(train, val, n, end, alpha)
    expect.close(answer, right, what="la NLL par caractère", rtol=1e-4, atol=1e-6, misconceptions=wrong)


def draw(rng, n, V, longest=6):
    """n sequences in which small tokens are the frequent ones."""
    return [[int(V * rng.random() ** 2) for _ in range(rng.randint(1, longest))] for _ in range(n)]


@check(
    points=1.5,
    message="Refaites le calcul à la main sur deux suites courtes : quelles paires faut-il compter, et par quoi divise-t-on la somme ?",
    misconceptions=WRONG,
)
def test_value(student, rng):
    judge(student, draw(rng, 30, 6), draw(rng, 9, 6), 71, 8, 0.5)
    expect.unchanged(student, what="nll_per_character")


@check(
    points=1,
    message="Essayez d'autres lissages, et des jetons que `train` ne contient pas : combien de jetons y a-t-il en tout ?",
    misconceptions=WRONG,
)
def test_smoothing(student, rng):
    for alpha in (2.0, 0.01):
        judge(student, draw(rng, 12, 5), [*draw(rng, 5, 12), [11, 10]], 40, 300, alpha)


@check(
    points=0.5,
    message="Essayez des suites vides, puis l'appel sans donner alpha : la valeur par défaut est 0,1.",
    misconceptions=WRONG,
)
def test_edges(student, rng):
    judge(student, [[], [0], [1, 0]], [[], [1]], 3, 2, 1.0)
    train, val = draw(rng, 20, 5), draw(rng, 6, 5)
    right = nll_per_character(train, val, 30, 5)
    expect.close(
        student.nll_per_character(train, val, 30, 5), right, what="la NLL par caractère, sans alpha", rtol=1e-4
    )
