"""pytest as a library: collect the hidden checks of one assignment once, then run them as often as submissions come.

A new `pytest.main` for every submission would spend more on start-up than on the checks. This is the only module that touches
pytest's inside (`_prepareconfig`), which is why pytest is pinned to one minor version.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from _pytest.config import _prepareconfig
from _pytest.runner import runtestprotocol

from coursegrader.errors import CourseFault

_OPTIONS = [
    "--import-mode=importlib",
    "--strict-markers",
    "-c",
    os.devnull,
    *(part for name in ("cacheprovider", "terminal", "capture", "faulthandler", "unraisableexception", "threadexception", "doctest",
                        "junitxml", "pastebin", "stepwise", "logging", "unittest") for part in ("-p", f"no:{name}")),
]  # fmt: skip


@dataclass(frozen=True)
class CheckSpec:
    """A hidden check as its author wrote it: exercise, name, points, message for the student, misconceptions that it can recognise."""

    exercise: str
    name: str
    points: float
    message: str
    misconceptions: tuple[str, ...] = ()


class Plugin:
    """Gives checks their fixtures and takes down how each one ended."""

    def __init__(self, seed_text: str) -> None:
        self._seed_text = seed_text
        self.student: Any = None
        self.error: BaseException | None = None
        self.ran = False
        self.collect_errors: list[str] = []

    @pytest.fixture(name="student")
    def fixture_student(self) -> Any:
        return self.student

    @pytest.fixture(name="seed")
    def fixture_seed(self, request: pytest.FixtureRequest) -> int:
        """A number that is the same for every student and every run, and another for every check."""
        text = f"{self._seed_text}:{request.node.path.name}:{request.node.name}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")

    @pytest.fixture(name="rng")
    def fixture_rng(self, seed: int) -> random.Random:
        return random.Random(seed)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "coursecheck(points, message): a hidden check")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collect_errors.append(f"{report.nodeid}: {report.longreprtext}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        if call.excinfo is not None and self.error is None:
            self.error = call.excinfo.value
        if call.when == "call":
            self.ran = True
        assert call.when != "collect"
        # A report in place of pytest's own, which would spell out the failure with its source: 5 ms that nobody reads.
        outcome: Literal["passed", "failed"] = "passed" if call.excinfo is None else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)


class Collected:
    """The checks of one assignment, ready to run.

    Args:
        folder: grading_tests/<assignment>.
        seed_text: what the checks' random inputs derive from.

    Raises:
        CourseFault: a file that does not import, a check without `@check`, or a check outside `test_<exercise>.py`.
    """

    def __init__(self, folder: Path, seed_text: str) -> None:
        self.plugin = Plugin(seed_text)
        _forget_modules(folder.parent.name)
        try:
            # an assignment of written answers has no checks, and no folder for them
            self._items = self._collect(folder) if folder.is_dir() else []
        except Exception as error:  # whatever a conftest raises, and pytest's own
            raise CourseFault(f"the hidden checks in {folder} cannot be collected: {error}") from error
        if self.plugin.collect_errors:
            raise CourseFault("hidden checks do not import:\n" + "\n".join(self.plugin.collect_errors))
        self.specs = [_spec(item) for item in self._items]

    def _collect(self, folder: Path) -> list[pytest.Item]:
        with _quiet_plugins():
            config = _prepareconfig(
                # pytest names modules from the root directory on: `grading_tests.<assignment>.test_…`. One level lower,
                # an assignment with the name of a Python package would take that package's place.
                [*_OPTIONS, f"--rootdir={folder.parent.parent}", f"--confcutdir={folder.parent}", str(folder)],
                [self.plugin],
            )
            config._do_configure()
        session = pytest.Session.from_config(config)
        config.hook.pytest_sessionstart(session=session)
        session.perform_collect()
        return session.items

    def run(
        self, student: Callable[[], Any], exercise: str | None = None
    ) -> Iterator[tuple[CheckSpec, bool, BaseException | None]]:
        """Run every check.

        Args:
            student: makes the context manager that gives a check its student, a fresh one each time.
            exercise: run only the checks of this one.

        Yields:
            The check, whether its body ran, and what it raised (None: it passed).
        """
        outer = os.environ.get("PYTEST_CURRENT_TEST")  # pytest's name of the test that runs this one, if one does
        try:
            wanted = [
                (item, spec)
                for item, spec in zip(self._items, self.specs, strict=True)
                if exercise is None or spec.exercise == exercise
            ]
            for position, (item, spec) in enumerate(wanted):
                following = wanted[position + 1][0] if position + 1 < len(wanted) else None
                self.plugin.error, self.plugin.ran = None, False
                with student() as self.plugin.student:
                    runtestprotocol(item, log=False, nextitem=following)
                yield spec, self.plugin.ran, self.plugin.error
        finally:
            self.plugin.student = None
            # Where a run was broken off, pytest still has fixtures set up for the check that did not come.
            if self._items:
                self._items[0].session._setupstate.teardown_exact(None)
            if outer is not None:
                os.environ["PYTEST_CURRENT_TEST"] = outer


def _spec(item: pytest.Item) -> CheckSpec:
    marker = item.get_closest_marker("coursecheck")
    file = item.path.stem
    if marker is None:
        raise CourseFault(f"{item.nodeid}: a hidden check needs @check(points=…, message=…)")
    return CheckSpec(
        file.removeprefix("test_"),
        item.name,
        float(marker.kwargs["points"]),
        str(marker.kwargs["message"]),
        tuple(marker.kwargs.get("misconceptions", ())),
    )


def _forget_modules(package: str) -> None:
    """Have checks imported anew: by name, pytest would find those of another course, or of before they were mended."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


@contextmanager
def _quiet_plugins() -> Iterator[None]:
    """Load no third-party pytest plugins: what is installed beside the grader must not change a grade."""
    before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before
