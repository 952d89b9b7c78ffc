"""Hidden checks of interpolated_probability: the value on seen contexts, contexts of which only the end is known."""

import torch

from coursegrader.checks import check, expect
from reference.ngrams import interpolated_probability, ngram_counts
from reference.splits import windows

WRONG = [
    "oldest-symbols", "uniform-at-each-length", "beta-not-divided", "beta-times-V", "longest-first", "longest-only",
    "mean-of-lengths",
]  # fmt: skip


def steps(tables, context, V):
    """Counts (V,) of the last 1, 2, ... symbols."""
    return [counts.get(context[-m:], torch.zeros(V)).double() for m, counts in enumerate(tables, start=1)]


def mixed(rows, V, beta, divided=1.0):
    """The recursion over these rows, with `divided` times beta in the denominator."""
    P = torch.full((V,), 1 / V, dtype=torch.float64)
    for row in rows:
        P = (row + beta * P) / (row.sum() + divided * beta)
    return P


def known_mistakes(tables, context, V, beta):
    rows, k = steps(tables, context, V), len(tables)
    first = [counts.get(context[:m], torch.zeros(V)).double() for m, counts in enumerate(tables, start=1)]
    alone = [mixed([row], V, beta) for row in rows]
    return {
        "oldest-symbols": mixed(first, V, beta),
        "beta-not-divided": mixed(rows, V, beta, divided=0.0),
        "beta-times-V": mixed(rows, V, beta, divided=V),
        "longest-first": mixed(rows[::-1], V, beta),
        "longest-only": rows[-1] / rows[-1].sum(),
        "uniform-at-each-length": alone[-1],
        "mean-of-lengths": sum(alone) / k,
    }


@check(
    points=1,
    message="Refaites le calcul à la main avec deux tables : de quelle loi part-on, dans quel ordre les tables "
    "entrent-elles, et à quels symboles du contexte correspond chacune ?",
    misconceptions=WRONG,
)
def test_value(student, corpus, rng):
    words, stoi = corpus
    V = len(stoi)
    for k, beta in ((2, 2.0), (3, 0.5), (1, 4.0), (4, 3.0)):
        tables = [ngram_counts(words, stoi, m) for m in range(1, k + 1)]
        contexts = [tuple(context) for context in windows(words, stoi, k)[0].tolist() if 0 not in context[1:]]
        context = rng.choice([c for c in contexts if len(set(c)) > 1 or k == 1])
        P = student.interpolated_probability(tables, context, V, beta)
        expect.unchanged(student, what="interpolated_probability")
        right, wrong = interpolated_probability(tables, context, V, beta), known_mistakes(tables, context, V, beta)
        expect.close(P, right, what="P", misconceptions=wrong)


@check(
    points=1,
    message="Essayez un contexte que la plus longue table ne contient pas, mais dont les derniers symboles sont connus, "
    "puis un contexte que personne ne connaît.",
    misconceptions=[*WRONG, "interpolation-forgets"],
)
def test_unseen_context(student, corpus, rng):
    words, stoi = corpus
    V, beta = len(stoi) + 2, 1.5  # two symbols that no name has
    tables = [ngram_counts(words, stoi | {"0": V - 2, "1": V - 1}, m) for m in (1, 2, 3)]
    ends = [context for context in tables[1] if 0 not in context and context[0] != context[1]]
    for context in ((V - 1, *rng.choice(ends)), (V - 2, V - 1, rng.choice(ends)[1]), (1, V - 2, V - 1)):
        # First, since the oldest symbols alone lead to the uniform law here, too: test_value tells who takes these.
        wrong = {"interpolation-forgets": torch.full((V,), 1 / V), **known_mistakes(tables, context, V, beta)}
        P = student.interpolated_probability(tables, context, V, beta)
        expect.unchanged(student, what="interpolated_probability")
        expect.close(P, interpolated_probability(tables, context, V, beta), what="P", misconceptions=wrong)
