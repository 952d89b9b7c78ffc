"""The tiny course in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.tiny import write_course


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Root of a fresh tiny course."""
    return write_course(tmp_path / "course")
