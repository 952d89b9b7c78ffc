"""Hidden checks of count_bigrams: inside the names, at their ends, on real names, on an empty list, a letter that has no number."""

import torch

from coursegrader.checks import check, expect
from coursegrader.checks.values import to_array
from reference.count_model import count_bigrams

LETTERS = "elanoirésumç-'"


def made_up(rng):
    """Thirty names of one letter or more, some with a pair that comes twice, one of them in places that overlap, and a numbering
    that is not alphabetical.
    """
    words = ["".join(rng.choices(LETTERS, k=rng.randint(1, 8))) for _ in range(25)]
    words += [2 * "".join(rng.choices(LETTERS, k=2)) for _ in range(4)]
    words.append(5 * rng.choice(LETTERS))  # four transitions; `str.count` sees two
    rng.shuffle(words)
    symbols = [".", *rng.sample(LETTERS, len(LETTERS))]
    return words, {symbol: i for i, symbol in enumerate(symbols)}


def table(counts, stoi):
    """The student's counts, whatever holds them: (V, V) float64."""
    expect.shape(counts, (len(stoi), len(stoi)), what="counts")
    return to_array(counts, "counts").data.astype("float64")


def inside(counts):
    """Only the transitions from letter to letter: row and column 0 become zero."""
    counts = torch.as_tensor(counts).clone()
    counts[0], counts[:, 0] = 0, 0
    return counts


def boundary(counts):
    """Only the transitions from and to the dot."""
    return torch.as_tensor(counts) - inside(counts)


@check(
    points=1,
    message="Regardez les transitions d'une lettre à la suivante, à l'intérieur des prénoms : où vont-elles dans le "
    "tableau, et que vaut une case dont la transition revient plusieurs fois, comme « l » vers « l » dans « lll » ?",
    misconceptions=["transposed-counts", "presence-not-count", "names-joined"],
)
def test_letters(student, rng):
    words, stoi = made_up(rng)
    right = inside(count_bigrams(words, stoi))
    wrong = {
        "transposed-counts": right.T,
        "presence-not-count": right.clamp(max=1),
        "names-joined": inside(count_bigrams(["".join(words)], stoi)),
    }
    counts = table(student.count_bigrams(words, stoi), stoi)
    expect.equal(inside(counts), right, what="counts", misconceptions=wrong)


@check(
    points=1,
    message="Regardez la ligne et la colonne du point : combien de prénoms commencent par chaque lettre, et combien "
    "finissent par elle ?",
    misconceptions=["no-start", "no-end", "no-boundary", "transposed-counts", "presence-not-count", "names-joined"],
)
def test_boundaries(student, rng):
    words, stoi = made_up(rng)
    right = boundary(count_bigrams(words, stoi))
    starts, ends = torch.zeros_like(right), torch.zeros_like(right)
    starts[0], ends[:, 0] = right[0], right[:, 0]
    wrong = {
        "no-start": ends,
        "no-end": starts,
        "no-boundary": torch.zeros_like(right),
        "transposed-counts": right.T,
        "presence-not-count": right.clamp(max=1),
        "names-joined": boundary(count_bigrams(["".join(words)], stoi)),
    }
    counts = table(student.count_bigrams(words, stoi), stoi)
    expect.equal(boundary(counts), right, what="counts", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez d'autres prénoms, avec un vocabulaire plus grand que le leur : la forme du tableau vient de "
    "`stoi`, et sa somme vaut le nombre de lettres plus le nombre de prénoms. Une même case peut dépasser 255.",
)
def test_real_names(student, rng, names):
    words = [*rng.sample(names, 40), "anne-marie", "o", "n'guessan", 280 * "lo"]  # more than eight bits can hold
    symbols = [".", *sorted(set("".join(words)) | set("012"), reverse=True), "3"]  # no name has the last one, either
    stoi = {symbol: i for i, symbol in enumerate(symbols)}
    counts = table(student.count_bigrams(words, stoi), stoi)
    expect.unchanged(student, what="count_bigrams")
    expect.equal(int(counts.sum()), sum(map(len, words)) + len(words), what="la somme de counts")
    expect.equal(counts, count_bigrams(words, stoi), what="counts")


@check(
    points=0.5,
    message="Essayez une liste vide : le tableau garde sa forme, et il n'y a rien à compter. Puis un prénom dont une lettre "
    "n'est pas dans `stoi` : la sauter ferait un autre prénom, et la fonction doit lever une erreur.",
)
def test_odd_lists(student):
    stoi = {".": 0, "b": 1, "a": 2}
    counts = student.count_bigrams([], stoi)
    expect.equal(counts, torch.zeros((3, 3), dtype=torch.int64), what="counts")
    expect.raises(lambda: student.count_bigrams(["ab", "aûb"], stoi), what="count_bigrams")
