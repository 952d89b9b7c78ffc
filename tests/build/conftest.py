"""The tiny course in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coursegrader.course import Course, load_course
from tests.build.tiny import write_course


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Root of a fresh tiny course."""
    return write_course(tmp_path / "course")


@pytest.fixture
def load(root: Path) -> Callable[[], Course]:
    """Load the course as its files are now."""
    return lambda: load_course(root)
