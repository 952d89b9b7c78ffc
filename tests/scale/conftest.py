"""The small course, and one cluster for all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.small_course_fixtures import built_course, klass, mode, own_reference
from tests.scale.certificates import make
from tests.scale.cluster import Cluster

__all__ = ["built_course", "klass", "mode", "own_reference"]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers over TLS, with certificates of their own."""
    folder = tmp_path_factory.mktemp("cluster")
    started = Cluster(folder / "scratch", tls=make(folder / "tls"))
    try:
        started.start_scheduler()
        started.start_worker()
        started.start_worker()
        yield started
    finally:
        started.close()
