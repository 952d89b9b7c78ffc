"""Hidden checks of init_mlp: shapes, the law of the draws, the use of the generator."""

import itertools
import math

import numpy as np
import torch

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.values import to_array

DRAWN = ("C", "W1", "W2")
# Massart (1990): the empirical distribution function of n draws is further than e from the true one with probability at
# most 2 exp(-2 n e**2). e = sqrt(ln(2 / 1e-7) / 2 n) makes that 1e-7 a tensor, 3e-7 for the three.
FALSE_ALARM = 1e-7
# Independent draws: of n float32 normal numbers a few are equal by rounding (fewer than 20 pairs among the 28,800 of W1).
# One draw changes the number of distinct values by one at most, so that by McDiarmid (1989) a tenth are repeated with
# probability below exp(-2 (0.1 n - 20)**2 / n), 1e-60 for the 8,000 of C. A block laid out k times leaves a third.
DISTINCT = 0.9
STRETCHES = {  # standard deviation over the right one -> what the student did
    "spread-not-scaled": lambda k, E, H: math.sqrt(k * E),
    "square-root-forgotten": lambda k, E, H: 1 / math.sqrt(k * E),
    "one-vector-only": lambda k, E, H: math.sqrt(k),
}


def distance(values, spread):
    """Kolmogorov's distance between values and the normal law of mean 0 and this standard deviation."""
    ordered = np.sort(values.ravel()) / spread
    law = torch.special.ndtr(torch.from_numpy(ordered)).numpy()
    steps = np.arange(len(ordered) + 1) / len(ordered)
    return max(np.abs(law - steps[1:]).max(), np.abs(law - steps[:-1]).max())


def bound(count):
    """The distance that right draws exceed with probability at most FALSE_ALARM."""
    return math.sqrt(math.log(2 / FALSE_ALARM) / (2 * count))


def recognised(part, values, right, sizes):
    """The mistake whose law the values follow, if it is a known one."""
    if values.min() >= 0:
        return "uniform-draws"
    stretches = {"W1": STRETCHES, "W2": {"scores-too-large": lambda k, E, H: 100.0}}.get(part, {})
    for name, stretch in stretches.items():
        if distance(values, right * stretch(*sizes)) <= bound(values.size):
            return name
    return None


@check(
    points=1,
    message="Regardez les clés du dictionnaire et la forme de chaque tenseur, pour les tailles par défaut puis pour "
    "d'autres. Les deux biais partent de zéro.",
    misconceptions=["part-missing", "weights-transposed", "one-vector-wide", "biases-drawn"],
)
def test_shapes(student, parts, rng):
    made_up = (rng.randint(20, 60), rng.randint(2, 6), rng.randint(4, 9), rng.randint(10, 17))
    for answer, (V, k, E, H) in [
        (student.init_mlp(37), (37, 3, 10, 200)),
        (student.init_mlp(made_up[0], context=made_up[1], embedding=made_up[2], hidden=made_up[3]), made_up),
    ]:
        params = parts(answer, "params")
        shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
        for part, shape in shapes.items():
            got = to_array(params[part], part).shape
            if part in ("W1", "W2") and got == shape[::-1] != shape:
                raise CheckFailed(f"{part} est de forme {got} au lieu de {shape}.", misconception="weights-transposed")
            if part == "W1" and got == (E, H):
                raise CheckFailed(f"W1 est de forme {got} au lieu de {shape}.", misconception="one-vector-wide")
            expect.shape(params[part], shape, what=part)
            expect.floating(params[part], what=part)
        for part in ("b1", "b2"):
            if np.any(to_array(params[part], part).data != 0):
                raise CheckFailed(f"{part} n'est pas nul.", misconception="biases-drawn")


@check(
    points=1,
    message="Regardez la moyenne et l'écart-type des nombres de C, de W1 et de W2, pour plusieurs tailles : suivent-ils "
    "les lois demandées, et chaque nombre est-il un tirage à part ?",
    misconceptions=["part-missing", "all-zeros", "uniform-draws", "scores-too-large", "draws-repeated", *STRETCHES],
)
def test_law(student, parts, seed):
    """Power, by simulation in benchmarks/calibration/04-plongements.py: 0 misses in 3,000 for every mistake."""
    V, k, E, H = 100, 3, 80, 120
    params = parts(student.init_mlp(V, k, E, H, generator=Generator(seed)), "params")
    shapes = {"C": (V, E), "W1": (k * E, H), "W2": (H, V)}
    for part, right in {"C": 1.0, "W1": 1 / math.sqrt(k * E), "W2": 0.01}.items():
        expect.shape(params[part], shapes[part], what=part)
        expect.finite(params[part], what=part)
        values = to_array(params[part], part).data.astype(np.float64)
        if not values.any():
            raise CheckFailed(f"{part} ne contient que des zéros.", misconception="all-zeros")
        if len(np.unique(values)) < DISTINCT * values.size:
            raise CheckFailed(f"Les mêmes nombres reviennent dans {part}.", misconception="draws-repeated")
        if distance(values, right) > bound(values.size):
            found = recognised(part, values, right, (k, E, H))
            actual = f"moyenne {values.mean():.2g}, écart-type {values.std():.3g}"
            text = f"Les nombres de {part} ne suivent pas la loi demandée."
            if abs(values.mean()) < 0.05 * right and abs(values.std() / right - 1) < 0.05:
                text = f"Les nombres de {part} ont la moyenne et l'écart-type demandés, mais ne suivent pas la loi normale."
                actual += ", d'une autre loi"
            raise CheckFailed(
                text,
                expected=f"loi normale, moyenne 0, écart-type {right:.3g}",
                actual=actual,
                misconception=found,
            )
    alike([to_array(params[part], part).data.astype(np.float64).ravel() for part in DRAWN])


def alike(drawn):
    """Fail if two tensors are the same draws, stretched. Of independent ones, about one number in sixty agrees so closely: half of 8,000, never."""
    for one, other in itertools.combinations(drawn, 2):
        n = min(len(one), len(other))
        if np.isclose(one[:n] / one.std(), other[:n] / other.std(), rtol=0.05, atol=0).mean() > 0.5:
            raise CheckFailed("Deux tenseurs sont faits des mêmes tirages, à un facteur près.")


@check(
    points=1,
    message="Tirez deux fois avec un générateur de même graine, avec deux graines différentes, puis deux fois sans "
    "générateur, avec et sans torch.manual_seed avant chaque appel. Quand les nombres doivent-ils être les mêmes ?",
    misconceptions=["part-missing", "all-zeros", "init-generator-unused", "init-fixed-seed"],
)
def test_generator(student, parts, seed):
    """Two right draws of 20 numbers or more are never equal but by an accident of probability below 1e-100."""

    def draw(**arguments):
        params = parts(student.init_mlp(8, 2, 5, 6, **arguments), "params")
        return {part: to_array(params[part], part).data for part in DRAWN}

    first, again, other = (
        draw(generator=Generator(seed)),
        draw(generator=Generator(seed)),
        draw(generator=Generator(seed + 1)),
    )
    free, freer = draw(), draw()
    student.manual_seed(seed)
    seeded = draw()
    student.manual_seed(seed)
    seeded_again = draw()
    for part in DRAWN:
        if not first[part].any():
            raise CheckFailed(f"{part} ne contient que des zéros.", misconception="all-zeros")
        if not np.array_equal(first[part], again[part]):
            text = f"La même graine donne deux fois un autre {part}."
            raise CheckFailed(text, misconception="init-generator-unused")
        if np.array_equal(first[part], other[part]) or np.array_equal(free[part], freer[part]):
            text = f"Des tirages qui devraient différer donnent le même {part}."
            raise CheckFailed(text, misconception="init-fixed-seed")
        if not np.array_equal(seeded[part], seeded_again[part]):
            raise CheckFailed(
                f"Sans générateur, {part} ne dépend pas du hasard général de PyTorch, que fixe torch.manual_seed."
            )
