"""Inputs that several checks of this assignment make in the same way, and marks for what follows from an earlier mistake.

forward uses embed, mlp_loss uses forward, and so on: a mistake in one would cost the points of all that follow. A value
that is not the right one therefore also passes when it is right *given the student's own earlier function*: `judged`
compares it with both. It costs the calls only where the first comparison has failed.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from coursegrader.checks import CheckFailed, StudentError, expect
from coursegrader.checks.values import to_array

PARTS = ("C", "W1", "b1", "W2", "b2")
LEAST_CHANGE = 1e-4  # what an earlier function of the student's must do to be followed: a constant one leads anywhere

Params = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Model:
    """Made-up parameters, far from zero so that tanh bends, and n windows with their next symbols."""

    params: Params  # float32
    X: torch.Tensor  # (n, k)
    Y: torch.Tensor  # (n,)


@pytest.fixture
def make_model() -> Callable[..., Model]:
    """make_model(seed, V=9, k=3, E=4, H=6, n=7): the sizes all differ, so that no axis is taken for another."""

    def make(seed: int, V: int = 9, k: int = 3, E: int = 4, H: int = 6, n: int = 7) -> Model:
        generator = torch.Generator().manual_seed(seed)
        shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
        params = {part: torch.randn(shape, generator=generator) for part, shape in shapes.items()}
        params["W1"] /= 2
        X = torch.randint(V, (n, k), generator=generator)
        return Model(params, X, torch.randint(V, (n,), generator=generator))

    return make


@pytest.fixture
def own_array() -> Callable[..., torch.Tensor]:
    """own_array(value, shape): a value of the student's as a (shape) float64 tensor, if it is fit to be computed with."""

    def convert(value: object, shape: tuple[int, ...]) -> torch.Tensor:
        expect.shape(value, shape, what="own")
        expect.finite(value, what="own")
        return torch.from_numpy(np.array(to_array(value, "own").data, dtype=np.float64))

    return convert


@pytest.fixture
def own_scores(own_array: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """own_scores(value, shape): as own_array, for one row an example; the rows must differ from each other."""

    def convert(value: object, shape: tuple[int, int]) -> torch.Tensor:
        rows = own_array(value, shape)
        if shape[0] > 1 and (rows.amax(dim=0) - rows.amin(dim=0)).max() < LEAST_CHANGE:
            raise CheckFailed("constant")
        return rows

    return convert


@pytest.fixture
def judged() -> Callable[..., None]:
    """judged(compare, right, own): `compare(right)`, or `compare(own())` if only that passes.

    compare(expected) raises CheckFailed where the student's value differs. own() computes what is right given the
    student's own earlier function; it may raise CheckFailed or StudentError where that cannot be computed with.
    """

    def judge(compare: Callable[[object], None], right: object, own: Callable[[], object]) -> None:
        try:
            compare(right)
        except CheckFailed as failure:
            try:
                compare(own())
            except (CheckFailed, StudentError):
                raise failure from None

    return judge


@pytest.fixture
def moves(student) -> Callable[..., bool]:
    """moves(name, params, part, *rest): whether what a function of the student's returns has a slope in one part of its parameters; of embed, in C.

    `requires_grad` alone does not tell: a new tensor may bear a mark of its own. Plain autograd is asked, since torch.func refuses what `backward`
    allows: functions with a backward of their own, marks on the way, a look at an array. What stops here has no slope.
    """
    torch_there = student.ref("torch")
    bind = torch_there.get("builtins").get("eval")(
        "lambda function, params, part, rest: lambda value: function({**params, part: value} if params else value, *rest)"
    )
    vjp = torch_there.get("autograd").get("functional").get("vjp")

    def ask(name: str, params: Params, part: str, *rest: torch.Tensor) -> bool:
        plain = {other: tensor.detach() for other, tensor in params.items()}
        try:
            answer = getattr(student, name)(plain["C"] if name == "embed" else plain, *rest)
            shape = to_array(answer, name).shape
            weights = torch.arange(1.0, 1 + math.prod(shape)).reshape(shape)  # unlike, as probabilities add up to 1
            _, slope = vjp(bind(student.ref(name), {} if name == "embed" else plain, part, rest), plain[part], weights)
        except StudentError as error:
            if error.reason != "raised":
                raise
            return False
        return bool(to_array(slope, part).data.any())

    return ask


@pytest.fixture
def parts() -> Callable[[object, str], Params]:
    """parts(answer, what): the five entries of a dict that the student returned, in the model's order."""

    def read(answer: object, what: str) -> dict[str, object]:
        expect.kind(answer, dict, what=what)
        assert isinstance(answer, Mapping)
        for part in PARTS:
            if part not in answer:
                raise CheckFailed(f"Il manque la clé « {part} » dans {what}.", misconception="part-missing")
        expect.equal(len(answer), len(PARTS), what=f"le nombre de clés de {what}")
        return {part: answer[part] for part in PARTS}

    return read
