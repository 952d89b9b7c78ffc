"""Hidden checks of encode_word: merges in the order of training, on words that the training has not seen. All exact.

Words and merges are drawn until each known mistake shows, so that none passes by luck.
"""

from coursegrader.checks import check, expect
from reference.bpe import merge_pair, to_bytes, train_bpe
from reference.tokens import encode_word, token_bytes


def longest_first(word, merges):
    """From left to right, always the longest token that fits."""
    pieces = token_bytes(merges)
    order = sorted(range(len(pieces)), key=lambda token: -len(pieces[token]))
    rest, ids = to_bytes(word), []
    while rest:
        token = next(token for token in order if rest[: len(pieces[token])] == pieces[token])
        ids.append(token)
        rest = rest[len(pieces[token]) :]
    return ids


def first_place_only(word, merges):
    """Each merge at its first place only."""
    ids = to_bytes(word)
    for i, pair in enumerate(merges):
        for j in range(len(ids) - 1):
            if (ids[j], ids[j + 1]) == pair:
                ids = [*ids[:j], 256 + i, *ids[j + 2 :]]
                break
    return ids


def in_order(ids, merges, numbers):
    for i in numbers:
        ids = merge_pair(ids, merges[i], 256 + i)
    return ids


def left_to_right(word, merges):
    """Whatever pair can be merged first from the left, then again."""
    ids, known = to_bytes(word), {pair: 256 + i for i, pair in enumerate(merges)}
    while True:
        for j in range(len(ids) - 1):
            if (ids[j], ids[j + 1]) in known:
                ids = [*ids[:j], known[ids[j], ids[j + 1]], *ids[j + 2 :]]
                break
        else:
            return ids


def known_mistakes(word, merges):
    """What the usual wrong tokens are."""
    n = len(merges)
    right = encode_word(word, merges)
    return {
        "longest-token-first": longest_first(word, merges),
        "merges-reversed": in_order(to_bytes(word), merges, range(n - 1, -1, -1)),
        "merge-at-first-place": first_place_only(word, merges),
        "leftmost-pair-first": left_to_right(word, merges),
        "last-merge-missing": in_order(to_bytes(word), merges, range(n - 1)),
        "encode-characters": in_order([ord(letter) for letter in word], merges, range(n)),
        "merge-numbers-for-tokens": [token - 256 if token > 255 else token for token in right],
        "bytes-not-merged": to_bytes(word),
        "merges-sorted": in_order(to_bytes(word), merges, sorted(range(n), key=lambda i: merges[i])),
    }


ORDER = ("leftmost-pair-first", "longest-token-first", "merges-reversed", "merges-sorted", "merge-at-first-place")
WRONG = list(known_mistakes("ab", [(97, 98)]))


def judge(student, judged, own, word, merges):
    answer = student.encode_word(word, merges)
    right = encode_word(word, merges)
    wrong = {name: value for name, value in known_mistakes(word, merges).items() if value != right}

    def compare(expected):
        known = {name: value for name, value in wrong.items() if value != expected}
        expect.equal(answer, expected, what="encode_word", misconceptions=known)

    judged(compare, right, lambda: own["encode"](student, word, merges))


def telling_word(rng, merges, letters, shown):
    """A word on which this mistake of order shows; of 300 drawn, the one on which the mistakes differ most from each other."""
    best, most = None, (False, 0)
    for _ in range(300):
        word = "".join(rng.choice(letters) for _ in range(rng.randint(6, 16)))
        mistakes, right = known_mistakes(word, merges), encode_word(word, merges)
        if mistakes[shown] != right and mistakes["last-merge-missing"] == right:
            apart = mistakes["longest-token-first"] != mistakes["leftmost-pair-first"]  # these two are the most alike
            different = (apart, len({tuple(mistakes[name]) for name in ORDER} | {tuple(right)}))
            if different > most:
                best, most = word, different
    assert best is not None, "no word shows this mistake"
    return best


@check(
    points=1.5,
    message="Suivez les fusions une à une sur un mot court : la fusion 0 partout, puis la fusion 1, jusqu'à la dernière.",
    misconceptions=WRONG,
)
def test_order(student, make_words, rng, judged, own):
    while True:
        merges = train_bpe(make_words(20, "abcd"), 14)
        word = telling_word(rng, merges, "abcd", ORDER[0])
        mistakes = known_mistakes(word, merges)
        if list(mistakes.values()).count(mistakes[ORDER[0]]) == 1:  # it is often taken for the longest token first
            break
    for name in ORDER[1:]:
        judge(student, judged, own, word, merges)
        word = telling_word(rng, merges, "abcd", name)
    judge(student, judged, own, word, merges)


@check(
    points=1,
    message="Essayez un mot avec des accents, un émoji, des espaces, des caractères que l'apprentissage n'a jamais vus : "
    "tout texte a des jetons. Puis le même mot avec d'autres fusions.",
    misconceptions=WRONG,
)
def test_new_characters(student, rng, judged, own):
    """Merges that do not touch each other: whoever has their order wrong has lost points for that already."""
    pieces = ["é", "ab", "è", "z", "ç", "🙂", "5"]
    rng.shuffle(pieces)
    word = f" {''.join(pieces)} "  # spaces are characters, too
    judge(student, judged, own, word, [(195, 169), (97, 98), (195, 168), (33, 33)])
    judge(student, judged, own, word, [(97, 98), (33, 33)])  # the same word, by other merges


@check(
    points=0.5,
    message="Essayez un mot vide, un mot d'une lettre, aucune fusion, une seule fusion ; et regardez les listes reçues après l'appel.",
    misconceptions=WRONG,
)
def test_edges(student, judged, own):
    for word, merges in (("", [(97, 98)]), ("a", [(97, 98)]), ("été", []), ("aaaaa", [(97, 97)]), ("ab", [(97, 98)])):
        judge(student, judged, own, word, merges)
    student.encode_word("abab", [(97, 98), (256, 256)])
    expect.unchanged(student, what="encode_word")
