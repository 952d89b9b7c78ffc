"""Hidden checks of bootstrap_votes: n draws among n with replacement, each round anew, by law.

Two statistics, each a sum of independent terms under the right law, with exact bounds. (1) How often each vote was
drawn in all rounds together is Binomial(rounds * n, 1 / n): a count x fails when 2 n exp(-m KL(x / m, 1 / n)) < 2.5e-7
(Chernoff, union over n votes and two sides, m = rounds * n). (2) The number of different votes in a round lies in
[0, n] and changes by at most 1 with each of its n independent draws, so that with mean mu = n (1 - (1 - 1/n)^n) the sum
over the rounds is off by more than t with probability at most 2 exp(-2 t^2 / m) (McDiarmid): t is set where that is
2.5e-7. Together at most 5e-7. With n = 200 and 400 rounds t = 797 of a mean of 50,600: drawing without replacement is
off by 29,400. Power by simulation in docs/calibration/10-classement.md. Two right rounds agree with probability 200**-200.
"""

import math

import numpy as np

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.values import to_array

N, ROUNDS = 200, 400
ALARM = 2.5e-7


def divergence(p, q):
    """Kullback-Leibler divergence of Bernoulli laws, nats."""
    return sum(a * math.log(a / b) for a, b in ((p, q), (1 - p, 1 - q)) if a > 0)


def uneven(drawn):
    """Whether some vote came too often or too seldom for the law."""
    m, n = drawn.size, drawn.shape[1]
    counts = np.bincount(drawn.ravel(), minlength=n)
    worst = max(divergence(count / m, 1 / n) for count in counts)
    return 2 * n * math.exp(-m * worst) < ALARM


def repeats(drawn):
    """-1 where too few votes came twice in a round, 1 where too many, 0 where the law allows it."""
    rounds, n = drawn.shape
    different = sum(len(set(row)) for row in drawn.tolist())
    mean = rounds * n * (1 - (1 - 1 / n) ** n)
    t = math.sqrt(rounds * n / 2 * math.log(2 / ALARM))
    return 0 if abs(different - mean) <= t else -1 if different > mean else 1


def draw(student, n, rounds, *generator):
    """The numbers, as integers (rounds, n) that are votes."""
    answer = student.bootstrap_votes(n, rounds, *generator)
    try:
        expect.shape(answer, (rounds, n), what="bootstrap_votes")
    except CheckFailed as error:
        if to_array(answer, "bootstrap_votes").shape == (n, rounds):
            raise CheckFailed(str(error), misconception="rounds-in-columns") from None
        raise
    expect.integers(answer, what="bootstrap_votes")
    data = to_array(answer, "bootstrap_votes").data.astype(np.int64)
    if data.min() < 0 or data.max() >= n:
        known = "votes-from-one" if data.max() == n else None
        raise CheckFailed("Un numéro n'est pas celui d'un vote : ils vont de 0 à n - 1.", misconception=known)
    return data


@check(
    points=1,
    message="Comptez, dans une ligne, les votes qui sortent plusieurs fois et ceux qui ne sortent pas : un peu plus d'un "
    "tiers doit manquer. Les lignes sont-elles différentes ?",
    misconceptions=[
        "without-replacement",
        "same-round-repeated",
        "votes-uneven",
        "votes-from-one",
        "rounds-in-columns",
    ],
)
def test_law(student, seed):
    drawn = draw(student, N, ROUNDS, Generator(seed))
    if len({row.tobytes() for row in drawn}) < ROUNDS:
        raise CheckFailed("Plusieurs tours sont les mêmes.", misconception="same-round-repeated")
    found = repeats(drawn)
    if found < 0:
        raise CheckFailed("Trop peu de votes sortent plusieurs fois.", misconception="without-replacement")
    if found > 0 or uneven(drawn):
        raise CheckFailed("Les votes n'ont pas tous la même chance de sortir.", misconception="votes-uneven")


@check(
    points=0.5,
    message="Tirez deux fois avec la même graine, puis avec une autre, puis deux fois de suite sans générateur.",
    misconceptions=["generator-unused", "votes-fixed-seed"],
)
def test_seeds(student, seed):
    first, again, other = (draw(student, 50, 4, Generator(s)) for s in (seed, seed, seed + 1))
    if (first != again).any():
        raise CheckFailed("La même graine donne d'autres numéros.", misconception="generator-unused")
    if (first == other).all() or (draw(student, 50, 4) == draw(student, 50, 4)).all():
        raise CheckFailed("Des tirages qui devraient différer sont les mêmes.", misconception="votes-fixed-seed")


@check(
    points=0.5,
    message="Essayez d'autres nombres de votes et de tours, dont un seul vote et un seul tour.",
    misconceptions=["rounds-in-columns", "votes-from-one"],
)
def test_sizes(student, seed):
    for n, rounds in ((1, 3), (7, 1), (12, 5)):
        draw(student, n, rounds, Generator(seed))
