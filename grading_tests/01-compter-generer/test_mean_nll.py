"""Hidden checks of mean_nll: names of one length, of several lengths, an impossible name, a very long name."""

import math

from coursegrader.checks import CheckFailed, StudentError, check, expect
from coursegrader.checks.values import to_array
from reference.evaluation import log_probability, mean_nll

WRONG = [
    "sum-for-mean", "mean-per-name", "mean-of-means", "letters-only", "end-not-counted", "score-no-end",
    "score-no-start", "log10-for-log", "log2-for-log", "sign-flipped", "repeats-dropped",
]  # fmt: skip


def made_up_names(rng, letters, lengths):
    """One name of each length."""
    return ["".join(rng.choices(letters, k=length)) for length in lengths]


def known_mistakes(words, P, stoi):
    """What the usual wrong formulas give."""
    right = mean_nll(words, P, stoi)
    costs = [-log_probability(word, P, stoi) for word in words]  # of whole names
    starts = sum(-math.log(P[0, stoi[word[0]]]) for word in words)
    ends = sum(-math.log(P[stoi[word[-1]], 0]) for word in words)
    length, total, n = sum(map(len, words)), sum(costs), len(words)
    return {
        "sum-for-mean": total,
        "mean-per-name": total / n,
        "mean-of-means": sum(cost / (len(word) + 1) for cost, word in zip(costs, words, strict=True)) / n,
        "letters-only": total / length,
        "end-not-counted": (total - ends) / length,
        "score-no-end": (total - ends) / (length + n),
        "score-no-start": (total - starts) / length,
        "log10-for-log": right / math.log(10),
        "log2-for-log": right / math.log(2),
        "sign-flipped": -right,
    }


@check(
    points=1,
    message="Refaites le calcul à la main sur deux prénoms courts : que faut-il additionner, et par combien de "
    "symboles prédits faut-il diviser ?",
    misconceptions=[name for name in WRONG if name not in ("mean-of-means", "repeats-dropped")],
)
def test_one_length(student, rng, scored):
    P, stoi, letters = scored
    words = made_up_names(rng, letters, [4, 4, 4])
    wrong = known_mistakes(words, P, stoi)
    del wrong["mean-of-means"]  # which is right when all names have one length
    expect.close(student.mean_nll(words, P, stoi), mean_nll(words, P, stoi), what="NLL", misconceptions=wrong)


@check(
    points=1,
    message="Essayez des prénoms de longueurs très différentes, dont un se répète : chaque symbole prédit doit peser "
    "autant qu'un autre.",
    misconceptions=WRONG,
)
def test_several_lengths(student, rng, scored):
    P, stoi, letters = scored
    words = made_up_names(rng, letters, [1, 2, 5, 9, 14, 14])
    words.append(words[3])
    wrong = known_mistakes(words, P, stoi) | {"repeats-dropped": mean_nll(words[:-1], P, stoi)}
    expect.close(student.mean_nll(words, P, stoi), mean_nll(words, P, stoi), what="NLL", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez une liste dont un seul prénom est impossible : que vaut alors la NLL ?",
    misconceptions=["sign-flipped"],
)
def test_impossible(student, rng, scored):
    P, stoi, letters = scored
    a, b, c = rng.sample(letters, 3)
    P[stoi[b], stoi[c]] = 0.0
    nll = student.mean_nll([a + c, a + b + c, c + a], P, stoi)
    expect.equal(nll, math.inf, what="NLL", misconceptions={"sign-flipped": -math.inf})


@check(
    points=0.25,
    message="Essayez un prénom de plusieurs centaines de lettres : un produit de tant de petits nombres est arrondi "
    "à zéro.",
    misconceptions=["product-underflow"],
)
def test_long_name(student, rng, scored):
    P, stoi, letters = scored
    words = made_up_names(rng, letters, [400, 3, 2])  # the long one alone underflows in float64
    right, wrong = mean_nll(words, P, stoi), {"product-underflow": math.inf}
    expect.close(student.mean_nll(words, P, stoi), right, what="NLL", misconceptions=wrong)


def empty_list(student, P, stoi):
    """What an empty list gives; an error is as good as the NaN of 0 / 0, which no one can take for a mean."""
    try:
        nll = student.mean_nll([], P, stoi)
    except StudentError as error:
        if error.reason != "raised":
            raise
        return math.nan
    expect.shape(nll, (), what="NLL")
    return float(nll)


@check(
    points=0.25,
    message="Essayez une liste vide, puis un prénom dont une lettre n'est pas dans `stoi` : il n'y a pas de moyenne à "
    "donner, et la fonction doit lever une erreur. Un prénom vide, lui, a un symbole à prédire : le point. Et regardez la "
    "liste reçue après l'appel.",
)
def test_nothing_to_score(student, scored):
    P, stoi, letters = scored
    words = [letters[:3]]
    nll = student.mean_nll(words, P, stoi)
    expect.unchanged(student, what="mean_nll")
    expect.finite(nll, what="NLL")  # who always stops has earned nothing here
    numbers = to_array(nll, "NLL").data
    if numbers.size == 1 and math.isclose(numbers.item(), mean_nll(words, P, stoi), rel_tol=1e-4):  # else others say so
        expect.close(student.mean_nll([""], P, stoi), mean_nll([""], P, stoi), what="NLL du prénom vide")
    if not math.isnan(empty_list(student, P, stoi)):
        raise CheckFailed("D'une liste vide, « mean_nll » renvoie un nombre.")
    expect.raises(lambda: student.mean_nll([letters[:3], letters[0] + "û"], P, stoi), what="mean_nll")
