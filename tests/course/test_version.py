"""The version changes with everything that decides a grade, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import coursegrader.course.version as version_module
from coursegrader.course import load_course
from tests.build.tiny import course_data, edit, write_config, write_course


def version(root: Path) -> str:
    return load_course(root, only=[]).version("01-mini")


def configure(root: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    data = course_data()
    change(data)
    write_config(root, data)


CHANGES: dict[str, Callable[[Path], Any]] = {
    "text": lambda r: edit(r / "source/01-mini/01-mini.md", "Pourquoi", "pourquoi"),
    "reference": lambda r: edit(r / "reference/shift.py", "offset for", "offset + 0 for"),
    "new reference": lambda r: (r / "reference/new.py").write_text("x = 1\n"),
    "check": lambda r: edit(r / "grading_tests/01-mini/test_scale_all.py", "-1.5", "-2.5"),
    "fixtures": lambda r: (r / "grading_tests/conftest.py").write_text("x = 1\n"),
    "misconceptions": lambda r: edit(r / "grading_tests/misconceptions/01-mini.toml", "carré", "cube"),
    "data": lambda r: (r / "data/mots.txt").write_text("un\n"),
    "points": lambda r: configure(r, lambda d: d["assignments"][0]["exercises"].update(Scaler=4)),
    "limits": lambda r: configure(r, lambda d: d["limits"].update(memory_mb=1024)),
    "seed": lambda r: configure(r, lambda d: d.update(seed=8)),
}

NO_CHANGES: dict[str, Callable[[Path], Any]] = {
    "nothing": lambda r: None,
    "another text": lambda r: edit(r / "source/02-suite/02-suite.md", "La suite", "La fin"),
    "another check": lambda r: edit(r / "grading_tests/02-suite/test_shift.py", "[2]", "[3]"),
    "another assignment": lambda r: configure(r, lambda d: d["assignments"][1].update(title="Fin")),
    "milestones": lambda r: configure(r, lambda d: d.update(milestones=[])),
    "deadline": lambda r: configure(r, lambda d: d["assignments"][0].update(due="2026-10-08 23:59")),
    "release date": lambda r: configure(r, lambda d: d["assignments"][0].update(release="2026-08-08 23:59")),
    "time zone": lambda r: configure(r, lambda d: d.update(timezone="UTC")),
    "policy": lambda r: configure(r, lambda d: d.update(policy={"attempts": 3, "late": {"percent_per_day": 10}})),
    "its policy": lambda r: configure(r, lambda d: d["assignments"][0].update(policy={"counts": "best"})),
    "extension": lambda r: configure(r, lambda d: d.update(extensions={"zoé": {"01-mini": "2026-10-08 23:59"}})),
    "order of keys": lambda r: configure(r, lambda d: d.update(title=d.pop("title"))),
    "traits": lambda r: write_config(r, course_data(), "c.Exchange.timezone = 'UTC'\n"),
    "release": lambda r: (r / "release").mkdir(),
    "python's own files": lambda r: (r / "reference/x.pyc").write_bytes(b"1"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_decides_a_grade_changes_the_version(root: Path, name: str) -> None:
    before = version(root)
    CHANGES[name](root)
    assert version(root) != before


@pytest.mark.parametrize("name", NO_CHANGES)
def test_what_decides_no_grade_does_not(root: Path, name: str) -> None:
    before = version(root)
    NO_CHANGES[name](root)
    assert version(root) == before


def test_a_version_is_a_hash_that_no_folder_changes(root: Path, tmp_path: Path) -> None:
    assert len(version(root)) == 64
    assert version(root) == version(write_course(tmp_path / "elsewhere"))


def test_a_file_moved_is_not_the_same_file(root: Path) -> None:
    before = version(root)
    (root / "reference/shift.py").rename(root / "reference/moved.py")
    assert version(root) != before


def test_the_engine_counts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(root)
    monkeypatch.setattr(version_module, "__version__", "99")
    assert version(root) != before
