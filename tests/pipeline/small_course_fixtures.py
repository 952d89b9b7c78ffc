"""Fixtures around the small course, for all tests that grade for real."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from tests.pipeline.small_course import NAME, Class, write_course


@pytest.fixture(scope="session")
def mode() -> Mode:
    """How student code is confined here; the warm parent, one for all tests, warms up meanwhile."""
    found, why = best_mode()
    if found is Mode.NONE:
        pytest.skip(f"this machine offers no isolation: {why}")
    shared()
    return found


@pytest.fixture(scope="session")
def built_course(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course, built and registered; to be copied, never changed."""
    root = write_course(tmp_path_factory.mktemp("built") / "course")
    build_release(load_course(root), NAME)
    return root


@pytest.fixture(scope="module", autouse=True)
def own_reference() -> Iterator[None]:
    """`reference` means the tested course's while a module's tests run, and after them what it meant before."""
    path = list(sys.path)
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "reference"}
    yield
    sys.path[:] = path
    for name in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        del sys.modules[name]
    sys.modules.update(modules)


@pytest.fixture
def klass(built_course: Path, tmp_path: Path) -> Class:
    """A class of its own, nobody's work handed in yet."""
    return Class.copied(built_course, tmp_path / "course")
