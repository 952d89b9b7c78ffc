"""Hidden checks of choose_alpha: chosen on validation, vocabulary and counts from training alone, whatever the grid.

Every list is drawn again until the right choice beats each other one by 0.001 nats, so that no rounding can change it,
and until each mistake that the check is meant for chooses another value: no false alarm and no miss by chance.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.ngrams import ngram_counts
from reference.splits import windows
from reference.vocabulary import build_vocabulary

GRID = [0.01, 0.1, 1.0, 10.0, 100.0]
MARGIN = 0.001


def losses(counted, scored, k, grid, stoi):
    """NLL of `scored` for each value of the grid, counts of `counted`: as the reference, but contexts are looked up once."""
    counts, V = ngram_counts(counted, stoi, k), len(stoi)
    X, Y = windows(scored, stoi, k)  # (n, k), (n,)
    never_seen = torch.zeros(V, dtype=torch.int64)
    rows = torch.stack([counts.get(tuple(context), never_seen) for context in X.tolist()]).double()  # (n, V)
    seen, sums = rows[torch.arange(len(Y)), Y], rows.sum(dim=1)  # (n,), (n,)
    return {alpha: ((sums + alpha * V) / (seen + alpha)).log().mean().item() for alpha in grid}


def best(by_alpha):
    """The value with the smallest loss, None if another is too near."""
    first, second = sorted(by_alpha, key=by_alpha.__getitem__)[:2]
    return first if by_alpha[second] - by_alpha[first] > MARGIN else None


def shuffled_letters(rng, words):
    """Each name with its letters in another order."""
    return ["".join(rng.sample(word, len(word))) for word in words]


def draw(rng, names, k, scramble):
    """Training and validation names, what must be chosen, and what the usual mistakes choose."""
    for _ in range(100):
        words = rng.sample(names, 350)
        train, val, test = words[:150], words[150:200], words[200:]
        val = shuffled_letters(rng, val) if scramble else val
        _, stoi = build_vocabulary(train)
        test = [word for word in test if stoi.keys() >= set(word)]
        if not stoi.keys() >= set("".join(val)):
            continue
        by_alpha = losses(train, val, k, GRID, stoi)
        right = best(by_alpha)
        wrong = {
            "alpha-on-counted-names": best(losses(train, train, k, GRID, stoi)),
            "alpha-largest-loss": max(by_alpha, key=by_alpha.__getitem__),
        }
        if scramble:
            wrong["alpha-on-test"] = best(losses(train, test, k, GRID, stoi))
        counted_on_both = best(losses(train + val, val, k, GRID, stoi))  # the smallest value, as on names of training
        whole_list = best(losses(train, val, k, GRID, build_vocabulary(names)[1]))  # the next check's business
        if right is not None and whole_list == right and not {right, None} & {counted_on_both, *wrong.values()}:
            return train, val, right, wrong
    raise RuntimeError("no lists on which the mistakes would show")


def draw_unreadable(rng, names):
    """The same of a validation list that is full of letters never seen in training."""
    rare = set("kqwxyz-")
    common = [name for name in names if rare.isdisjoint(name)]
    foreign = [name for name in names if sum(map(name.count, rare)) >= 2]
    for _ in range(100):
        words = rng.sample(common, 230)
        train, readable = words[:200], words[200:]
        val = [*readable, *rng.sample(foreign, 60)]
        rng.shuffle(val)
        _, stoi = build_vocabulary(train)
        if not stoi.keys() >= set("".join(readable)):
            continue
        by_alpha = losses(train, readable, 1, GRID, stoi)
        right, largest = best(by_alpha), max(by_alpha, key=by_alpha.__getitem__)
        leaked = best(losses(train, val, 1, GRID, build_vocabulary(train + val)[1]))
        whole_list = best(losses(train, val, 1, GRID, build_vocabulary(names)[1]))
        # the names that cannot be read, without the letters that were never seen: often the choice of whole_list, so it has no name
        dropped = ["".join(symbol for symbol in name if symbol in stoi) for name in val]
        shortened = best(losses(train, dropped, 1, GRID, stoi))
        seen = best(losses(train, train, 1, GRID, stoi))
        if right is not None and not {right, None} & {leaked, whole_list, shortened, seen}:
            # The largest loss comes last: in the check before it may be the choice of the names that were counted, and so have their name.
            wrong = {"vocabulary-from-validation": leaked, "alpha-on-counted-names": seen}
            return train, val, right, {**wrong, "alpha-largest-loss": largest}
    raise RuntimeError("no lists on which the mistake would show")


@check(
    points=1.5,
    message="Sur quels prénoms la table est-elle comptée, et sur quels prénoms la NLL est-elle mesurée ? Seuls `train` "
    "et `val` doivent entrer dans le calcul, chacun à sa place.",
    misconceptions=[
        "alpha-on-counted-names",
        "alpha-on-test",
        "alpha-largest-loss",
        "alpha-index",
        "nll-for-alpha",
    ],
)
def test_chosen_on_validation(student, rng, names):
    for k, scramble in ((2, False), (3, False), (2, True), (3, True)):
        train, val, right, wrong = draw(rng, names, k, scramble)
        grid = rng.sample(GRID, len(GRID))
        while grid.index(right) == right:  # a place that looks like the value
            rng.shuffle(grid)
        _, stoi = build_vocabulary(train)
        wrong["nll-for-alpha"] = losses(train, val, k, [right], stoi)[right]
        wrong["alpha-index"] = grid.index(right)
        expect.close(student.choose_alpha(train, val, k, grid), right, what="alpha", misconceptions=wrong)


@check(
    points=1,
    message="Donnez des prénoms de validation qui contiennent des lettres que l'entraînement n'a jamais vues : elles ne "
    "doivent entrer ni dans le vocabulaire ni dans les comptes, et la fonction doit pourtant répondre.",
    misconceptions=["vocabulary-from-validation", "alpha-on-counted-names", "alpha-largest-loss"],
)
def test_vocabulary_of_training(student, rng, names):
    train, val, right, wrong = draw_unreadable(rng, names)
    expect.close(student.choose_alpha(train, val, 1, GRID), right, what="alpha", misconceptions=wrong)


def unsorted(rng, grid):
    """The grid in an order that sorting changes, in either direction."""
    while True:
        drawn = rng.sample(grid, len(grid))
        if drawn not in (sorted(grid), sorted(grid, reverse=True)):
            return drawn


@check(
    points=0.5,
    message="Essayez d'autres grilles : non triée, ou d'une seule valeur. La réponse est un de ses nombres, et aucune "
    "des listes reçues ne doit changer.",
    misconceptions=["alpha-outside-grid"],
)
def test_grid(student, rng, names):
    """Which one is best is the other checks' business."""
    words = rng.sample(names, 120)
    train, val = words[:100], [word for word in words[100:] if set(word) <= set("".join(words[:100]))]
    for grid in ([0.3], [7.0], unsorted(rng, [0.02, 0.2, 5.0, 30.0]), unsorted(rng, [0.04, 0.4, 4.0])):
        answer = student.choose_alpha(train, val, 2, grid)
        expect.unchanged(student, what="choose_alpha")
        expect.finite(answer, what="alpha")
        expect.shape(answer, (), what="alpha")
        if not any(abs(float(answer) - alpha) < 1e-4 * alpha for alpha in grid):
            raise CheckFailed("« alpha » n'est pas un nombre de la grille.", misconception="alpha-outside-grid")
