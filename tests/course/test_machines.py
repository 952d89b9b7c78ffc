"""Where it is graded and how much is kept: read with every mistake named, and no part of a version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coursegrader.course import load_course
from coursegrader.errors import CourseFault
from tests.build.tiny import course_data, write_config


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scheduler": "localhost:8786"}, "no address of a scheduler"),
        ({"scheduler": 8786}, "no address of a scheduler"),
        ({"scheduler": {"adress": "tls://h:1"}}, 'write "address"'),
        ({"scheduler": {"address": "tls://h:1", "ca": 3}}, "3 is no text"),
        ({"cache": 500}, "is no dict"),
        ({"cache": {"max_mb": "500"}}, "no whole number"),
        ({"cache": {"max_mb": -1}}, "below 0"),
        ({"cache": {"max_gb": 1}}, 'Did you mean "max_mb"'),
    ],
)
def test_a_mistake_is_named(root: Path, change: dict[str, Any], says: str) -> None:
    write_config(root, {**course_data(), **change})
    with pytest.raises(CourseFault) as caught:
        load_course(root)
    assert says in " ".join(caught.value.mistakes)


def test_they_are_no_part_of_a_version(root: Path) -> None:
    before = load_course(root).version("01-mini")
    machines = {
        "scheduler": {"address": "tls://h:1", "ca": "a", "cert": "b", "key": "c"},
        "cache": {"max_mb": 1, "keep_days": 0},
    }
    write_config(root, {**course_data(), **machines})
    assert load_course(root).version("01-mini") == before
