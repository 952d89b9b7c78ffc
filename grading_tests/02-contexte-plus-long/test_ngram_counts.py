"""Hidden checks of ngram_counts: tables of several lengths, without unseen contexts; a letter that has no number."""

from coursegrader.checks import check, expect
from coursegrader.checks.values import to_array
from reference.ngrams import ngram_counts

WRONG = [
    "one-dot-only", "contexts-cross-names", "no-final-target", "no-padding", "window-reversed", "window-sees-target",
    "padded-on-the-right", "context-as-text", "ngram-presence",
]  # fmt: skip


def table(counts, V):
    """The student's table, without the rows of zeros that reading a defaultdict leaves behind."""
    expect.kind(counts, dict, what="counts")
    for row in counts.values():
        expect.shape(row, (V,), what="une ligne de counts")
    return {context: row for context, row in counts.items() if to_array(row, "counts").data.any()}


def known_mistakes(words, stoi, k, wrong_windows):
    """The tables of the usual mistakes."""
    right = ngram_counts(words, stoi, k)
    wrong = {}
    for name, (X, Y) in wrong_windows(words, stoi, k).items():
        rows = {}
        for context, j in zip(X, Y, strict=True):
            rows.setdefault(tuple(context), [0] * len(stoi))[j] += 1
        wrong[name] = rows
    itos = list(stoi)
    wrong["context-as-text"] = {"".join(itos[i] for i in context): row for context, row in right.items()}
    wrong["ngram-presence"] = {context: row.clamp(max=1) for context, row in right.items()}
    return wrong


@check(
    points=0.75,
    message="Comptez à la main sur deux prénoms courts : quelles sont les clés de la table, et que contient la ligne "
    "de chacune ?",
    misconceptions=WRONG,
)
def test_tables(student, corpus, wrong_windows):
    words, stoi = corpus
    for k in (2, 3, 1, 4):
        counts = table(student.ngram_counts(words, stoi, k), len(stoi))
        wrong = known_mistakes(words, stoi, k, wrong_windows)
        expect.equal(counts, ngram_counts(words, stoi, k), what="counts", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un vocabulaire plus grand que celui des prénoms : chaque ligne a autant de cases que `stoi` a de "
    "symboles, et contient des entiers. La somme de toutes les lignes vaut le nombre de lettres plus le nombre de "
    "prénoms.",
    misconceptions=WRONG,
)
def test_vocabulary(student, rng, names, wrong_windows):
    words = [*rng.sample(names, 20), "o", "n'guessan"]
    symbols = [".", *sorted(set("".join(words)) | set("0123"), reverse=True)]
    stoi = {symbol: i for i, symbol in enumerate(symbols)}
    counts = table(student.ngram_counts(words, stoi, 2), len(stoi))
    expect.unchanged(student, what="ngram_counts")
    total = sum(int(to_array(row, "counts").data.sum()) for row in counts.values())
    expect.equal(total, sum(map(len, words)) + len(words), what="la somme de counts")
    wrong = known_mistakes(words, stoi, 2, wrong_windows)
    expect.equal(counts, ngram_counts(words, stoi, 2), what="counts", misconceptions=wrong)


def whole_alphabet(names):
    """Numbers of all symbols of the course's list."""
    return {symbol: i for i, symbol in enumerate([".", *sorted(set("".join(names)))])}


@check(
    points=0.5,
    message="Essayez un contexte de six symboles, avec tout l'alphabet : la table ne doit contenir que les contextes "
    "rencontrés.",
    misconceptions=["one-dot-only", "contexts-cross-names", "no-final-target", "context-as-text"],
)
def test_long_context(student, rng, names, wrong_windows):
    words = rng.sample(names, 25)
    stoi = whole_alphabet(names)
    answer = student.ngram_counts(words, stoi, 6)
    expect.kind(answer, dict, what="counts")
    right = ngram_counts(words, stoi, 6)
    expect.at_most(len(answer), 2 * len(right), what="le nombre de contextes de la table")
    wrong = known_mistakes(words, stoi, 6, wrong_windows)
    expect.equal(table(answer, len(stoi)), right, what="counts", misconceptions=wrong)


@check(
    points=0.25,
    message="Essayez un prénom dont une lettre n'est pas dans `stoi` : la sauter ou lui donner le numéro d'une autre "
    "ferait un autre prénom, et la fonction doit lever une erreur.",
)
def test_unknown_symbol(student, corpus):
    words, stoi = corpus
    counts = table(
        student.ngram_counts(words, stoi, 2), len(stoi)
    )  # who always stops, or counts wrongly, has earned nothing here
    expect.equal(counts, ngram_counts(words, stoi, 2), what="counts")
    expect.raises(lambda: student.ngram_counts([words[0], "aûe"], stoi, 2), what="ngram_counts")
