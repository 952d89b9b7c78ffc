"""Hidden checks of merge_pair: everywhere, from left to right, no token used twice, an untouched input."""

from coursegrader.checks import CheckFailed, check, expect
from reference.bpe import merge_pair


def known_mistakes(ids, pair, new_id):
    """What the usual wrong lists are."""
    places = [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair]
    first = [*ids[: places[0]], new_id, *ids[places[0] + 2 :]] if places else ids
    right_to_left = merge_pair(ids[::-1], pair[::-1], new_id)[::-1]
    overlapping = [
        new_id if i in places else token for i, token in enumerate(ids) if i in places or i - 1 not in places
    ]
    either, i = [], 0
    while i < len(ids):
        either.append(new_id if tuple(ids[i : i + 2]) in (pair, pair[::-1]) else ids[i])
        i += 2 if either[-1] == new_id else 1
    right = merge_pair(ids, pair, new_id)
    return {
        "only-first-place": first,
        "right-to-left": right_to_left,
        "token-used-twice": overlapping,
        "merged-in-either-order": either,
        "second-token-kept": [new_id if i in places else token for i, token in enumerate(ids)],
        "last-token-lost": right[:-1],
        "tokens-two-by-two": two_by_two(ids, pair, new_id),
        "pair-only-removed": [token for token in right if token != new_id],
    }


def two_by_two(ids, pair, new_id):
    """The list read in steps of two, whatever the pairs."""
    out = []
    for i in range(0, len(ids), 2):
        out += [new_id] if tuple(ids[i : i + 2]) == pair else ids[i : i + 2]
    return out


WRONG = [*known_mistakes([1, 2], (1, 2), 256), "input-modified"]


def judge(student, ids, pair, new_id):
    right = merge_pair(ids, pair, new_id)
    wrong = {name: value for name, value in known_mistakes(ids, pair, new_id).items() if value != right}
    expect.equal(student.merge_pair(ids, pair, new_id), right, what="merge_pair", misconceptions=wrong)


@check(
    points=1,
    message="Fusionnez à la main une paire qui se trouve à plusieurs places, paires et impaires, dont la fin de la liste, "
    "puis des jetons comme 11 ou 22 autour de la paire (1, 2).",
    misconceptions=WRONG,
)
def test_everywhere(student, rng):
    new_id = rng.randint(256, 400)
    judge(student, [5, 1, 2, 2, 1, 1, 2, 3, 1, 2, 9, 2, 1, 1, 2], (1, 2), new_id)
    judge(student, [300, 1, 2, 300, 1, 4], (300, 1), new_id)
    judge(student, [11, 2, 1, 2, 1, 22, 31, 2], (1, 2), new_id)  # numbers that begin or end like those of the pair


@check(
    points=0.5,
    message="Essayez une paire de deux jetons égaux, dans une suite de trois, puis de quatre et de cinq jetons égaux.",
    misconceptions=WRONG,
)
def test_overlaps(student):
    for ids in ([4, 7, 7, 7, 4], [7, 7, 7, 7], [7, 7, 7, 7, 7]):
        judge(student, ids, (7, 7), 256)


@check(
    points=0.5,
    message="Essayez une liste vide, une liste d'un jeton, une paire absente ; puis regardez la liste reçue après l'appel.",
    misconceptions=WRONG,
)
def test_edges(student):
    for ids in ([], [1], [2, 1, 3]):
        judge(student, ids, (1, 2), 256)
    judge(student, [3, 1, 2, 4], (1, 2), 256)
    if student.last_call.modified_inputs:
        raise CheckFailed("La fonction a modifié la liste reçue.", misconception="input-modified")
