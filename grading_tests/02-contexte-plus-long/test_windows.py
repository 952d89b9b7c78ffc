"""Hidden checks of windows: what is predicted, from what, for every length of context."""

import torch

from coursegrader.checks import check, expect
from reference.splits import windows

WRONG = [
    "one-dot-only", "contexts-cross-names", "no-final-target", "no-padding", "window-reversed", "window-sees-target",
    "target-lagged", "padded-on-the-right",
]  # fmt: skip


def pair(answer):
    """X and Y, in a tuple or a list."""
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 2, what="nombre d'objets renvoyés")
    return answer


@check(
    points=1,
    message="Regardez `Y` : quels symboles faut-il prédire, dans quel ordre, et combien y en a-t-il pour un prénom de "
    "trois lettres ?",
    misconceptions=["one-dot-only", "no-final-target", "no-padding", "target-lagged"],
)
def test_targets(student, corpus, wrong_windows):
    words, stoi = corpus
    _, right = windows(words, stoi, 3)
    wrong = {name: Y for name, (_, Y) in wrong_windows(words, stoi, 3).items() if right.tolist() != Y}
    _, Y = pair(student.windows(words, stoi, 3))
    expect.unchanged(student, what="windows")
    expect.equal(Y, right, what="Y", misconceptions=wrong)


@check(
    points=1,
    message="Regardez `X` : écrivez à la main les contextes d'un prénom de trois lettres, du plus ancien symbole au "
    "plus récent, puis ceux du prénom suivant.",
    misconceptions=[name for name in WRONG if name != "target-lagged"],
)
def test_contexts(student, corpus, wrong_windows):
    words, stoi = corpus
    right, _ = windows(words, stoi, 3)
    wrong = {name: X for name, (X, _) in wrong_windows(words, stoi, 3).items() if right.tolist() != X}
    X, _ = pair(student.windows(words, stoi, 3))
    expect.equal(X, right, what="X", misconceptions=wrong)


@check(
    points=0.75,
    message="Essayez d'autres longueurs de contexte : 1, puis une longueur plus grande que celle des prénoms. `X` a "
    "toujours k colonnes, et une ligne par lettre et par fin.",
    misconceptions=WRONG,
)
def test_other_lengths(student, rng, names, wrong_windows):
    words = [*rng.sample(names, 30), "ô", "y"]
    symbols = [".", *sorted(set("".join(words)) | set("0123"), reverse=True)]
    stoi = {symbol: i for i, symbol in enumerate(symbols)}
    for k in (1, 2, 6):
        right = windows(words, stoi, k)
        wrong = {name: pair for name, pair in wrong_windows(words, stoi, k).items() if not same(pair, right)}
        X, Y = pair(student.windows(words, stoi, k))
        expect.integers(X, what="X")
        expect.integers(Y, what="Y")
        expect.shape(Y, (sum(map(len, words)) + len(words),), what="Y")
        expect.equal([X, Y], list(right), what="(X, Y)", misconceptions=wrong)


@check(
    points=0.25,
    message="Essayez un prénom dont une lettre n'est pas dans `stoi` : la sauter ferait un autre prénom, et la fonction "
    "doit lever une erreur.",
)
def test_unknown_symbol(student, corpus):
    words, stoi = corpus
    expect.equal(list(pair(student.windows(words[:1], stoi, 2))), list(windows(words[:1], stoi, 2)), what="(X, Y)")
    expect.raises(lambda: student.windows([words[0], "aûe"], stoi, 2), what="windows")


def same(examples, right):
    """Whether a usual mistake is none here, such as a reversed context of one symbol."""
    return all(torch.equal(torch.tensor(part), due) for part, due in zip(examples, right, strict=True))
