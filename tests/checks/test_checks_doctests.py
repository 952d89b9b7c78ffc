"""The examples in the docstrings of what an author uses are right."""

import doctest
import importlib

import pytest

MODULES = [
    "messages",
    *(f"checks.{name}" for name in ["check", "compare", "equality", "errors", "expect", "law", "values"]),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"coursegrader.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0
