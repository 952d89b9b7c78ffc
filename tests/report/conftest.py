"""Made-up classes, small and large enough for curves, written once."""

from __future__ import annotations

import pytest

from benchmarks.gradebook_class import MadeClass, Size, make_class


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    """Twelve people: dots, no curve."""
    return make_class(tmp_path_factory.mktemp("small") / "course", Size(12, 4, 3))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    """Two hundred people."""
    return make_class(tmp_path_factory.mktemp("large") / "course", Size(200, 4, 3))
