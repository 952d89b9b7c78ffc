"""Fixtures that every hidden check may use, besides the engine's own `student`, `rng` and `seed`."""

from pathlib import Path

import pytest

NAMES = Path(__file__).resolve().parents[1] / "data" / "names" / "prenoms.txt"


@pytest.fixture(scope="session")
def names() -> tuple[str, ...]:
    """The default list of names, in the file's order."""
    return tuple(NAMES.read_text(encoding="utf-8").split())
