"""The small course behind an exchange of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.small_course import Class
from tests.pipeline.small_course_fixtures import built_course, klass, mode, own_reference
from tests.watch.exchange import Room

__all__ = ["built_course", "klass", "mode", "own_reference"]


@pytest.fixture
def room(klass: Class, tmp_path: Path) -> Room:
    """A class with an exchange, its assignment released."""
    return Room(klass, tmp_path / "exchange").opened()
