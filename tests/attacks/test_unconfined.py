"""A part of the battery with confinement off: what works must be noticed, or the battery proves nothing."""

from __future__ import annotations

from pathlib import Path

import residue
from arena import Arena
from attacks import FORGE, HOST, READ

from coursegrader.sandbox.confinement import Mode


def test_the_battery_notices_what_works_with_confinement_off() -> None:
    chosen = [attack for attack in READ + HOST if attack.harmless and not attack.slow]
    with Arena(Mode.NONE) as arena:
        flagged = [attack.name for attack in chosen if not arena.attack(attack).blocked]
    assert len(flagged) >= len(chosen) / 3, flagged
    assert str(int(residue.KEY, 16)) not in Path("/proc/sysvipc/shm").read_text(), (
        "the attacks' segment stayed on this machine"
    )


def test_no_forgery_pays_even_with_confinement_off() -> None:
    """The checks compare on the trusted side: walls or no walls, a wrong answer stays wrong."""
    with Arena(Mode.NONE) as arena:
        outcomes = [arena.attack(attack) for attack in FORGE if attack.harmless and attack.name != "slow-drip"]
    assert [outcome.attack for outcome in outcomes if outcome.points_stolen] == []
