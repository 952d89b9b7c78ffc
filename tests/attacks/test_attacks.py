"""Every attack of the battery, in the strongest mode of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from arena import Arena
from attacks import Attack
from battery import ATTACKS, SAMPLE

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


BATTERY = Path(__file__).resolve().parents[2] / "benchmarks" / "attacks.py"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the users that these modes are for")
def test_a_sample_is_blocked_in_every_mode() -> None:
    """Whole, this is `make attacks`."""
    command = [sys.executable, str(BATTERY), "--sample", "--confined-only"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout
    assert [row["mode"] for row in found["modes"]] == ["full-root", "full-user", "reduced"]
    assert {row["blocked"] for row in found["modes"]} == {len(SAMPLE)}
    assert found["points_stolen"] == found["canaries_leaked"] == 0
