"""Every attack of the battery, in the strongest mode of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from arena import Arena
from attacks import ATTACKS, Attack

from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    mode, why = best_mode()
    if mode is Mode.NONE:
        pytest.skip(f"no isolation here: {why}")
    with Arena(mode) as made:
        yield made
        assert made.honest() == 4, "an honest submission after all attacks must get its points"
        assert made.residue() == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_is_blocked(arena: Arena, attack: Attack) -> None:
    outcome = arena.attack(attack)
    assert outcome.blocked, outcome
