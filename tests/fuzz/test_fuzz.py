"""A share of `make fuzz`: broken notebooks and frames end in a verdict or a reason, never in a crash of the trusted side."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from gauntlet import Gauntlet, feed
from mutants import FrameMutator, Mutator

from tests.pipeline.small_course import NAME, Class


@pytest.mark.parametrize("seed", range(4))
def test_broken_notebooks(seed: int, klass: Class, tmp_path: Path) -> None:
    gauntlet = Gauntlet(klass.course, NAME, tmp_path / "handed-in")
    mutator = Mutator(klass.notebook(), seed)
    ends = Counter(gauntlet.run(mutator.notebook(), mutator) for _ in range(60))
    assert min(ends["graded"], ends["rejected"]) >= 3, ends  # the mutations reach both ends


def test_broken_frames() -> None:
    mutator = FrameMutator(0)
    ends = Counter(feed(mutator.frame()) for _ in range(1000))
    assert min(ends["value"], ends["stopped"]) > 100, ends
