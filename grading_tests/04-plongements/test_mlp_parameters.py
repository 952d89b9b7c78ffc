"""Hidden checks of mlp_parameters: the sizes of the course, then sizes made up here."""

from coursegrader.checks import check, expect
from reference.mlp import mlp_parameters


def known_mistakes(V, k, E, H):
    """What the usual wrong formulas give."""
    right = mlp_parameters(V, k, E, H)
    return {
        "biases-not-counted": right - H - V,
        "hidden-bias-not-counted": right - H,
        "output-bias-not-counted": right - V,
        "table-not-counted": right - V * E,
        "table-per-position": right + (k - 1) * V * E,
        "context-not-multiplied": right - (k - 1) * E * H,
        "direct-connections-counted": right + k * E * V,
        "one-hot-inputs": k * V * H + H + H * V + V,
    }


WRONG = list(known_mistakes(2, 2, 2, 2))


@check(
    points=0.5,
    message="Calculez le nombre de paramètres du modèle du cours : 37 symboles, trois de contexte, plongements de taille "
    "10 et 200 neurones cachés.",
    misconceptions=WRONG,
)
def test_course_model(student):
    answer = student.mlp_parameters(37, 3, 10, 200)
    expect.equal(answer, 14_007, what="le nombre de paramètres", misconceptions=known_mistakes(37, 3, 10, 200))


@check(
    points=1.5,
    message="Essayez d'autres tailles, et comparez le résultat, tenseur par tenseur, avec les cinq formes du tableau.",
    misconceptions=["always-14007", *WRONG],
)
def test_other_sizes(student, rng):
    for _ in range(4):
        V, k, E, H = rng.randint(20, 90), rng.randint(2, 9), rng.randint(3, 40), rng.randint(30, 500)
        wrong = {"always-14007": 14_007, **known_mistakes(V, k, E, H)}
        answer = student.mlp_parameters(symbols=V, context=k, embedding=E, hidden=H)
        expect.equal(answer, mlp_parameters(V, k, E, H), what="le nombre de paramètres", misconceptions=wrong)
