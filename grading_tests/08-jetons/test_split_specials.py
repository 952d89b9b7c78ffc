"""Hidden checks of split_specials: pieces in order, none empty, names with any sign, the longest name first."""

import re

from coursegrader.checks import check, expect
from reference.tokens import split_specials


def pieces_of(text, specials, names, escape=re.escape, keep_empty=False):
    pattern = "(" + "|".join(escape(name) for name in names) + ")"
    return [specials.get(piece, piece) for piece in re.split(pattern, text) if piece or keep_empty]


def known_mistakes(text, specials):
    """What the usual wrong pieces are."""
    right = split_specials(text, specials)
    longest = sorted(specials, key=len, reverse=True)
    wrong = {
        "empty-pieces-kept": pieces_of(text, specials, longest, keep_empty=True),
        "special-names-dropped": [piece for piece in right if type(piece) is str],
        "special-names-as-text": [
            piece for piece in re.split("(" + "|".join(map(re.escape, longest)) + ")", text) if piece
        ],
        "shortest-name-first": pieces_of(text, specials, longest[::-1]),
        "spaces-stripped": [piece.strip() if type(piece) is str else piece for piece in right],
        "names-as-patterns": pieces_of(text, specials, longest, escape=lambda name: name),
        "specials-from-words": [specials.get(word, word) for word in text.split()],
        "characters-for-pieces": [
            letter for piece in right for letter in ([piece] if type(piece) is int else list(piece))
        ],
        "only-first-special": first_only(text, specials),
        "longest-name-everywhere": name_by_name(text, specials),
    }
    return {name: value for name, value in wrong.items() if value != right}


def first_only(text, specials):
    """Each name at its first place only."""
    pieces = [text]
    for name in sorted(specials, key=len, reverse=True):
        for i, piece in enumerate(pieces):
            if type(piece) is str and name in piece:
                before, after = piece.split(name, 1)
                pieces[i : i + 1] = [before, specials[name], after]
                break
    return [piece for piece in pieces if piece != ""]


def name_by_name(text, specials):
    """All places of the longest name, then all of the next."""
    pieces = [text]
    for name in sorted(specials, key=len, reverse=True):
        cut = [re.split(f"({re.escape(name)})", piece) if type(piece) is str else [piece] for piece in pieces]
        pieces = [specials[name] if piece == name else piece for part in cut for piece in part]
    return [piece for piece in pieces if piece != ""]


WRONG = [
    "empty-pieces-kept", "special-names-dropped", "special-names-as-text", "shortest-name-first", "spaces-stripped",
    "names-as-patterns", "specials-from-words", "characters-for-pieces", "only-first-special",
    "longest-name-everywhere",
]  # fmt: skip


def judge(student, text, specials):
    answer = student.split_specials(text, specials)
    expect.kind(answer, (list, tuple), what="split_specials")
    right = split_specials(text, specials)
    wrong = known_mistakes(text, specials) if specials else {}
    expect.equal(list(answer), right, what="split_specials", misconceptions=wrong)


@check(
    points=1,
    message="Essayez un jeton spécial au début, au milieu, à la fin, deux fois de suite : aucun morceau vide, et les espaces restent.",
    misconceptions=WRONG,
)
def test_pieces(student):
    specials = {"<fin>": 300, "@q": 301}
    for text in ("<fin>Bonjour, Léa <fin>@q ça va ?@q<fin>", "rien de spécial", "@q", " <fin> "):
        judge(student, text, specials)


@check(
    points=1,
    message="Essayez des noms qui contiennent « | », « . » ou « * », un nom qui en commence un autre, deux noms qui se chevauchent, "
    "un dictionnaire vide, un texte vide.",
    misconceptions=WRONG,
)
def test_odd_names(student):
    cases = [
        ("<|a|>oui<|a|>non | <aa>", {"<|a|>": 300}),
        ("x.y*zxzy", {".": 300, "y*": 301}),
        ("a<s>b<s", {"<s": 300, "<s>": 301}),
        ("a<s>b<s", {"<s>": 301, "<s": 300}),
        ("abcdbcd", {"ab": 300, "bcd": 301}),  # from left to right: the longest name begins too late
        ("rien | du . tout", {}),
        ("", {"<s>": 301}),
        ("", {}),
    ]
    for text, specials in cases:
        judge(student, text, specials)
    expect.unchanged(student, what="split_specials")
