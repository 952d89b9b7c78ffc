"""Hidden checks of retrieve_passages against the formula: scores, order, ties, what has nothing in common.

Scores are compared to 1e-4; the texts are drawn again until no two scores that differ are closer than 1e-3, and each known mistake
shows by 1e-3 somewhere: no false alarm, and no miss, by chance.
"""

import math
import re
from collections import Counter
from itertools import pairwise

from coursegrader.checks import CheckFailed, check, expect
from reference.documents import retrieve_passages


def ranked(query, passages, *, idf, tf=lambda n: n, normal=True, corpus=None, split=None):
    """All positive scores in order, with parts that may be wrong."""
    split = split or (lambda text: re.findall(r"\w+", text.lower()))
    counts = [Counter(split(text)) for text in [query, *passages]]
    df = Counter(word for each in (counts if corpus == "all" else counts[1:]) for word in each)
    n = len(passages) + (corpus == "all")
    vectors = [{word: tf(count) * idf(n, df[word]) for word, count in each.items()} for each in counts]
    length = [math.sqrt(sum(value**2 for value in vector.values())) or 1.0 for vector in vectors]
    scores = []
    for i, vector in enumerate(vectors[1:]):
        product = sum(value * vector.get(word, 0.0) for word, value in vectors[0].items())
        if product > 0:
            scores.append((i, product / (length[0] * length[i + 1]) if normal else product))
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def smooth(n, df):
    return math.log((1 + n) / (1 + df)) + 1


def known_mistakes(query, passages):
    """What the usual wrong scores are."""
    known = {word for text in passages for word in re.findall(r"\w+", text.lower())}
    shared = " ".join(word for word in re.findall(r"\w+", query.lower()) if word in known)
    return {
        "no-idf": ranked(query, passages, idf=lambda n, df: 1.0),
        "not-normalised": ranked(query, passages, idf=smooth, normal=False),
        "idf-plain": ranked(query, passages, idf=lambda n, df: math.log(n / df) if df else 0.0),
        "idf-without-one": ranked(query, passages, idf=lambda n, df: math.log((1 + n) / (1 + df))),
        "idf-log10": ranked(query, passages, idf=lambda n, df: math.log10((1 + n) / (1 + df)) + 1),
        "binary-tf": ranked(query, passages, idf=smooth, tf=lambda n: 1),
        "case-kept": ranked(query, passages, idf=smooth, split=lambda text: re.findall(r"\w+", text)),
        "punctuation-kept": ranked(query, passages, idf=smooth, split=lambda text: text.lower().split()),
        "query-in-corpus": ranked(query, passages, idf=smooth, corpus="all"),
        "unknown-words-dropped": ranked(shared, passages, idf=smooth),
    }


WRONG = [*known_mistakes("a", ["a"]), "scores-ascending", "zero-scores-kept", "ties-last", "indices-only"]


def draw(words, rng):
    """A question and passages in which every known mistake shows."""
    while True:
        stock = words(9)
        passages = []
        for _ in range(5):
            text = " ".join(rng.choice(stock[:-1]) for _ in range(rng.randint(4, 9)))
            passages.append(text[0].upper() + text[1:] + rng.choice([".", " !", ", enfin."]))
        query = f"{stock[0].upper()} {stock[1]} {stock[1]} {stock[2]}, {stock[-1]} ?"
        right = retrieve_passages(query, passages, 5)
        scores = [score for _, score in right]
        apart = all(a - b > 1e-3 for a, b in pairwise(scores))
        if (
            len(right) == 4
            and apart
            and all(differs(value, right) for value in known_mistakes(query, passages).values())
        ):
            return query, passages


def differs(value, right):
    return len(value) != len(right) or any(
        i != j or abs(a - b) > 1e-3 for (i, a), (j, b) in zip(value, right, strict=True)
    )


def pairs(answer):
    """The answer as two lists: indices, scores."""
    expect.kind(answer, (list, tuple), what="retrieve_passages")
    if answer and all(type(item) is int for item in answer):
        raise CheckFailed("On attend des couples (indice, cosinus).", misconception="indices-only")
    if not all(type(item) in (list, tuple) and len(item) == 2 for item in answer):
        raise CheckFailed("On attend une liste de couples (indice, cosinus).")
    return [item[0] for item in answer], [item[1] for item in answer]


def judge(answer, right, wrong, what):
    indices, scores = pairs(answer)
    due, values = pairs(right)
    for name, value in wrong.items():
        if indices == [i for i, _ in value] and same(scores, [score for _, score in value]):
            raise CheckFailed(f"{what} : les cosinus ne sont pas ceux de la formule.", misconception=name)
    if len(indices) == len(due):
        if indices == due[::-1] and indices != due:
            raise CheckFailed(f"{what} : du plus petit au plus grand.", misconception="scores-ascending")
    elif len(indices) > len(due) and any(type(score) in (int, float) and score == 0 for score in scores):
        raise CheckFailed(f"{what} : des passages de cosinus nul.", misconception="zero-scores-kept")
    expect.equal(indices, due, what=f"{what}, les indices")
    if due:
        expect.close(scores, values, what=f"{what}, les cosinus", rtol=1e-4, atol=1e-5)


def same(scores, values):
    return all(type(a) in (int, float) and abs(a - b) < 1e-4 for a, b in zip(scores, values, strict=True))


@check(
    points=1.5,
    message="Refaites le calcul à la main sur trois passages : mots en minuscules et sans ponctuation, nombre de fois, idf, "
    "longueurs des deux vecteurs.",
    misconceptions=WRONG,
)
def test_scores(student, words, rng):
    query, passages = draw(words, rng)
    # With k = N nothing but the scores decides; passages with nothing in common are the next check's business.
    answer = student.retrieve_passages(query, passages, 4)
    right = retrieve_passages(query, passages, 4)
    wrong = {name: value[:4] for name, value in known_mistakes(query, passages).items()}
    judge(answer, right, wrong, "retrieve_passages")
    expect.unchanged(student, what="retrieve_passages")
    a, b, c = words(3)  # words of one letter are words, and letters have accents
    passages = [f"{a}é y {b}", f"{a} {b}", f"é{c} y, l'{b}"]
    answer = student.retrieve_passages(f"Y {a}É {b}", passages, 4)
    judge(answer, retrieve_passages(f"Y {a}É {b}", passages, 4), {}, "retrieve_passages, avec des accents")


@check(
    points=1,
    message="Regardez l'ordre : le plus grand cosinus d'abord, k passages au plus, et à égalité le plus petit indice. "
    "Un passage sans aucun mot commun n'est pas renvoyé.",
    misconceptions=["scores-ascending", "zero-scores-kept", "ties-last", "k-ignored", "not-normalised"],
)
def test_order(student, words):
    a, b, c, d = words(4)
    passages = [f"{a} {b} {c}", d, f"{a} {b}", a, f"{b} {a}"]
    for k in (9, 5, 3, 2, 1):  # the most first: where all are seen no two of the wrong orders are alike
        answer = student.retrieve_passages(f"{a} {a}", passages, k)
        indices, _ = pairs(answer)
        # One word asked: whatever the weights, the shorter the passage the larger its cosine. Scores are the other check's business.
        right = [3, 2, 4, 0][:k]
        wrong = {
            "ties-last": [3, 4, 2, 0][:k],
            "scores-ascending": [0, 2, 4, 3][:k],
            "not-normalised": [0, 2, 3, 4][:k],
        }
        if len(indices) > k:
            raise CheckFailed(f"{len(indices)} passages, au lieu de {k} au plus.", misconception="k-ignored")
        if 1 in indices:
            raise CheckFailed("Un passage sans mot commun est renvoyé.", misconception="zero-scores-kept")
        wrong = {name: value for name, value in wrong.items() if value != right}
        expect.equal(indices, right, what="les indices", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez aucun passage, une question vide, ou sans aucun mot des passages ; et un passage sans aucun mot.",
    misconceptions=["division-by-zero", "zero-scores-kept"],
)
def test_bounds(words, ended):
    a, b = words(2)
    for query, passages in ((a, []), ("", [a, b]), ("?!", [a]), (a, [b, b]), (a, ["", "...", b])):
        result = ended("retrieve_passages", query, passages, 2)
        if "value" not in result:
            name = "division-by-zero" if result["error"] == "ZeroDivisionError" else None
            raise CheckFailed(f"La fonction finit par une erreur ({result['error']}).", misconception=name)
        if pairs(result["value"])[0]:
            raise CheckFailed(
                "Des passages sont renvoyés, qui n'ont aucun mot commun.", misconception="zero-scores-kept"
            )
    result = ended("retrieve_passages", a, ["", f"{b} {a}"])
    expect.equal(pairs(result.get("value", []))[0], [1], what="les indices, avec un passage vide")
