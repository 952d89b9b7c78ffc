"""Hidden checks of count_pairs: pairs inside words, weights, pairs that overlap themselves. Counts may be floats that are whole."""

import itertools
from collections import Counter

from coursegrader.checks import CheckFailed, check, expect
from reference.bpe import count_pairs


def known_mistakes(words, weights):
    """What the usual wrong counts are."""
    joined, unordered, once, apart, single, short = (Counter() for _ in range(6))
    flat = [token for word in words for token in word]
    joined.update(itertools.pairwise(flat))
    for word, weight in zip(words, weights, strict=True):
        pairs = list(itertools.pairwise(word))
        for pair in pairs:
            unordered[min(pair), max(pair)] += weight
        for pair in set(pairs):
            once[pair] += weight
        for pair in pairs[:-1]:
            short[pair] += weight
        for i, pair in enumerate(pairs):
            if i % 2 == 0:
                apart[pair] += weight
        for token in word:
            single[token] += weight
    return {
        "weights-ignored": count_pairs(words, [1] * len(words)),
        "pairs-across-words": dict(joined),
        "pairs-without-order": dict(unordered),
        "pairs-once-a-word": dict(once),
        "overlaps-skipped": without_overlaps(words, weights),
        "pairs-two-by-two": dict(apart),
        "tokens-for-pairs": dict(single),
        "last-pair-missing": dict(short),
    }


def without_overlaps(words, weights):
    """Counts as by str.count: an occurrence that shares a token with the one before is left out."""
    counts = Counter()
    for word, weight in zip(words, weights, strict=True):
        taken = {}
        for i, pair in enumerate(itertools.pairwise(word)):
            if taken.get(pair) != i - 1:
                counts[pair] += weight
                taken[pair] = i
    return dict(counts)


WRONG = list(known_mistakes([[1, 2]], [1]))


def judge(student, words, weights):
    right = count_pairs(words, weights)
    wrong = {name: value for name, value in known_mistakes(words, weights).items() if value != right}
    answer = student.count_pairs(words, weights)
    expect.kind(answer, dict, what="count_pairs")
    plain = {
        tuple(pair) if type(pair) in (tuple, list) else pair: int(n) if type(n) is float and n == int(n) else n
        for pair, n in answer.items()
    }
    for name, value in wrong.items():
        if plain == value:
            expect.equal(plain, right, what="count_pairs", misconceptions={name: value})
    for pair in right:
        if pair not in plain:
            raise CheckFailed(f"Il manque la paire {pair}.")
    for pair in plain:
        if pair not in right:
            raise CheckFailed("Vous comptez une paire qui ne se trouve dans aucun mot.")
    for pair, n in right.items():
        expect.equal(plain[pair], n, what=f"le compte de {pair}")


@check(
    points=1,
    message="Comptez à la main les paires de deux mots courts, chacun de poids 1 : où commence un mot, où finit l'autre ?",
    misconceptions=WRONG,
)
def test_pairs(student, rng):
    words = [[1, 2, 3, 2, 1, 2], [300, 1, 2, 3], [4], [2, 1, 300, 5]]
    rng.shuffle(words)
    judge(student, words, [1] * len(words))
    expect.unchanged(student, what="count_pairs")


@check(
    points=0.5,
    message="Essayez des poids différents de 1 : une paire d'un mot vu dix fois compte dix fois, et un mot qui se "
    "trouve deux fois dans la liste compte deux fois.",
    misconceptions=WRONG,
)
def test_weights(student, rng):
    words = [[1, 2, 3], [2, 3, 1, 2], [3, 4], [1, 2, 3]]
    judge(student, words, [rng.randint(2, 9) for _ in words])


@check(
    points=0.5,
    message="Essayez [7, 7, 7], puis un mot vide, puis aucun mot du tout.",
    misconceptions=WRONG,
)
def test_overlaps(student):
    judge(student, [[7, 7, 7, 7, 7], [7, 7], []], [1, 1, 1])
    judge(student, [], [])
