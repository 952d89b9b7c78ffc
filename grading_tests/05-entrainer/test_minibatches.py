"""Hidden checks of minibatches: a partition, in random order, from the generator received.

False alarms. `test_shuffled` looks at one permutation of 2,000 numbers. A function of a uniform permutation that moves by at
most c when one number changes place exceeds its mean by t with a probability of at most exp(-t**2 / (16 c**2 n)) (Maurey
1979; Schechtman 1982). Numbers left in the batch they would have without shuffling: c = 1, mean 200, bound 1200, so that
exp(-1000**2 / 32000) < 1e-13. Neighbours that share a batch: c = 2, mean 199, bound 1800, exp(-1601**2 / 128000) < 3e-9.
Two random orders of 50 numbers are the same with probability 1 / 50! < 1e-64.
Power: batches shuffled as blocks keep 1,990 neighbours together, a shuffle inside the batches leaves 2,000 numbers in
theirs: both are always seen.
"""

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.values import to_array


def numbers(batches):
    """Each batch as a list of ints."""
    expect.kind(batches, (list, tuple), what="la réponse")
    found = []
    for batch in batches:
        expect.integers(batch, what="un lot")
        values = to_array(batch, "un lot").data
        expect.equal(values.ndim, 1, what="le nombre de dimensions d'un lot")
        found.append(values.tolist())
    return found


def flat(batches):
    return [i for batch in batches for i in batch]


@check(
    points=1,
    message="Mettez tous les lots bout à bout : chaque numéro de 0 à n - 1 doit s'y trouver une fois et une seule.",
    misconceptions=["last-batch-dropped", "with-replacement", "numbers-from-one"],
)
def test_partition(student, rng):
    for n, batch_size in [(rng.randrange(20, 30) * 5, 5), (rng.randrange(20, 30) * 5 + rng.randint(1, 4), 5), (4, 9)]:
        order = flat(numbers(student.minibatches(n, batch_size)))
        if sorted(order) == list(range(n)):
            continue
        known = None
        if len(order) == n // batch_size * batch_size < n and len(set(order)) == len(order):
            known = "last-batch-dropped"
        elif sorted(order) == list(range(1, n + 1)):
            known = "numbers-from-one"
        elif len(order) > len(set(order)):
            known = "with-replacement"
        raise CheckFailed("Les lots ne forment pas un partage des numéros.", misconception=known)


@check(
    points=0.5,
    message="Essayez n = 23 avec des lots de 6, n = 9 avec des lots de 4, puis n = 3 avec des lots de 8 : combien de numéros dans chaque lot ?",
    misconceptions=["last-batch-dropped", "number-for-size"],
)
def test_sizes(student, rng):
    for n, batch_size in [(23, 6), (3, 8), (9, 4), (rng.randrange(6, 9) * 4, 4)]:
        sizes = [len(batch) for batch in numbers(student.minibatches(n, batch_size))]
        whole, rest = divmod(n, batch_size)
        wrong = {"last-batch-dropped": [batch_size] * whole}
        if len(sizes) == batch_size != whole + (rest > 0):
            raise CheckFailed("Il y a batch_size lots.", misconception="number-for-size")
        expect.equal(sizes, [batch_size] * whole + [rest] * (rest > 0), what="les tailles", misconceptions=wrong)


@check(
    points=1,
    message="Regardez où tombent les numéros 0, 1, 2… : chaque exemple doit pouvoir se trouver dans n'importe quel "
    "lot, avec n'importe quels voisins.",
    misconceptions=["not-shuffled", "shuffled-blocks", "shuffled-inside", "batches-fixed-seed"],
)
def test_shuffled(student):
    n, size = 2000, 200
    batches = numbers(student.minibatches(n, size))
    if flat(batches) == list(range(n)):
        raise CheckFailed("Les numéros sont restés dans l'ordre.", misconception="not-shuffled")
    place = {i: number for number, batch in enumerate(batches) for i in batch}
    if sum(place[i] == i // size for i in place) > 1200:
        raise CheckFailed("Les exemples restent dans leur lot d'origine.", misconception="shuffled-inside")
    if sum(place.get(i) == place.get(i + 1) for i in range(n - 1)) > 1800:
        raise CheckFailed("Des exemples voisins restent ensemble.", misconception="shuffled-blocks")
    again = numbers(student.minibatches(n, size))
    if batches == again:
        raise CheckFailed("Deux appels de suite donnent les mêmes lots.", misconception="batches-fixed-seed")


@check(
    points=0.5,
    message="Essayez deux générateurs de même graine, puis deux appels de suite avec le même générateur.",
    misconceptions=["batches-generator-unused", "batches-fixed-seed"],
)
def test_generator(student, seed):
    first, again, other = (flat(numbers(student.minibatches(50, 8, Generator(s)))) for s in (seed, seed, seed + 1))
    if first != again:
        raise CheckFailed("La même graine donne d'autres lots.", misconception="batches-generator-unused")
    source = student.ref("torch").Generator()
    successive = [flat(numbers(student.minibatches(50, 8, generator=source))) for _ in range(2)]
    if first == other or successive[0] == successive[1]:
        raise CheckFailed("Des lots qui devraient différer sont les mêmes.", misconception="batches-fixed-seed")
