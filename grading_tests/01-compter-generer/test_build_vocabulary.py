"""Hidden checks of build_vocabulary: the symbols and their order, then the dictionary that inverts them."""

from coursegrader.checks import CheckFailed, check, expect
from reference.vocabulary import build_vocabulary

LETTERS = "zyxœéèçàutsrnmlkeda'-"  # letters after z, and two symbols that `sorted` puts before "."


def made_up_names(rng):
    """Sixty names, in which the letters do not come in alphabetical order."""
    return ["".join(rng.choices(LETTERS, k=rng.randint(1, 9))) for _ in range(60)]


def pair(answer):
    """itos and stoi of an answer; lists and tuples are equally good."""
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 2, what="nombre d'objets renvoyés")
    itos, stoi = answer
    expect.kind(itos, (list, tuple), what="itos")
    return list(itos), stoi


@check(
    points=1,
    message="Regardez `itos` : quels symboles contient-il, et dans quel ordre ? Essayez aussi avec des prénoms qui "
    "contiennent « - » ou « ' », et avec une liste vide : il reste le point, dans `itos` comme dans `stoi`.",
    misconceptions=["dot-missing", "dot-last", "dot-sorted", "symbols-unsorted"],
)
def test_symbols(student, rng):
    words = made_up_names(rng)
    right, _ = build_vocabulary(words)
    wrong = {
        "dot-missing": right[1:],
        "dot-last": [*right[1:], "."],
        "dot-sorted": sorted(right),
        "symbols-unsorted": [".", *dict.fromkeys("".join(words))],
    }
    itos, _ = pair(student.build_vocabulary(words))
    expect.unchanged(student, what="build_vocabulary")
    expect.equal(itos, right, what="itos", misconceptions=wrong)
    itos, stoi = pair(student.build_vocabulary([]))
    expect.equal(itos, ["."], what="itos d'une liste vide")
    try:
        expect.equal(pair(student.build_vocabulary(["a"]))[1], {".": 0, "a": 1}, what="stoi")
    except CheckFailed:  # test_numbers says so
        return
    expect.equal(stoi, {".": 0}, what="stoi d'une liste vide")


@check(
    points=1,
    message="Regardez `stoi` : pour chaque symbole, `stoi[symbole]` doit donner sa place dans `itos`, et aucun symbole "
    "ne doit manquer.",
    misconceptions=["dot-missing", "stoi-inverted", "numbered-from-one"],
)
def test_numbers(student, rng):
    words = made_up_names(rng)
    right, _ = build_vocabulary(words)
    itos, stoi = pair(student.build_vocabulary(words))
    if all(type(symbol) is str for symbol in itos) and sorted(itos) == sorted(right):
        right = itos  # the right symbols in another order: stoi has to follow this order
    wrong = {
        "dot-missing": {symbol: i for i, symbol in enumerate(right[1:])},
        "stoi-inverted": dict(enumerate(right)),
        "numbered-from-one": {symbol: i for i, symbol in enumerate(right, start=1)},
    }
    expect.equal(stoi, {symbol: i for i, symbol in enumerate(right)}, what="stoi", misconceptions=wrong)
