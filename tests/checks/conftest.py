"""The marker that `@check` attaches, for tests which use it outside the judge; and a way to catch a failure."""

from collections.abc import Callable
from typing import Any

import pytest

from coursegrader.checks import CheckFailed


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "coursecheck(points, message, misconceptions): a hidden check")


@pytest.fixture
def failure() -> Callable[..., CheckFailed]:
    """Calls a helper that must fail, and gives its failure."""

    def call(helper: Callable[..., None], *args: Any, **kwargs: Any) -> CheckFailed:
        with pytest.raises(CheckFailed) as caught:
            helper(*args, **kwargs)
        return caught.value

    return call
