"""Every attack of the battery, in the strongest mode of this machine; and a part with confinement off, which must be noticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from arena import Arena
from attacks import ATTACKS, FORGE, HOST, READ, Attack

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


def test_the_battery_notices_what_works_with_confinement_off() -> None:
    chosen = [attack for attack in READ + HOST if attack.harmless and not attack.slow]
    with Arena(Mode.NONE) as arena:
        flagged = [attack.name for attack in chosen if not arena.attack(attack).blocked]
    assert len(flagged) >= len(chosen) / 3, flagged


def test_no_forgery_pays_even_with_confinement_off() -> None:
    """The checks compare on the trusted side: walls or no walls, a wrong answer stays wrong."""
    with Arena(Mode.NONE) as arena:
        outcomes = [arena.attack(attack) for attack in FORGE if attack.harmless and attack.name != "slow-drip"]
    assert [outcome.attack for outcome in outcomes if outcome.points_stolen] == []
