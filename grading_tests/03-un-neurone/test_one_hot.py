"""Hidden checks of one_hot: a list of numbers, the type of the result, other shapes."""

import torch
import torch.nn.functional as F

from coursegrader.checks import CheckFailed, check, expect
from coursegrader.checks.values import to_array
from reference.neuron import one_hot


def zeros_and_ones(codes, what="le résultat"):
    """The codes as numbers: that they must not be booleans is test_floats' business."""
    array = to_array(codes, what)
    return array.data.astype(float) if array.kind == "bool" else codes


@check(
    points=1,
    message="Essayez une liste de numéros où les dernières classes n'apparaissent pas : combien de lignes et de "
    "colonnes doit avoir le résultat, et où sont les 1 ?",
    misconceptions=["one-hot-size-from-ids", "one-hot-transposed", "one-hot-shifted"],
)
def test_list(student, integers):
    ids, V = integers(7, 12), 9  # classes 7 and 8 do not occur
    right = one_hot(ids, V)
    wrong = {
        "one-hot-size-from-ids": F.one_hot(ids),
        "one-hot-transposed": right.T,
        "one-hot-shifted": right.roll(-1, dims=1),
    }
    codes = student.one_hot(ids, V)
    expect.unchanged(student, what="one_hot")
    expect.equal(zeros_and_ones(codes), right, what="le résultat", misconceptions=wrong)


@check(
    points=0.5,
    message="Regardez le `dtype` du résultat : peut-il entrer dans un produit avec des poids réels ?",
    misconceptions=["one-hot-integers"],
)
def test_floats(student, integers):
    ids = torch.cat([integers(5, 5), torch.tensor([4])])
    codes = student.one_hot(ids, 5)
    expect.shape(codes, (6, 5), what="le résultat")
    if to_array(codes, "le résultat").kind in ("int", "bool"):
        raise CheckFailed(
            "Le résultat ne contient pas des nombres réels.",
            expected="float",
            actual=to_array(codes, "le résultat").dtype,
            misconception="one-hot-integers",
        )
    expect.floating(codes, what="le résultat")


@check(
    points=0.5,
    message="Essayez un tableau de numéros, puis un numéro tout seul : la forme du résultat est celle de `ids`, avec une "
    "dimension de plus.",
)
def test_other_shapes(student, integers):
    table = integers(5, 3, 4)
    cube = torch.stack([table, table.flip(0)])
    for ids, what in [(table, "un tableau"), (integers(5), "un seul numéro"), (cube, "trois dimensions")]:
        what = f"le résultat pour {what}"
        expect.equal(zeros_and_ones(student.one_hot(ids, 6), what), one_hot(ids, 6), what=what)
