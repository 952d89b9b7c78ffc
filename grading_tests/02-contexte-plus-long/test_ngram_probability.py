"""Hidden checks of ngram_probability: seen contexts, smoothing, contexts never seen, an untouched table."""

import torch

from coursegrader.checks import check, expect
from reference.ngrams import ngram_probability


def made_up_table(rng, V, k):
    """Ten contexts out of V**k, without a row of zeros; `rare` is one that is not among them."""
    contexts = set()
    while len(contexts) < 11:
        contexts.add(tuple(rng.randrange(V) for _ in range(k)))
    *seen, rare = sorted(contexts, key=lambda _: rng.random())
    counts = {context: torch.tensor([rng.randint(0, 6) for _ in range(V)]) for context in seen}
    for i, row in enumerate(counts.values()):
        row[rng.randrange(V)] += i + 1  # different sums
    return counts, seen, rare


@check(
    points=0.5,
    message="Essayez un contexte connu, sans lissage : sa ligne, divisée par la somme de sa ligne.",
    misconceptions=["all-contexts-sum", "counts-not-divided"],
)
def test_seen(student, rng):
    V = rng.randint(5, 8)
    counts, seen, _ = made_up_table(rng, V, k=3)
    everything = sum(int(row.sum()) for row in counts.values())
    for context in seen[:3]:
        row = counts[context]
        wrong = {"all-contexts-sum": row / everything, "counts-not-divided": row}
        P = student.ngram_probability(counts, context, V)
        expect.close(P, ngram_probability(counts, context, V), what="P", misconceptions=wrong)


@check(
    points=1,
    message="Regardez le lissage : que vaut la somme de la ligne quand chaque case a reçu `alpha` ?",
    misconceptions=["alpha-times-contexts", "ngram-smoothing-after", "ngram-alpha-numerator", "alpha-as-one",
                    "alpha-ignored", "all-contexts-sum"],
)  # fmt: skip
def test_smoothing(student, rng):
    for k in (2, 3, 1):
        V, alpha = rng.randint(11, 14), rng.choice([0.25, 0.5, 2.0])
        counts, seen, _ = made_up_table(rng, V, k)
        context = seen[-1]
        if k == 1:
            counts[context] += 1  # every symbol has been seen, and gets alpha all the same
        row, everything = counts[context].double(), sum(int(row.sum()) for row in counts.values())
        wrong = {
            "ngram-smoothing-after": row / row.sum() + alpha,
            "ngram-alpha-numerator": (row + alpha) / row.sum(),
            "alpha-times-contexts": (row + alpha) / (row.sum() + alpha * V**k),
            "alpha-as-one": (row + 1) / (row.sum() + V),
            "alpha-ignored": row / row.sum(),
            "all-contexts-sum": (row + alpha) / (everything + alpha * V),
        }
        P = student.ngram_probability(counts, context, V, alpha=alpha)
        expect.close(P, ngram_probability(counts, context, V, alpha), what="P", misconceptions=wrong)


@check(
    points=1,
    message="Essayez un contexte que la table ne contient pas, avec lissage et sans : que sait-on alors du symbole "
    "suivant ?",
    misconceptions=["unseen-context-nan", "unseen-context-zero"],
)
def test_unseen(student, rng):
    V = rng.randint(5, 9)
    counts, _, rare = made_up_table(rng, V, k=2)
    wrong = {"unseen-context-nan": torch.full((V,), torch.nan), "unseen-context-zero": torch.zeros(V)}
    for alpha in (0.5, 0.0):
        P = student.ngram_probability(counts, rare, V, alpha=alpha)
        expect.close(P, torch.full((V,), 1 / V), what="P", misconceptions=wrong)
        P = student.ngram_probability({}, rare, V, alpha=alpha)
        expect.close(P, torch.full((V,), 1 / V), what="P, d'une table vide", misconceptions=wrong)


@check(
    points=0.5,
    message="Regardez la table avant et après l'appel : ni ses lignes ni ses clés ne doivent changer, que le contexte "
    "soit connu ou non.",
)
def test_table_unchanged(student, rng):
    V = 6
    counts, seen, rare = made_up_table(rng, V, k=2)
    counts = {context: row.double() for context, row in counts.items()}  # .double() makes no copy of these
    for context in (seen[0], rare):
        P = student.ngram_probability(counts, context, V, alpha=1.0)
        expect.unchanged(student, what="ngram_probability")
        expect.shape(P, (V,), what="P")
