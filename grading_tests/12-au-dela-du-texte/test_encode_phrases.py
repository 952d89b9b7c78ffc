"""Hidden checks of encode_phrases: the numbers and their order, the width asked for, characters that have no number."""

from coursegrader.checks import check, expect
from reference.towers import encode_phrases

ALPHABET = "abcdeghilmoprtvxéà "


def known_mistakes(phrases, stoi, length):
    """Tables that usual wrong answers give."""
    rows = [[stoi[c] for c in phrase if c in stoi] for phrase in phrases]
    lower = [[stoi[c] for c in phrase.lower() if c in stoi] for phrase in phrases]
    holes = [[stoi.get(c, 0) for c in phrase] for phrase in phrases]
    widest = max(map(len, rows))

    def table(rows, width=length):
        return [(row + [0] * width)[:width] for row in rows]

    return {
        "phrases-padded-left": [[0] * (length - len(row[:length])) + row[:length] for row in rows],
        "phrases-width-of-longest": table(rows, widest),
        "phrases-end-kept": table([row[-length:] for row in rows]),
        "phrases-hole": table(holes),
        "phrases-cut-too-early": table([[stoi[c] for c in phrase[:length] if c in stoi] for phrase in phrases]),
        "phrases-minus-one": [(row + [-1] * length)[:length] for row in rows],
        "phrases-reversed": table([row[::-1] for row in rows]),
        "phrases-by-alphabet": table([[i for c, i in stoi.items() if c in phrase] for phrase in phrases]),
        "phrases-lower-case": table(lower),
        "phrases-shifted": [[i - 1 if i else 0 for i in row] for row in table(rows)],
    }


WRONG = list(known_mistakes(["ab"], {"a": 1, "b": 2}, 3))


def numbers(rng):
    """A number for each symbol, in no order."""
    symbols = list(ALPHABET)
    rng.shuffle(symbols)
    return {symbol: i for i, symbol in enumerate(symbols, start=1)}


def phrase(rng, n):
    """n symbols, the first and the last of which differ."""
    while True:
        symbols = [rng.choice(ALPHABET) for _ in range(n)]
        if n == 1 or symbols[0] != symbols[-1]:
            return "".join(symbols)


def judge(student, phrases, stoi, length):
    right = encode_phrases(phrases, stoi, length).tolist()
    answer = student.encode_phrases(phrases, stoi, length)
    expect.unchanged(student, what="encode_phrases")
    wrong = {name: value for name, value in known_mistakes(phrases, stoi, length).items() if value != right}
    expect.equal(answer, right, what="ids", misconceptions=wrong)
    expect.integers(answer, what="ids")


@check(
    points=1,
    message="Écrivez à la main la ligne de deux phrases courtes, de longueurs différentes : où commencent les numéros, dans quel "
    "ordre, et que vaut le reste de la ligne ?",
    misconceptions=WRONG,
)
def test_numbers(student, rng):
    stoi = numbers(rng)
    judge(student, [phrase(rng, n) for n in (5, 3, 7, 2)], stoi, 9)
    judge(student, [phrase(rng, 4)], stoi, 6)


@check(
    points=0.5,
    message="Essayez une phrase plus longue que `length`, et une de la même longueur : le tableau a toujours `length` colonnes.",
    misconceptions=WRONG,
)
def test_cut(student, rng):
    stoi = numbers(rng)
    judge(student, [phrase(rng, n) for n in (8, 5, 4)], stoi, 5)


@check(
    points=0.5,
    message="Essayez des caractères qui n'ont pas de numéro, au début, au milieu, et dans une phrase trop longue, des majuscules "
    "aussi : ils ne prennent pas de place.",
    misconceptions=WRONG,
)
def test_unknown(student, rng):
    stoi = numbers(rng)
    judge(
        student,
        [f"Z{phrase(rng, 2)}?{phrase(rng, 2)}", f"{phrase(rng, 3)}AÉ", "!", f"{phrase(rng, 2)}ZZ{phrase(rng, 6)}"],
        stoi,
        7,
    )
