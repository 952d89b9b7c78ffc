"""Hidden checks of ngram_nll: the value, contexts that the table does not hold, an impossible name, a letter that has no number."""

import math

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.ngrams import ngram_counts, ngram_nll, ngram_probability
from reference.splits import windows

WRONG = [
    "ngram-sum-for-mean", "ngram-mean-per-name", "ngram-mean-of-means", "ngram-letters-only", "ngram-no-end",
    "ngram-base-two", "ngram-base-ten", "ngram-sign", "alpha-times-contexts", "alpha-ignored",
    "unseen-context-skipped", "one-dot-only", "contexts-cross-names",
]  # fmt: skip


def known_mistakes(counts, words, stoi, k, alpha, wrong_windows):
    """What the usual wrong computations give."""
    V, length, n = len(stoi), sum(map(len, words)), len(words)

    def costs(X, Y, alpha=alpha):
        spots = zip(map(tuple, X), Y, strict=True)
        return [-math.log(ngram_probability(counts, context, V, alpha)[j] or 1e-99) for context, j in spots]

    def mean(values):
        return sum(values) / len(values)

    X, Y = (part.tolist() for part in windows(words, stoi, k))
    all_costs = costs(X, Y)
    per_name = [costs(*(part.tolist() for part in windows([word], stoi, k))) for word in words]
    ends = sum(cost for cost, j in zip(all_costs, Y, strict=True) if j == 0)
    rows = [counts.get(tuple(context)) for context in X]
    pairs = [(row[j], row.sum()) if row is not None else (0, 0) for row, j in zip(rows, Y, strict=True)]
    known = [cost for cost, row in zip(all_costs, rows, strict=True) if row is not None]
    total, right = sum(all_costs), mean(all_costs)
    others = wrong_windows(words, stoi, k)
    return {
        "ngram-sum-for-mean": total,
        "ngram-mean-per-name": total / n,
        "ngram-mean-of-means": mean([mean(values) for values in per_name]),
        "ngram-letters-only": total / length,
        "ngram-no-end": (total - ends) / length,
        "ngram-base-two": right / math.log(2),
        "ngram-base-ten": right / math.log(10),
        "ngram-sign": -right,
        "alpha-times-contexts": mean([-math.log((seen + alpha) / (sums + alpha * V**k)) for seen, sums in pairs]),
        "alpha-ignored": mean(costs(X, Y, alpha=0.0)),
        "unseen-context-skipped": mean(known),
        "ngram-unseen-costs-nothing": sum(known) / len(all_costs),
        "one-dot-only": mean(costs(*others["one-dot-only"])),
        "contexts-cross-names": mean(costs(*others["contexts-cross-names"])),
    }


def telling(counts, words, stoi, k, alpha):
    """Whether a mean of means and a mean without the ends, which chance brings near to the right value, are 0.001 away from it."""
    X, Y = windows(words, stoi, k)
    costs = torch.stack(
        [
            -ngram_probability(counts, tuple(context), len(stoi), alpha)[j].log()
            for context, j in zip(X.tolist(), Y.tolist(), strict=True)
        ]
    )
    means = torch.stack([own.mean() for own in costs.split([len(word) + 1 for word in words])])
    return all(abs(other - costs.mean()) > 1e-3 for other in (means.mean(), costs[Y != 0].mean()))


def seen_names(corpus):
    """Names whose contexts of two symbols are all in a table, and the arguments that score them."""
    words, stoi = corpus
    counts, alpha = ngram_counts(words, stoi, 2), 0.5
    for n in range(6, len(words)):  # one more, until the mistakes that are near to the right value show
        scored = [*words[:n], words[7] + words[7], words[8][0]]
        scored = [
            word for word in scored if all(tuple(context) in counts for context in windows([word], stoi, 2)[0].tolist())
        ]
        if telling(counts, scored, stoi, 2, alpha):
            break
    return counts, scored, stoi, 2, alpha


@check(
    points=0.75,
    message="Refaites le calcul à la main sur deux prénoms courts, dont les contextes sont tous dans la table : que "
    "faut-il additionner, et par combien de symboles prédits faut-il diviser ?",
    misconceptions=WRONG,
)
def test_value(student, corpus, wrong_windows):
    case = seen_names(corpus)
    nll = student.ngram_nll(*case)
    expect.unchanged(student, what="ngram_nll")
    expect.close(nll, ngram_nll(*case), what="NLL", misconceptions=known_mistakes(*case, wrong_windows))


def draw_new_names(rng, names):
    """A hundred names to count, and fifty others, drawn until they are telling; a numbering not alphabetical."""
    stoi = {symbol: i for i, symbol in enumerate([".", *sorted(set("".join(names)), reverse=True)])}
    for _ in range(100):
        words = rng.sample(names, 150)
        counted, held_out = words[:100], words[100:]
        if telling(ngram_counts(counted, stoi, 3), held_out, stoi, 3, 0.1):
            return counted, held_out, stoi
    raise RuntimeError("no names that tell the mistakes apart")


@check(
    points=0.5,
    message="Essayez des prénoms nouveaux, dont beaucoup de contextes ne sont pas dans la table : ces symboles-là ont "
    "eux aussi une probabilité, et comptent dans la moyenne.",
    misconceptions=[*WRONG, "ngram-unseen-costs-nothing"],
)
def test_new_names(student, rng, names, wrong_windows):
    counted, held_out, stoi = draw_new_names(rng, names)
    for k, alpha in ((3, 0.1), (4, 0.5)):
        counts = ngram_counts(counted, stoi, k)
        wrong = known_mistakes(counts, held_out, stoi, k, alpha, wrong_windows)
        nll = student.ngram_nll(counts, held_out, stoi, k, alpha)
        expect.close(nll, ngram_nll(counts, held_out, stoi, k, alpha), what="NLL", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez, sans lissage, un prénom dont un contexte est connu mais n'a jamais été suivi de ce symbole : que "
    "vaut alors la NLL ? Et si c'est le contexte entier qui est inconnu ?",
    misconceptions=["ngram-sign", "unseen-context-skipped"],
)
def test_without_smoothing(student, rng):
    """Whether the loss is infinite, and whether an unseen context counts; its value is the other checks' business."""
    a, b, c = letters = rng.sample("aeioulnr", 3)
    stoi = {symbol: i for i, symbol in enumerate([".", *letters])}
    counts = ngram_counts([a + b, a + c], stoi, 2)
    nll = student.ngram_nll(counts, [a + b, a + b + c], stoi, 2, 0.0)
    expect.equal(nll, math.inf, what="NLL", misconceptions={"ngram-sign": -math.inf})
    del counts[stoi[a], stoi[c]]  # its end is now uniform: 1 / V
    nll = student.ngram_nll(counts, [a + c, a + b], stoi, 2, 0.0)
    expect.shape(nll, (), what="NLL")
    expect.finite(nll, what="NLL")
    if abs(float(nll) - math.log(4) / 5) < 1e-3:  # of six symbols, the five whose context is known
        raise CheckFailed("Sans lissage, un contexte inconnu ne compte pas.", misconception="unseen-context-skipped")


@check(
    points=0.25,
    message="Essayez un prénom dont une lettre n'est pas dans `stoi` : la sauter ou lui donner le numéro d'une autre "
    "noterait un autre prénom, et la fonction doit lever une erreur.",
)
def test_unknown_symbol(student, corpus):
    counts, scored, stoi, k, alpha = seen_names(corpus)
    nll = student.ngram_nll(counts, scored, stoi, k, alpha)  # who always stops has earned nothing here
    expect.close(nll, ngram_nll(counts, scored, stoi, k, alpha), what="NLL")
    expect.raises(lambda: student.ngram_nll(counts, [scored[0], "aûe"], stoi, k, alpha), what="ngram_nll")
