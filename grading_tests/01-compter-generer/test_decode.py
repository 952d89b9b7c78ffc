"""Hidden checks of decode: the text, and a number that no symbol has."""

from coursegrader.checks import check, expect
from reference.sampling import decode


@check(
    points=0.75,
    message="Comparez la chaîne renvoyée, symbole par symbole, avec la liste `itos` donnée en argument. Essayez aussi "
    "la liste vide, et une liste qui contient 0.",
    misconceptions=["symbols-listed", "symbols-spaced", "symbols-shifted", "marks-kept", "dots-dropped"],
)
def test_text(student, rng):
    itos = [".", *rng.sample("abcdefghéèçï-'", 14)]
    ids = [rng.randint(1, 14) for _ in range(12)]
    right = decode(ids, itos)
    wrong = {
        "symbols-listed": list(right),
        "symbols-spaced": " ".join(right),
        "symbols-shifted": decode([i - 1 for i in ids], itos),
        "marks-kept": f".{right}.",
    }
    expect.equal(student.decode(ids, itos), right, what="le prénom", misconceptions=wrong)
    marked = [0, *ids[:6], 0, *ids[6:], 0]  # a dot is a symbol like the others: one for each number
    wrong = {"dots-dropped": right}
    expect.equal(
        student.decode(marked, itos), decode(marked, itos), what="un texte avec des points", misconceptions=wrong
    )
    expect.equal(student.decode([], itos), "", what="le prénom de la liste vide")


@check(
    points=0.25,
    message="Essayez un numéro trop grand, que la liste `itos` n'a pas : le sauter ou le remplacer ferait un autre texte, "
    "et la fonction doit lever une erreur.",
)
def test_number_too_large(student, rng):
    itos = [".", *rng.sample("abcdefghéèçï-'", 9)]
    for ids in ([0, 3, 9, 0, 1], []):  # who always stops, or returns something else, has earned nothing here
        expect.equal(student.decode(ids, itos), decode(ids, itos), what="le texte")
    expect.raises(lambda: student.decode([3, 10, 1], itos), what="decode")
