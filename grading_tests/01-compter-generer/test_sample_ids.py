"""Hidden checks of sample_ids: the law of what is drawn, the source of chance, the form of the result, its length.

False alarms: `test_law` has the rate of `expect.sampled_from`, at most 1e-6. Two independent draws of 60 names agree
with a probability below 1e-18: two names agree with at most the probability of the likeliest one, which is below .5 in
every table (the first letter at most 50 / 57, its end at most .55). `test_form` draws 60 names of which every other one
is empty: none of them is with probability 2**-60 < 1e-18.
Power by simulation: docs/calibration/01-compter-generer.md.
"""

import torch

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.values import to_array
from reference.count_model import normalize_rows

LONGEST = 150  # a right name gets there with probability (6/7)**150 < 1e-10; wrong ones may never end


def made_up_table(rng, size=9):
    """(V, V) probabilities, no zero among them: rounding could draw it once in 2**24, and that is no mistake.

    An end comes about once in six symbols, an empty name once in a thousand: who draws again passes here, but not `test_form`.
    """
    weights = torch.tensor([[rng.choice([1.0, 2, 5, 20, 50]) for _ in range(size)] for _ in range(size)])
    weights[:, 0] = weights.sum(dim=1) / 6
    weights[0, 0] = weights[0].sum() / 1000
    return normalize_rows(weights)


def wrong_laws(P):
    """Laws of usual wrong samplers."""
    return {
        "argmax-sampling": torch.eye(len(P))[P.argmax(dim=1)],
        "uniform-sampling": torch.full_like(P, 1 / len(P)),
        "column-sampling": P.T / P.T.sum(dim=1, keepdim=True),
        "row-shifted": P.roll(1, dims=0),
    }


def draw(student, P, n, seed=None, max_len=LONGEST, *, generator=None):
    """n names as lists of ints, as they came."""
    generator = generator if seed is None else Generator(seed)
    answer = student.sample_ids(P, n, generator=generator, max_len=max_len)
    expect.kind(answer, (list, tuple), what="la réponse")
    expect.equal(len(answer), n, what="le nombre de prénoms")
    return [integers(ids) for ids in answer]


def integers(ids):
    """The numbers of one name: Python's, NumPy's, or tensors of one element."""
    expect.kind(ids, (list, tuple), what="un prénom")
    expect.integers(ids, what="les numéros d'un prénom")
    return to_array(ids, "les numéros d'un prénom").data.reshape(-1).tolist()


def one_name(rng, length):
    """A name, and the (V, V) table that can spell no other."""
    path = rng.sample(range(1, length + 1), length)
    P = torch.zeros((length + 1, length + 1))
    P[[0, *path], [*path, 0]] = 1.0
    return path, P


def must_vary(sequences):
    """Fail if all names are one and the same."""
    if all(ids == sequences[0] for ids in sequences):
        raise CheckFailed("Tous les prénoms d'un même tirage sont identiques.", misconception="argmax-sampling")


@check(
    points=2,
    message="Comparez un grand nombre de tirages avec `P` : chaque symbole doit être tiré au sort, avec les "
    "probabilités de la ligne du symbole précédent.",
    misconceptions=["argmax-sampling", "uniform-sampling", "column-sampling", "row-shifted"],
)
def test_law(student, rng, seed):
    P = made_up_table(rng)
    wrong = wrong_laws(P)
    # Marks left in the result are test_form's business.
    sequences = [[i for i in ids if i != 0] for ids in draw(student, P, 1000, seed)]
    expect.sampled_from(sequences, P, what="sample_ids", misconceptions=wrong, max_len=LONGEST)


@check(
    points=0.5,
    message="Tirez deux fois avec un générateur de même graine : les prénoms doivent être les mêmes, et variés. Tous "
    "les tirages passent-ils par `generator` ? Et sans générateur, deux fois après le même torch.manual_seed ?",
    misconceptions=["generator-unused", "argmax-sampling"],
)
def test_same_seed(student, rng, seed):
    P = made_up_table(rng)
    first, second = draw(student, P, 60, seed), draw(student, P, 60, seed)
    if first != second:
        raise CheckFailed("La même graine donne deux fois des prénoms différents.", misconception="generator-unused")
    must_vary(first)
    free = []
    for _ in range(2):
        student.manual_seed(seed)
        free.append(draw(student, P, 60))
    if free[0] != free[1]:
        raise CheckFailed(
            "Sans générateur, vos prénoms ne dépendent pas du hasard général de PyTorch, que fixe torch.manual_seed."
        )


@check(
    points=0.5,
    message="Tirez avec deux graines différentes, puis deux fois de suite avec le même générateur, puis sans : les "
    "prénoms doivent changer.",
    misconceptions=["fixed-seed", "argmax-sampling"],
)
def test_other_seed(student, rng, seed):
    P = made_up_table(rng)
    first, other = draw(student, P, 60, seed), draw(student, P, 60, seed + 1)
    must_vary(first)
    source = student.ref("torch").Generator()  # which has moved on by the second call, unless the function sets it back
    one, two = (draw(student, P, 60, generator=source) for _ in range(2))
    if first == other or one == two or draw(student, P, 60) == draw(student, P, 60):
        raise CheckFailed("Des tirages qui devraient différer donnent les mêmes prénoms.", misconception="fixed-seed")


def form(student, rng, seed):
    """What `test_form` judges, of draws with this seed."""
    path, P = one_name(rng, 6)
    wrong = {"end-mark-kept": [*path, 0], "start-mark-kept": [0, *path], "column-sampling": path[::-1]}
    for ids in draw(student, P, 3, seed, max_len=50):
        expect.equal(ids, path, what="un prénom", misconceptions=wrong)
    path, P = one_name(rng, 120)
    for ids in draw(student, P, 2, seed, max_len=None):
        wrong = {"length-capped": path[: len(ids)]} if 0 < len(ids) < len(path) else {}
        expect.equal(ids, path, what="un prénom de 120 lettres, sans max_len", misconceptions=wrong)
    if [] not in draw(student, torch.tensor([[0.5, 0.5], [1.0, 0.0]]), 60, seed):
        raise CheckFailed(
            "Aucun prénom n'est vide, alors que la fin vient d'emblée une fois sur deux.",
            misconception="empty-names-rejected",
        )


@check(
    points=0.5,
    message="Essayez un tableau sans hasard, où chaque symbole n'a qu'une suite possible : chaque prénom est une liste "
    "de numéros, sans les points du début et de la fin. Sans `max_len`, rien n'est coupé ; et un prénom peut être vide.",
    misconceptions=["end-mark-kept", "start-mark-kept", "column-sampling", "length-capped", "empty-names-rejected"],
)
def test_form(student, rng, seed):
    """A failure is asked again: of right samplers, one that compares a number of 24 bits with cumulated sums draws a symbol of
    probability 0 once in 2**24. There are at most 260 such draws here, so that it happens twice with probability below 1e-9.
    """
    try:
        form(student, rng, seed)
    except CheckFailed:
        form(student, rng, seed + 1)


@check(
    points=0.5,
    message="Essayez un tableau où la fin est rare, avec `max_len` : un prénom peut atteindre `max_len` lettres, mais "
    "pas les dépasser.",
    misconceptions=["max-len-ignored", "long-names-rejected"],
)
def test_longest(student, rng, seed):
    """That none of 60 names reaches the greatest length has probability (1 - 0.98**5)**60 < 1e-50.

    A name gets there with at least p = 0.98**5 = .904; that fewer than half of 60 do, by Chernoff, below
    (2 sqrt(p (1 - p)))**60 < 1e-13.
    """
    P = torch.full((21, 21), 0.98 / 20)  # large: an end is rare by its columns, and by uniform draws, too
    P[:, 0] = 0.02
    P[0] = torch.tensor([0.0] + 20 * [1 / 20])
    max_len = rng.randint(4, 6)
    lengths = [sum(i != 0 for i in ids) for ids in draw(student, P, 60, seed, max_len)]
    if max(lengths) > 3 * max_len:
        raise CheckFailed("Des prénoms dépassent de loin `max_len`.", misconception="max-len-ignored")
    expect.equal(max(lengths), max_len, what="la longueur du plus long prénom")
    # Nine in ten get there. Of names drawn again until they end by themselves, one in four would.
    if sum(length == max_len for length in lengths) < 30:
        raise CheckFailed(
            "Trop peu de prénoms atteignent `max_len`, alors que la fin est rare.", misconception="long-names-rejected"
        )
