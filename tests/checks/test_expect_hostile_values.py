"""Objects that lie about themselves are refused before anything of theirs is called."""

import enum

import numpy as np
import pytest
import torch

from coursegrader.checks import CheckFailed, expect
from coursegrader.checks.values import type_text

asked: list[str] = []

DUNDERS = [
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__hash__",
    "__bool__",
    "__len__",
    "__iter__",
    "__getitem__",
    "__contains__",
    "__float__",
    "__int__",
    "__index__",
    "__complex__",
    "__array__",
    "__array_ufunc__",
    "__array_function__",
    "__torch_function__",
    "__str__",
    "__repr__",
    "__format__",
    "__sub__",
    "__rsub__",
    "__add__",
    "__radd__",
    "__mul__",
    "__rmul__",
    "__abs__",
    "__getattr__",
    "__call__",
    "__round__",
    "__neg__",
]


def lie(name):
    def method(*args, **kwargs):
        asked.append(name)
        return True

    return method


class LyingMeta(type):
    """A class whose type lies too: `type(x) == float` and `type(x).__name__` would ask it."""

    def __eq__(cls, other):
        asked.append("metaclass __eq__")
        return True

    def __hash__(cls):
        asked.append("metaclass __hash__")
        return hash(float)

    def __instancecheck__(cls, other):
        asked.append("metaclass __instancecheck__")
        return True

    @property
    def __name__(cls):
        asked.append("metaclass __name__")
        return "float"


LIES = {name: lie(name) for name in DUNDERS}
Liar = LyingMeta("Liar", (), {**LIES, "__class__": property(lie("__class__"))})


def subclass(base, **more):
    return type(f"My{base.__name__}", (base,), {**LIES, **more})


class LyingTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        asked.append(f"__torch_function__ {func}")
        return torch.tensor(True)

    def __eq__(self, other):
        asked.append("__eq__")
        return torch.tensor(True)

    __hash__ = None


class LyingArray(np.ndarray):
    def __eq__(self, other):
        asked.append("__eq__")
        return np.ones(1, dtype=bool)

    __hash__ = None

    def __array_finalize__(self, other):
        pass

    def __array_ufunc__(self, *args, **kwargs):
        asked.append("__array_ufunc__")
        return True


class Number(enum.IntEnum):
    THREE = 3


HOSTILE = {
    "object": Liar(),
    "int": subclass(int)(3),
    "float": subclass(float)(3.0),
    "str": subclass(str)("léa"),
    "list": subclass(list)([3]),
    "tuple": subclass(tuple)([3]),
    "dict": subclass(dict)({"a": 3}),
    "IntEnum": Number.THREE,
    "numpy float": np.float64(3.0),
    "LyingTensor": torch.ones(2).as_subclass(LyingTensor),
    "Parameter": torch.nn.Parameter(torch.ones(2)),
    "LyingArray": np.ones(2).view(LyingArray),
    "masked array": np.ma.masked_array([3.0, 3.0], mask=[True, True]),
    "matrix": np.ones((2, 2)).view(np.matrix),
    "generator": (n for n in [3.0]),
    "list with a liar": [3.0, Liar()],
    "list with a lying first": [Liar(), 3.0],
    "nested liar": [[3.0], [Liar()]],
    "list with an int subclass": [3, subclass(int)(3)],
    "exception class": Exception,
}


@pytest.fixture(autouse=True)
def nothing_was_asked():
    asked.clear()
    yield
    assert asked == []


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "judge",
    [
        lambda v: expect.equal(v, 3.0, what="x"),
        lambda v: expect.equal(v, [3.0, 3.0], what="x"),
        lambda v: expect.equal(v, ["a", "b"], what="x"),
        lambda v: expect.equal(v, {"a": 3}, what="x"),
        lambda v: expect.equal(v, "léa", what="x"),
        lambda v: expect.equal(v, None, what="x"),
        lambda v: expect.close(v, torch.ones(2), what="x", misconceptions={"three": [3.0, 3.0], "text": "léa"}),
        lambda v: expect.shape(v, (2,), what="x"),
        lambda v: expect.shape(v, (), what="x"),
        lambda v: expect.integers(v, what="x"),
        lambda v: expect.floating(v, what="x"),
        lambda v: expect.finite(v, what="x"),
        lambda v: expect.dtype(v, torch.float32, what="x"),
        lambda v: expect.kind(v, (bool, str, float, torch.Tensor, np.ndarray), what="x"),
        lambda v: expect.rows_sum_to_one(v, what="x"),
        lambda v: expect.at_most(v, 10, what="x"),
        lambda v: expect.at_least(v, 0, what="x"),
        lambda v: expect.between(v, 0, 10, what="x"),
        lambda v: expect.gradient(v, torch.ones(2), what="x"),
        lambda v: expect.sampled_from(v, torch.full((2, 2), 0.5), what="x"),
        lambda v: expect.sampled_from([v], torch.full((2, 2), 0.5), what="x"),
        lambda v: expect.sampled_from([[1], [v]], torch.full((2, 2), 0.5), what="x"),
    ],
)
def test_every_helper_refuses_without_asking(name, judge):
    with pytest.raises(CheckFailed) as caught:
        judge(HOSTILE[name])
    assert "« x" in caught.value.message


def test_a_dict_with_a_lying_key():
    key = subclass(str)("a")
    asked.clear()  # building the dict asked for its hash
    value = {}
    value[key] = 1
    asked.clear()
    with pytest.raises(CheckFailed, match="une clé est un objet d'un autre type"):
        expect.equal(value, {"a": 1}, what="stoi")


def test_the_name_of_an_unknown_class_is_not_shown():
    assert type_text(Liar()) == "un objet d'un autre type"


def test_attributes_set_on_a_tensor_do_not_stand_in_for_its_methods():
    value = torch.zeros(2)
    value.detach = value.cpu = value.numpy = value.numel = lie("attribute")
    with pytest.raises(CheckFailed, match="vaut 0 au lieu de 1"):
        expect.equal(value, torch.ones(2), what="x")


@pytest.mark.parametrize("hidden", [tuple(range(2**40, 2**40 + 600)), tuple(f"entrée-{n}" for n in range(600))])
def test_a_made_up_key_carries_no_input_out(hidden):
    key = tuple(tuple(tuple(hidden[n : n + 5]) for n in range(m, m + 25, 5)) for m in range(0, 125, 25))
    for made_up in (key, hidden):
        with pytest.raises(CheckFailed) as caught:
            expect.equal({1: 1, made_up: 1}, {1: 1}, what="counts")
        told = f"{caught.value.message} {caught.value.actual}"
        assert sum(str(one) in told for one in hidden) <= 5
        assert len(told) < 250
