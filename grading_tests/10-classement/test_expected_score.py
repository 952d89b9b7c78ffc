"""Hidden checks of expected_score: the logistic curve of base 10 and scale 400."""

import math

from coursegrader.checks import check, expect
from reference.elo import expected_score


def known_mistakes(ra, rb):
    """What the usual wrong formulas give."""
    d = rb - ra
    return {
        "score-of-the-other": 1 / (1 + 10 ** (-d / 400)),
        "base-e-for-ten": 1 / (1 + math.exp(d / 400)),
        "scale-forgotten": 1 / (1 + 10 ** max(-300.0, min(300.0, d))),
        "elo-difference-only": 0.5 - d / 400,
        "odds-for-probability": 10 ** (-d / 400),
        "share-of-ratings": ra / (ra + rb),
    }


WRONG = list(known_mistakes(1000.0, 1100.0))


@check(
    points=0.5,
    message="Refaites le calcul à la main pour 400 points d'écart : le plus fort doit marquer dix points contre un.",
    misconceptions=WRONG,
)
def test_value(student, rng):
    for _ in range(4):
        ra = rng.uniform(900, 1300)
        rb = ra + rng.choice([-1, 1]) * rng.uniform(30, 350)
        answer = student.expected_score(ra, rb)
        expect.close(answer, expected_score(ra, rb), what="expected_score", misconceptions=known_mistakes(ra, rb))


@check(
    points=0.5,
    message="Additionnez le score attendu de chacun des deux modèles : que doit valoir la somme ? Essayez aussi deux cotes "
    "égales, puis mille points d'écart.",
    misconceptions=WRONG,
)
def test_both_sides(student, rng):
    for ra, gap in ((rng.uniform(900, 1300), 0.0), (rng.uniform(900, 1300), rng.uniform(900, 1100))):
        rb = ra + gap
        right = expected_score(ra, rb)  # nearly 0 at the large gap: only what is not nearly 0 as well is told from it
        wrong = {k: v for k, v in known_mistakes(ra, rb).items() if gap and abs(v - right) > 0.01}
        first, second = student.expected_score(ra, rb), student.expected_score(rb, ra)
        expect.close(first, right, what="expected_score", misconceptions=wrong)
        expect.close(second, expected_score(rb, ra), what="expected_score")
