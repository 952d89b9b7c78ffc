"""Wrong answers to `choose_alpha` choose what the check draws its lists against: there the power is 1 by construction, not by simulation."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from coursegrader.bank import load_bank
from reference.ngrams import choose_alpha

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "02-contexte-plus-long"
COUNTED, OF_BOTH = "alpha-on-counted-names", "vocabulary-from-validation"
MISTAKES = {"wrong-1": COUNTED, "wrong-3": OF_BOTH, "wrong-subtil-1": OF_BOTH}


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def power() -> ModuleType:
    return load(ROOT / "benchmarks" / "calibration" / f"{ASSIGNMENT}_power.py")


@pytest.mark.parametrize("label", MISTAKES)
def test_a_mistake_chooses_the_value_that_the_lists_are_drawn_against(power: ModuleType, label: str) -> None:
    check = load(ROOT / "grading_tests" / ASSIGNMENT / "test_choose_alpha.py")
    bank = {item.label: item for item in load_bank(ROOT / "tests" / "submissions" / ASSIGNMENT)}
    answer = power.notebook_of(bank[label])["choose_alpha"]
    if MISTAKES[label] == COUNTED:
        k = 2
        train, val, right, wrong = check.draw(random.Random(5), power.NAMES, k, scramble=False)
    else:
        k = 1
        train, val, right, wrong = check.draw_unreadable(random.Random(5), power.NAMES)
    assert choose_alpha(train, val, k, check.GRID) == right
    assert answer(train, val, k, check.GRID) == wrong[MISTAKES[label]] != right
