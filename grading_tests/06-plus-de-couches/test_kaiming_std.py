"""Hidden checks of kaiming_std: the formula, then the gain it has by itself."""

import math

from coursegrader.checks import check, expect
from reference.initialisation import kaiming_std


def wrong_values(n, gain):
    return {
        "std-no-root": gain / n,
        "std-variance": gain**2 / n,
        "std-gain-in-root": math.sqrt(gain / n),
        "std-root-multiplied": gain * math.sqrt(n),
        "std-gain-ignored": 1 / math.sqrt(n),
    }


@check(
    points=0.5,
    message="Refaites le calcul à la main pour une couche de 9 entrées et un gain de 2, puis comparez. Essayez aussi un "
    "très grand nombre d'entrées.",
    misconceptions=list(wrong_values(1, 1.0)),
)
def test_formula(student, rng):
    n, gain = rng.randint(20, 90), rng.choice([0.3, 1.4, 2.5])
    std = student.kaiming_std(n, gain=gain)
    expect.close(std, kaiming_std(n, gain), what="l'écart-type", misconceptions=wrong_values(n, gain))
    std = student.kaiming_std(300_007, gain=gain)  # small: roundings show
    expect.close(std, kaiming_std(300_007, gain), what="l'écart-type de 300 007 entrées", rtol=1e-4, atol=0.0)


@check(
    points=0.5,
    message="Appelez la fonction sans préciser le gain : quelle est alors la non-linéarité, et quel est son gain ?",
    misconceptions=list(wrong_values(1, 1.0)),
)
def test_gain_of_tanh(student, rng):
    n = rng.randint(20, 90)
    std = student.kaiming_std(n)
    expect.close(std, kaiming_std(n), what="l'écart-type", misconceptions=wrong_values(n, 5 / 3))
