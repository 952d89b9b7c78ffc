"""The two lists of names: the default one, and INSEE's file where somebody has put it."""

import os
from pathlib import Path

import pytest

from reference.names import load_names

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def default_names() -> list[str]:
    return load_names(ROOT / "data" / "names" / "prenoms.txt")


@pytest.fixture(scope="session")
def insee_file() -> Path:
    path = Path(os.environ.get("INSEE_FILE", ROOT / ".." / "shared" / "data" / "insee" / "nat2022_csv.zip"))
    if not path.is_file():
        pytest.skip("INSEE's nat2022 file is not shipped: name it in the environment variable INSEE_FILE")
    return path
