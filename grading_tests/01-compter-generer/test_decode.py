"""Hidden check of decode."""

from coursegrader.checks import check, expect
from reference.sampling import decode


@check(
    points=1,
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
