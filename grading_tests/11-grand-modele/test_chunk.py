"""Hidden checks of chunk: passages, what they share, the last one, bounds. All exact."""

from coursegrader.checks import CheckFailed, check, expect
from reference.documents import chunk


def known_mistakes(text, size, overlap):
    """What the usual wrong passages are."""
    words, step = text.split(), size - overlap
    starts = range(0, len(words), step)
    return {
        "overlap-ignored": chunk(text, size, 0),
        "chunk-contained": [" ".join(words[i : i + size]) for i in starts],
        "last-words-lost": [" ".join(words[i : i + size]) for i in starts if i + size <= len(words)],
        "chunk-characters": [text[i : i + size] for i in range(0, max(len(text) - overlap, 1), step)],
        "overlap-added": [" ".join(words[max(i - overlap, 0) : i + size]) for i in range(0, len(words), size)],
        "chunks-as-lists": [words[i : i + size] for i in range(0, max(len(words) - overlap, 1), step)],
        "overlap-as-step": [" ".join(words[i : i + size]) for i in range(0, len(words), max(overlap, 1))],
    }


WRONG = list(known_mistakes("un deux", 2, 1))


def judge(student, text, size, *overlap):
    answer = student.chunk(text, size, *overlap)
    expect.kind(answer, (list, tuple), what="chunk")
    right = chunk(text, size, *overlap)
    wrong = {name: value for name, value in known_mistakes(text, size, *(overlap or (0,))).items() if value != right}
    if not text.split():
        wrong = {}  # [""] says nothing of how words are cut
    expect.equal(list(answer), right, what="chunk", misconceptions=wrong)


@check(
    points=0.5,
    message="Coupez dix mots à la main, avec plusieurs recouvrements : où commence chaque passage, et lequel est le dernier ?",
    misconceptions=WRONG,
)
def test_passages(student, words):
    text = "  ".join(words(11)) + "\n"
    for size, overlap in ((4, 1), (5, 3), (3, 2), (6, 1), (3, 0)):
        judge(student, text, size, overlap)


@check(
    points=0.5,
    message="Essayez un texte vide, plus court qu'un passage, ou juste aussi long ; et un recouvrement aussi grand que le passage.",
    misconceptions=[*WRONG, "overlap-unchecked"],
)
def test_bounds(student, words, ended):
    a, b, c, d = words(4)
    for text, size, overlap in (
        ("", 3, 1),
        (" \n", 3, 1),
        (a, 3, 2),
        (f"{a} {b} {c}", 3, 2),
        (f"{a} {b} {c} {d}", 3, 2),
    ):
        judge(student, text, size, overlap)
    judge(student, f"{a} {b} {c}", 2)
    for overlap in (2, 5):
        result = ended("chunk", f"{a} {b} {c}", 2, overlap)
        if result.get("error") != "ValueError":
            raise CheckFailed(
                "Un recouvrement qui n'est pas plus petit que le passage doit lever une ValueError.",
                misconception="overlap-unchecked",
            )
