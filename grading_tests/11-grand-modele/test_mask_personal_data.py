"""Hidden checks of mask_personal_data and restore: labels, numbers, the same datum twice, and the way back. All exact."""

import re

from coursegrader.checks import CheckFailed, check, expect
from reference.privacy import mask_personal_data, restore

PATTERNS = {"MAIL": r"[\w.]+@[\w.]+\w", "CODE": r"\b\d{4}\b", "NAME": r"\b(?:Ada|Bob|Eve)\b"}


def each_new(text, patterns):
    """Every place has a number of its own, the same datum or not."""
    table = {}
    for kind, pattern in patterns.items():
        n = 0

        def label(match, kind=kind):
            nonlocal n
            n += 1
            table[f"[{kind}_{n}]"] = match[0]
            return f"[{kind}_{n}]"

        text = re.sub(pattern, label, text)
    return text, table


def renumbered(text, table, number):
    """The same labels, numbered by another rule: number(kind, n, place) -> int."""
    names = {}
    for place, label in enumerate(table):
        kind, n = label[1:-1].rsplit("_", 1)
        names[label] = f"[{kind}_{number(kind, int(n), place)}]"
    for label, name in names.items():
        text = text.replace(label, name.replace("[", "\0"))
    return text.replace("\0", "["), {names[label]: found for label, found in table.items()}


def known_mistakes(text, patterns):
    """What the usual wrong answers are: (text, table)."""
    masked, table = mask_personal_data(text, patterns)
    first = dict(list(patterns.items())[:1])
    once, once_table = text, {}
    for label, found in table.items():
        once = once.replace(found, label, 1)
        once_table[label] = found
    bare = masked.replace("[", "").replace("]", "")
    return {
        "label-each-time": each_new(text, patterns),
        "labels-from-zero": renumbered(masked, table, lambda kind, n, place: n - 1),
        "labels-across-kinds": renumbered(masked, table, lambda kind, n, place: place + 1),
        "table-inverted": (masked, {found: label for label, found in table.items()}),
        "first-place-masked": (once, once_table),
        "first-kind-only": mask_personal_data(text, first),
        "labels-without-brackets": (bare, {label[1:-1]: found for label, found in table.items()}),
        "table-empty": (masked, {}),
    }


def known_texts(masked):
    """What wrong labels make of the text, whatever the table holds then."""
    return {
        "label-without-number": re.sub(r"_\d+\]", "]", masked),
        "data-only-removed": re.sub(r"\[[A-Z]+_\d+\]", "", masked),
    }


WRONG = [*known_mistakes("Ada", PATTERNS), *known_texts("Ada")]


@check(
    points=1,
    message="Masquez à la main un texte où la même personne se trouve deux fois, avec des données de plusieurs sortes : "
    "quelle étiquette reçoit chacune, et que dit la table ?",
    misconceptions=WRONG,
)
def test_masking(student):
    for text in (
        "Ada et Adam, 1234 puis 12345, l'adage d'ada.",  # a place is what the pattern finds, not where else its letters stand
        "Bob (bob.b@ecole.ch) et Ada ont le 1234 ; Bob a aussi le 9876 et le 1234, Eve rien. Copie : ada@x.org, bob.b@ecole.ch.",
        "Ada, Eve, Ada, Bobine, 12345 et 77.",
        "rien de personnel",
        "",
    ):
        masked, table = mask_personal_data(text, PATTERNS)
        answer = student.mask_personal_data(text, PATTERNS)
        expect.kind(answer, (tuple, list), what="mask_personal_data")
        expect.equal(len(answer), 2, what="le nombre de valeurs renvoyées")
        wrong = {
            name: list(value) for name, value in known_mistakes(text, PATTERNS).items() if value != (masked, table)
        }
        for name, value in wrong.items():
            if list(answer) == value:
                raise CheckFailed("Le texte masqué ou la table n'est pas comme il faut.", misconception=name)
        texts = {name: value for name, value in known_texts(masked).items() if value != masked}
        expect.equal(answer[0], masked, what="le texte masqué", misconceptions=texts)
        expect.equal(answer[1], table, what="la table")
    expect.unchanged(student, what="mask_personal_data")
    # one after the other: the code goes first
    text, patterns = "rue 1234, rue Haute", {"CODE": r"\b\d{4}\b", "RUE": r"rue \w+"}
    answer = student.mask_personal_data(text, patterns)
    expect.equal(list(answer), list(mask_personal_data(text, patterns)), what="le texte et la table")


@check(
    points=1,
    message="Remettez les données dans une réponse où une étiquette revient deux fois, où une autre manque, et où il y en a plus de neuf.",
    misconceptions=["restored-once", "labels-as-patterns", "restore-inverted", "restore-spaces"],
)
def test_restoring(student):
    table = {f"[NAME_{n}]": f"n{n}." for n in range(1, 12)}
    for text in ("[NAME_1] et [NAME_11], [NAME_10] ; [NAME_1] encore, [AUTRE_1] non.", "rien", ""):
        right = restore(text, table)
        once, loose = text, text
        for label, found in table.items():
            once = once.replace(label, found, 1)
            loose = re.sub(label, found, loose)  # the brackets of a label mean "one of these characters"
        wrong = {"restored-once": once, "labels-as-patterns": loose, "restore-inverted": text}
        wrong["restore-spaces"] = " ".join(table.get(word, word) for word in text.split())
        answer = student.restore(text, table)
        expect.equal(answer, right, what="restore", misconceptions={k: v for k, v in wrong.items() if v != right})
    expect.unchanged(student, what="restore")
