"""A sampler that is right but for one uniform number of exactly 0 keeps its points for the form of names; one that is wrong does not."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from coursegrader.checks import CheckFailed
from reference.mlp import forward

CHECKS = Path(__file__).resolve().parents[2] / "grading_tests"


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, CHECKS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def zeros_at(calls: set[int]) -> Any:
    """Uniform numbers, of which these are 0, counted from 0."""
    source, drawn = random.Random(0), iter(range(10**9))
    return lambda: source.random() * (next(drawn) not in calls)


def symbol(P: torch.Tensor, u: float) -> int:
    """The usual inversion: the number of cumulated sums below u."""
    return min(int((u > P.cumsum(0)).sum()), len(P) - 1)


def count_student(calls: set[int]) -> SimpleNamespace:
    uniform = zeros_at(calls)

    def name(P: torch.Tensor, max_len: int | None) -> list[int]:
        ids: list[int] = []
        while max_len is None or len(ids) < max_len:
            following = symbol(P[ids[-1] if ids else 0], uniform())
            if following == 0:
                break
            ids.append(following)
        return ids

    def sample_ids(P: torch.Tensor, n: int, generator: object = None, max_len: int | None = None) -> list[list[int]]:
        return [name(P, max_len) for _ in range(n)]

    return SimpleNamespace(sample_ids=sample_ids)


def mlp_student(calls: set[int]) -> SimpleNamespace:
    uniform = zeros_at(calls)

    def name(model: dict[str, torch.Tensor], itos: list[str], max_len: int) -> str:
        k = len(model["W1"]) // model["C"].shape[1]
        ids = [0] * k
        while len(ids) < k + max_len:
            following = symbol(forward(model, torch.tensor([ids[-k:]]))[0].softmax(0), uniform())
            if following == 0:
                break
            ids.append(following)
        return "".join(itos[i] for i in ids[k:])

    def sample_from_mlp(
        model: dict[str, torch.Tensor], itos: list[str], n: int, generator: object = None, max_len: int = 100
    ) -> list[str]:
        return [name(model, itos, max_len) for _ in range(n)]

    return SimpleNamespace(sample_from_mlp=sample_from_mlp)


STUDENTS = {
    "01-compter-generer/test_sample_ids.py": count_student,
    "05-entrainer/test_sample_from_mlp.py": mlp_student,
}


@pytest.mark.parametrize("path", STUDENTS)
def test_one_zero_costs_nothing_and_two_do(path: str) -> None:
    check = load(path).test_form
    for zeros in (set(), {3}):
        check(STUDENTS[path](zeros), random.Random(1), 7)
    with pytest.raises(CheckFailed):
        check(STUDENTS[path](set(range(0, 10**4, 3))), random.Random(1), 7)
