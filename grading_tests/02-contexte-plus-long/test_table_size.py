"""Hidden checks of table_size: contexts and cells, and that large ones are exact."""

from coursegrader.checks import check, expect
from reference.ngrams import table_size


def pair(answer):
    """Two numbers, in a tuple or a list."""
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 2, what="nombre de valeurs renvoyées")
    return list(answer)


@check(
    points=0.5,
    message="Reprenez un petit alphabet, et comptez à la main : combien y a-t-il de contextes, et combien de symboles "
    "peuvent suivre chacun ?",
    misconceptions=["contexts-for-cells", "square-table", "k-times-V", "cells-before-contexts", "one-symbol-too-many"],
)
def test_small(student, rng):
    for k in (2, 3, 4):
        V = rng.randint(5, 40)
        contexts, cells = right = table_size(V, k)
        wrong = {
            "contexts-for-cells": [contexts, contexts],
            "square-table": [contexts, contexts**2],
            "k-times-V": [k * V, k * V * V],
            "cells-before-contexts": [cells, contexts],
            "one-symbol-too-many": [cells, cells * V],
        }
        expect.equal(pair(student.table_size(V, k)), right, what="table_size", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un contexte de dix symboles : les deux nombres doivent être des entiers exacts, et il ne faut "
    "construire aucune table.",
    misconceptions=["rounded-power"],
)
def test_large(student, rng):
    V, k = rng.choice([31, 33, 37, 39]), 10  # odd: V**11 has 54 bits or more, too many for a float
    answer = pair(student.table_size(V, k))
    wrong = {"rounded-power": [int(float(n)) for n in table_size(V, k)]}
    expect.integers(answer, what="table_size")
    expect.equal(answer, table_size(V, k), what="table_size", misconceptions=wrong)
