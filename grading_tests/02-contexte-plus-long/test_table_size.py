"""Hidden checks of table_size: contexts and cells, and that large ones are exact."""

from coursegrader.checks import CheckFailed, StudentError, check, expect
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
    "construire aucune table. Essayez ensuite soixante-quatre symboles : les deux nombres sont-ils encore des "
    "`int` de Python, et justes ?",
    misconceptions=["rounded-power", "int64-overflow"],
)
def test_large(student, rng):
    V, k = rng.choice([31, 33, 37, 39]), 10  # odd: V**11 has 54 bits or more, too many for a float
    answer = pair(student.table_size(V, k))
    wrong = {"rounded-power": [int(float(n)) for n in table_size(V, k)]}
    expect.integers(answer, what="table_size")
    expect.equal(answer, table_size(V, k), what="table_size", misconceptions=wrong)
    try:  # V is even: whatever multiplies 64 of it modulo 2**64 gets zero, and travels
        answer = pair(student.table_size(40, 64))
    except StudentError as error:
        if error.reason != "unsupported":
            raise
        return  # integers of Python that are too large to travel, as they have to be
    kind = "rounded-power" if any(type(n) is float for n in answer) else "int64-overflow"
    raise CheckFailed("Avec soixante-quatre symboles de contexte, vos nombres ne sont plus exacts.", misconception=kind)
