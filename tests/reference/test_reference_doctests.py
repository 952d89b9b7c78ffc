"""Every example in a docstring of the reference; the exercise functions on their own, as in a student's notebook."""

import doctest
import importlib
import inspect
import math
import typing

import pytest
import torch

EXERCISES = {  # in the order of the notebook
    "build_vocabulary": "vocabulary",
    "count_bigrams": "count_model",
    "normalize_rows": "count_model",
    "sample_ids": "sampling",
    "decode": "sampling",
    "log_probability": "evaluation",
    "mean_nll": "evaluation",
    "perplexity": "evaluation",
}


@pytest.mark.parametrize("module", ["names", "vocabulary", "count_model", "sampling", "evaluation", "mlp"])
def test_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"reference.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_exercise_functions_need_only_torch_math_and_each_other() -> None:
    notebook: dict[str, typing.Any] = {"torch": torch, "math": math}
    for name, module in EXERCISES.items():
        function = getattr(importlib.import_module(f"reference.{module}"), name)
        exec(inspect.getsource(function), notebook)  # as the build pastes it into a cell
        examples = doctest.DocTestParser().get_doctest(function.__doc__, notebook, name, None, None)
        assert examples.examples, f"{name} has no example"
        assert doctest.DocTestRunner().run(examples, clear_globs=False).failed == 0


@pytest.mark.parametrize("name", EXERCISES)
def test_exercise_docstrings_are_a_specification(name: str) -> None:
    text = getattr(importlib.import_module(f"reference.{EXERCISES[name]}"), name).__doc__
    for part in ("Paramètres", "Renvoie", "Exemple", "Source"):
        assert part in text
