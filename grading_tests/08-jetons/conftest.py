"""What the checks of the tokens share: words to learn from, and what follows from an earlier mistake.

train_bpe uses to_bytes, count_pairs and merge_pair; encode_word uses merge_pair; decode_tokens uses token_bytes. A mistake in one of them
would cost the points of the next too. An answer that is not the right one therefore also passes when it is right *given the
student's own earlier functions*, as long as those still do what they are for in outline: `judged` computes that only after the
first comparison has failed.
"""

from collections import Counter

import pytest

from coursegrader.checks import CheckFailed, StudentError, expect

LETTERS = "abcdeé"


def draw_words(rng, n=12, letters=LETTERS):
    """Words of one to nine letters with a weight; letters repeat, so that pairs overlap themselves."""
    words = {}
    while len(words) < n:
        word = "".join(rng.choice(letters) for _ in range(rng.randint(1, 9)))
        words[word] = rng.randint(1, 9)
    return words


@pytest.fixture
def make_words(rng):
    """A function: (n, letters) -> {word: weight}."""
    return lambda n=12, letters=LETTERS: draw_words(rng, n, letters)


def own_merge(student, ids, pair, new_id):
    """The student's merge_pair, if it still gives a list of tokens that is no longer than what it got."""
    merged = student.merge_pair(list(ids), pair, new_id)
    expect.kind(merged, (list, tuple), what="merge_pair")
    if not all(type(token) is int for token in merged) or not 0 < len(merged) <= len(ids):
        raise CheckFailed("own")
    return list(merged)


def merges_at_all(student):
    """Whether merge_pair puts the new token into a list that has the pair, and into no other: one that does nothing leads anywhere."""
    with_pair, without = (
        student.merge_pair([3, 1, 2, 4, 1, 2, 5], (1, 2), 300),
        student.merge_pair([3, 6, 4, 5], (1, 2), 300),
    )
    return type(with_pair) is type(without) is list and holds(with_pair, 300) and not holds(without, 300)


def holds(tokens, token):
    return any(getattr(found, "ndim", 0) == 0 and found == token for found in tokens)


def own_encoding(student, word, merges):
    """What encode_word gives with the student's own to_bytes and merge_pair."""
    if not merges_at_all(student):
        raise CheckFailed("own")
    ids = student.to_bytes(word)
    expect.kind(ids, list, what="to_bytes")
    if len(ids) < len(word):
        raise CheckFailed("own")
    for i, pair in enumerate(merges):
        if len(ids) > 1:
            ids = own_merge(student, ids, pair, 256 + i)
    return ids


def own_training(student, words, n_merges):
    """What train_bpe gives with the student's own to_bytes, count_pairs and merge_pair."""
    sequences = [student.to_bytes(word) for word in words]
    merges = []
    for i in range(n_merges):
        counts = student.count_pairs(sequences, list(words.values()))
        expect.kind(counts, (dict, Counter), what="count_pairs")
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(tuple(best))
        sequences = [own_merge(student, ids, best, 256 + i) if len(ids) > 1 else ids for ids in sequences]
    if len(set(merges)) < min(n_merges, 2):
        raise CheckFailed("own")
    return merges


@pytest.fixture
def judged():
    """judged(compare, right, own): `compare(right)`, or `compare(own())` if only that passes."""

    def judge(compare, right, own):
        try:
            compare(right)
        except CheckFailed as failure:
            try:
                compare(own())
            except (CheckFailed, StudentError, TypeError, ValueError, AttributeError):
                raise failure from None

    return judge


@pytest.fixture
def own():
    """The two computations with the student's own functions: own["train"], own["encode"]."""
    return {"train": own_training, "encode": own_encoding}
