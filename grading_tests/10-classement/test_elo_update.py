"""Hidden checks of elo_update: the formula, nothing created or lost, other steps."""

import math

from coursegrader.checks import check, expect
from reference.elo import elo_update, expected_score


def known_mistakes(ra, rb, s, K):
    """What the usual wrong updates give."""
    E = expected_score(ra, rb)
    gain = K * (s - E)
    after = K * ((1 - s) - expected_score(rb, ra + gain))
    natural = K * (s - 1 / (1 + math.exp((rb - ra) / 400)))
    return {
        "elo-signs-swapped": [ra - gain, rb + gain],
        "elo-both-gain": [ra + gain, rb + gain],
        "elo-loser-unchanged": [ra + gain, rb],
        "elo-second-after-first": [ra + gain, rb + after],
        "elo-expected-ignored": [ra + K * s, rb + K * (1 - s)],
        "elo-won-or-lost": [ra + K * (2 * s - 1), rb - K * (2 * s - 1)],
        "elo-fixed-step": [ra + 32 * (s - E), rb - 32 * (s - E)],
        "elo-gain-only": [gain, -gain],
        "elo-models-exchanged": [rb - gain, ra + gain],
        "base-e-for-ten": [ra + natural, rb - natural],
    }


WRONG = list(known_mistakes(1000.0, 1100.0, 1.0, 4.0))


def pair(answer):
    """Two numbers, in whatever holds two."""
    expect.shape(answer, (2,), what="elo_update")
    return answer


@check(
    points=1,
    message="Refaites le calcul à la main : le premier gagne K fois (score - score attendu). Que fait le second ?",
    misconceptions=WRONG,
)
def test_win_and_loss(student, rng):
    for s in (1.0, 0.0):
        for _ in range(2):
            ra, rb, K = rng.uniform(900, 1300), rng.uniform(900, 1300), rng.choice([4.0, 8.0, 16.0])
            wrong = known_mistakes(ra, rb, s, K)
            answer = pair(student.elo_update(ra, rb, s, K))
            expect.close(answer, list(elo_update(ra, rb, s, K)), what="elo_update", rtol=1e-6, misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez une égalité entre deux modèles de cotes différentes : le plus faible doit y gagner.",
    misconceptions=WRONG,
)
def test_tie(student, rng):
    ra, K = rng.uniform(900, 1300), rng.choice([4.0, 16.0])
    rb = ra + rng.uniform(100, 300)
    answer = pair(student.elo_update(ra, rb, 0.5, K))
    wrong = known_mistakes(ra, rb, 0.5, K)
    expect.close(answer, list(elo_update(ra, rb, 0.5, K)), what="elo_update", rtol=1e-6, misconceptions=wrong)


@check(
    points=0.5,
    message="Appelez la fonction sans donner K, puis avec un grand K, puis pour deux modèles de cotes négatives : combien de points "
    "passent d'un modèle à l'autre ?",
    misconceptions=WRONG,
)
def test_step(student, rng):
    ra, rb = rng.uniform(900, 1300), rng.uniform(900, 1300)
    # A rating is a real number, and has no least one: who keeps it above some makes points.
    for given, K, down in (((), 4.0, 0), ((64.0,), 64.0, 0), ((64.0,), 64.0, 2000)):
        ra, rb = ra - down, rb - down
        answer = pair(student.elo_update(ra, rb, 1.0, *given))
        wrong = known_mistakes(ra, rb, 1.0, K)
        expect.close(answer, list(elo_update(ra, rb, 1.0, K)), what="elo_update", rtol=1e-6, misconceptions=wrong)
