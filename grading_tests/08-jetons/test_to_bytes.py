"""Hidden checks of to_bytes: UTF-8, for every sort of character."""

import unicodedata

from coursegrader.checks import check, expect
from reference.bpe import to_bytes


def known_mistakes(text):
    """What the usual wrong bytes are."""
    return {
        "characters-for-bytes": [ord(character) for character in text],
        "latin-1-for-utf-8": list(text.encode("latin-1", errors="replace")),
        "utf-16-for-utf-8": list(text.encode("utf-16")),
        "accents-dropped": list(text.encode("ascii", errors="ignore")),
        "accents-replaced": list(text.encode("ascii", errors="replace")),
        "letters-decomposed": list(unicodedata.normalize("NFD", text).encode("utf-8")),
        "bytes-with-mark": list(text.encode("utf-8-sig")),
        "one-list-per-character": [list(character.encode("utf-8")) for character in text],
        "text-lowered": list(text.lower().encode("utf-8")),
    }


WRONG = list(known_mistakes("é"))


def judge(student, text):
    right = to_bytes(text)
    wrong = {name: value for name, value in known_mistakes(text).items() if value != right}
    expect.equal(student.to_bytes(text), right, what="to_bytes", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un mot français, avec des accents et une majuscule : chaque lettre accentuée donne deux octets.",
    misconceptions=WRONG,
)
def test_accents(student, rng):
    letters = ["é", "É", "ç", "à", "A", "b", "ï"]
    rng.shuffle(letters)
    judge(student, "".join(letters))


@check(
    points=0.5,
    message="Essayez un émoji, un caractère japonais, une fin de ligne, et le texte vide.",
    misconceptions=WRONG,
)
def test_other_characters(student):
    for text in ("Œ5 €\n", "日本 🙂", "e\u0301", ""):
        judge(student, text)
