"""Hidden checks of split_names: no name in two parts, none lost, sizes, the seed, the order of the list, its content.

False alarms: sizes may be those of a draw for each name (by its hash, say). With n = 4,000 a part then has a standard
deviation of at most sqrt(n / 4) = 31.6, and the tolerance 0.05 n = 200 is 6.3 of them: two-sided below 4e-10 for each
of three parts. Two right splits of 300 names or more agree by chance with probability below 1e-50. All else is exact.
Power, over 3,000 lists each: benchmarks/calibration/02-contexte-plus-long_power.py.
"""

from coursegrader.checks import CheckFailed, check, expect

PARTS = ("train", "val", "test")


def split(student, words, seed, fractions):
    """The three parts, as lists of text."""
    answer = student.split_names(words, seed % 2**31, fractions)  # numpy.random.RandomState takes 32 bits
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 3, what="nombre de parties renvoyées")
    for name, part in zip(PARTS, answer, strict=True):
        expect.kind(part, (list, tuple), what=name)
        for word in part:
            expect.kind(word, str, what=f"un prénom de {name}")
    return [list(part) for part in answer]


def repeated(rng, names, n):
    """n distinct names, a third of them two or three times, in no order."""
    distinct = rng.sample(names, n)
    words = [*distinct, *rng.sample(distinct, n // 3), *rng.sample(distinct, n // 10)]
    rng.shuffle(words)
    return words


@check(
    points=1,
    message="Donnez une liste où des prénoms se répètent, puis cherchez ceux qui sont à la fois dans deux parties : il "
    "ne doit y en avoir aucun.",
    misconceptions=["duplicates-across-parts", "overlapping-parts"],
)
def test_no_shared_name(student, rng, seed, names):
    for words, cause in (
        (rng.sample(names, 500), "overlapping-parts"),
        (repeated(rng, names, 500), "duplicates-across-parts"),
    ):
        train, val, test = map(set, split(student, words, seed, (0.6, 0.2, 0.2)))
        if not (train and val and test):
            raise CheckFailed("Une des trois parties est vide.", misconception=None)
        shared = (train & val) | (train & test) | (val & test)
        if shared:
            raise CheckFailed("Des prénoms figurent dans deux parties.", misconception=cause)


@check(
    points=0.5,
    message="Réunissez les trois parties : chaque prénom distinct de la liste doit s'y trouver une fois, et une seule.",
    misconceptions=["names-lost", "repeats-kept"],
)
def test_complete(student, rng, seed, names):
    for n in (501, 637):  # no fraction of these is a whole number
        words = repeated(rng, names, n)
        together = [word for part in split(student, words, seed, (0.7, 0.2, 0.1)) for word in part]
        if set(together) < set(words):
            raise CheckFailed("Des prénoms ne sont dans aucune partie.", misconception="names-lost")
        if set(together) != set(words):
            raise CheckFailed("Des prénoms des trois parties ne viennent pas de la liste.")
        if len(together) > len(set(together)):
            raise CheckFailed("Des prénoms figurent plusieurs fois.", misconception="repeats-kept")


@check(
    points=0.5,
    message="Comptez les prénoms de chaque partie, avec d'autres `fractions` que 0,8, 0,1 et 0,1 : train, puis val, puis "
    "test.",
    misconceptions=["fractions-ignored", "fractions-swapped"],
)
def test_sizes(student, rng, seed, names):
    n = 4000
    for fractions in ((0.5, 0.3, 0.2), (0.6, 0.1, 0.3)):
        parts = split(student, rng.sample(names, n), seed, fractions)
        cause = None
        if near(parts, (0.8, 0.1, 0.1), n):
            cause = "fractions-ignored"
        elif near(parts, (fractions[0], fractions[2], fractions[1]), n):
            cause = "fractions-swapped"
        for name, part, fraction in zip(PARTS, parts, fractions, strict=True):
            if not near([part], [fraction], n):
                message = f"« {name} » n'a pas la taille demandée."
                raise CheckFailed(
                    message, expected=f"environ {fraction * n:.0f}", actual=str(len(part)), misconception=cause
                )


def near(parts, fractions, n):
    """Whether the parts have these sizes, up to 5 % of the whole."""
    return all(abs(len(part) - fraction * n) <= 0.05 * n for part, fraction in zip(parts, fractions, strict=True))


@check(
    points=0.5,
    message="Partagez deux fois la même liste avec la même graine : les trois parties doivent être les mêmes.",
    misconceptions=["split-not-repeatable"],
)
def test_same_seed(student, rng, seed, names):
    words = rng.sample(names, 300)
    first = split(student, words, seed, (0.6, 0.2, 0.2))
    if split(student, words, seed, (0.6, 0.2, 0.2)) != first:
        raise CheckFailed("La même graine donne deux partages différents.", misconception="split-not-repeatable")


@check(
    points=0.5,
    message="Partagez la même liste avec plusieurs graines : les prénoms de chaque partie doivent changer.",
    misconceptions=["split-in-order", "split-seed-fixed"],
)
def test_other_seed(student, rng, seed, names):
    words = rng.sample(names, 300)
    parts = [split(student, words, seed + shift, (0.6, 0.2, 0.2)) for shift in range(3)]
    train = [set(part[0]) for part in parts]
    if train[0] == train[1] or train[1] == train[2]:
        ordered = train[0] in ({*sorted(words)[: len(train[0])]}, {*words[: len(train[0])]})
        cause = "split-in-order" if ordered else "split-seed-fixed"
        raise CheckFailed("Des graines différentes donnent le même partage.", misconception=cause)


@check(
    points=0.5,
    message="Donnez les mêmes prénoms dans un autre ordre, ou certains deux fois : chaque prénom doit rester dans la "
    "même partie.",
    misconceptions=["split-follows-order"],
)
def test_input_order(student, rng, seed, names):
    distinct = rng.sample(names, 2000)
    shuffled = [*rng.sample(distinct, 2000), *rng.sample(distinct, 500)]
    first = split(student, distinct, seed, (0.6, 0.2, 0.2))
    for words in (distinct[::-1], shuffled):
        other = split(student, words, seed, (0.6, 0.2, 0.2))
        if [set(part) for part in other] != [set(part) for part in first]:
            raise CheckFailed("Le partage change avec l'ordre de la liste.", misconception="split-follows-order")


@check(
    points=0.5,
    message="Regardez la liste reçue avant et après l'appel : elle doit garder tous ses prénoms, dans leur ordre.",
)
def test_input_unchanged(student, rng, seed, names):
    words = repeated(rng, names, 200)
    split(student, words, seed, (0.6, 0.2, 0.2))
    expect.unchanged(student, what="split_names")
