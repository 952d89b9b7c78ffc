"""Hidden checks of log_probability: the value, names that cannot be, names too long for a product of probabilities."""

import math

from coursegrader.checks import check, expect
from reference.evaluation import log_probability

WRONG = ["score-no-start", "score-no-end", "log10-for-log", "log2-for-log", "probability-not-log", "sign-flipped"]


@check(
    points=1,
    message="Refaites le calcul à la main sur un prénom court : quelles transitions faut-il compter, et de quel "
    "logarithme s'agit-il ?",
    misconceptions=WRONG,
)
def test_value(student, rng, scored):
    P, stoi, letters = scored
    for _ in range(3):
        word = "".join(rng.choices(letters, k=rng.randint(3, 6)))
        right = log_probability(word, P, stoi)
        wrong = {
            "score-no-start": right - math.log(P[0, stoi[word[0]]]),
            "score-no-end": right - math.log(P[stoi[word[-1]], 0]),
            "log10-for-log": right / math.log(10),
            "log2-for-log": right / math.log(2),
            "probability-not-log": math.exp(right),
            "sign-flipped": -right,
        }
        expect.close(student.log_probability(word, P, stoi), right, what="log P", misconceptions=wrong)


@check(
    points=1,
    message="Essayez un prénom dont une seule transition a une probabilité nulle : il est impossible, et la fonction "
    "doit le dire sans erreur. Une probabilité minuscule n'est pas nulle, et un zéro ailleurs dans le tableau ne change "
    "rien aux autres prénoms.",
    misconceptions=["probability-not-log", "sign-flipped"],
)
def test_impossible(student, rng, scored):
    P, stoi, letters = scored
    a, b, c = rng.sample(letters, 3)
    P[stoi[b], stoi[c]] = 0.0
    P[stoi[a], stoi[c]] = 1e-9  # rare, and yet possible
    wrong = {"probability-not-log": 0.0, "sign-flipped": math.inf}
    impossible = student.log_probability(a + b + c, P, stoi)
    expect.equal(impossible, -math.inf, what="log P d'un prénom impossible", misconceptions=wrong)
    expect.shape(student.log_probability(a + c + b, P, stoi), (), what="log P d'un prénom possible")
    expect.finite(student.log_probability(a + c + b, P, stoi), what="log P d'un prénom possible")


@check(
    points=0.75,
    message="Essayez un prénom de plusieurs centaines de lettres : un produit de tant de petits nombres est arrondi à "
    "zéro.",
    misconceptions=["product-underflow"],
)
def test_long_name(student, rng, scored):
    P, stoi, letters = scored
    word = "".join(rng.choices(letters, k=400))  # of probability e**-1000 or so: zero in float64, too
    right, wrong = log_probability(word, P, stoi), {"product-underflow": -math.inf}
    expect.close(student.log_probability(word, P, stoi), right, what="log P d'un long prénom", misconceptions=wrong)


@check(
    points=0.25,
    message="Essayez le prénom vide, qui va du point au point, puis un prénom dont une lettre n'est pas dans `stoi` : "
    "le modèle ne peut pas le lire, et la fonction doit lever une erreur.",
)
def test_odd_names(student, scored):
    P, stoi, letters = scored
    expect.close(student.log_probability("", P, stoi), log_probability("", P, stoi), what="log P du prénom vide")
    expect.raises(lambda: student.log_probability(letters[0] + "û" + letters[1], P, stoi), what="log_probability")
