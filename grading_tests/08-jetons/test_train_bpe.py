"""Hidden checks of train_bpe: merges without ties, the rule for ties, the end of the pairs. All exact.

The words of the first check are drawn again until no tie occurs and each known mistake shows; there any tie rule passes.
"""

from collections import Counter

from coursegrader.checks import CheckFailed, check, expect
from reference.bpe import count_pairs, merge_pair, to_bytes, train_bpe


def train(words, n_merges, choose, first=256, encode=to_bytes, weights=None, count=count_pairs):
    """BPE with parts that may be wrong: choose(counts) -> pair."""
    sequences = [encode(word) for word in words]
    weights = list(words.values()) if weights is None else weights
    merges = []
    for i in range(n_merges):
        counts = count(sequences, weights)
        if not counts:
            break
        best = choose(counts)
        sequences = [merge_pair(ids, best, first + i) for ids in sequences]
        merges.append(best)
    return merges


def most(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def known_mistakes(words, n):
    """What the usual wrong merges are."""
    counts = count_pairs([to_bytes(word) for word in words], list(words.values()))
    text = [token for word in words for _ in range(words[word]) for token in to_bytes(word)]

    return {
        "tie-largest": train(words, n, lambda counts: max(counts, key=lambda pair: (counts[pair], pair))),
        "tie-first-seen": train(words, n, lambda counts: max(counts, key=counts.get)),
        "tie-last-seen": train(words, n, lambda counts: max(reversed(counts), key=counts.get)),
        "training-weights-ignored": train(words, n, most, weights=[1] * len(words)),
        "never-recounted": sorted(counts, key=lambda pair: (-counts[pair], pair))[:n],
        "tokens-from-257": train(words, n, most, first=257),
        "tokens-from-255": train(words, n, most, first=255),
        "tokens-from-zero": train(words, n, most, first=0),
        "training-on-characters": train(words, n, most, encode=lambda word: [ord(letter) for letter in word]),
        "rarest-pair": train(words, n, lambda counts: min(counts, key=lambda pair: (counts[pair], pair))),
        "merges-across-words": train({"": 1}, n, most, encode=lambda _: text) if n else [],
        "vocabulary-size-for-merges": train(words, max(n - 256, 0), most),
        "pairs-seen-once-left": [
            pair for pair, count in zip(train(words, n, most), gains(words, n), strict=True) if count > 1
        ],
    }


def gains(words, n):
    """How often each merged pair was seen."""
    sequences, found = [to_bytes(word) for word in words], []
    for i, pair in enumerate(train(words, n, most)):
        found.append(count_pairs(sequences, list(words.values()))[pair])
        sequences = [merge_pair(ids, pair, 256 + i) for ids in sequences]
    return found


WRONG = list(known_mistakes({"ab": 1}, 1))


def tied(words, n):
    """Whether the most frequent pair is ever not the only one."""
    sequences = [to_bytes(word) for word in words]
    for i in range(n):
        top = Counter(count_pairs(sequences, list(words.values()))).most_common(2)
        if len(top) < 2 or top[0][1] == top[1][1]:
            return True
        sequences = [merge_pair(ids, top[0][0], 256 + i) for ids in sequences]
    return False


def plain(answer):
    """Lists of two tokens as pairs."""
    expect.kind(answer, (list, tuple), what="train_bpe")
    return [tuple(pair) if type(pair) is list else pair for pair in answer]


def judge(student, judged, own, words, n):
    answer = plain(student.train_bpe(words, n))
    right = train_bpe(words, n)
    wrong = {name: value for name, value in known_mistakes(words, n).items() if value != right}

    def compare(expected):
        known = {name: value for name, value in wrong.items() if value != expected}
        expect.equal(answer, expected, what="train_bpe", misconceptions=known)

    judged(compare, right, lambda: own["train"](student, words, n))


@check(
    points=2,
    message="Suivez quelques fusions à la main, en recomptant les paires après chacune : chaque mot compte autant de fois qu'il est vu.",
    misconceptions=WRONG,
)
def test_merges(student, make_words, judged, own):
    n = 5
    while True:
        words = make_words(14)
        right = train_bpe(words, n)
        mistakes = {
            name: value for name, value in known_mistakes(words, n).items() if not name.startswith(("tie", "pairs"))
        }
        if (
            not tied(words, n)
            and all(value != right for value in mistakes.values())
            and 195 in right[0] + right[1] + right[2]
        ):
            break
    judge(student, judged, own, words, n)


@check(
    points=1,
    message="Essayez un texte où plusieurs paires sont les plus fréquentes : laquelle faut-il prendre ?",
    misconceptions=WRONG,
)
def test_ties(student, judged, own, rng):
    words = ["dab", "cab", "bad", "dac", "éb"]
    rng.shuffle(words)
    words = ["dbca", *words]
    judge(student, judged, own, dict.fromkeys(words, 1), 6)


@check(
    points=1,
    message="Essayez plus de fusions qu'il n'y a de paires, un mot comme « aaab », aucune fusion, aucun mot ; et regardez le dictionnaire reçu après l'appel.",
    misconceptions=WRONG,
)
def test_ends(student, judged, own):
    for words, n in (({"abc": 3, "ab": 2}, 20), ({"été": 1, "a": 5}, 20), ({"aaab": 2}, 20), ({"abab": 4}, 0), ({}, 3)):
        answer = plain(student.train_bpe(words, n))
        changed = student.last_call.modified_inputs
        right = train_bpe(words, n)
        mistakes = known_mistakes(words, n) if words else {}
        answers = list(mistakes.values())  # where two rules for ties give the same merges, none is told
        wrong = {
            name: value
            for name, value in mistakes.items()
            if value != right and not (name.startswith("tie") and answers.count(value) > 1)
        }

        def compare(expected, answer=answer, wrong=wrong):
            known = {name: value for name, value in wrong.items() if value != expected}
            expect.equal(answer, expected, what="train_bpe", misconceptions=known)

        judged(compare, right, lambda words=words, n=n: own["train"](student, words, n))
        if changed:
            raise CheckFailed("La fonction a modifié le dictionnaire reçu.")
