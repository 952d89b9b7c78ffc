"""A share of the bank in every run: the reference, the untouched release, a notebook of wrong answers and one of unusual right ones.

`make bank` grades all of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from coursegrader.bank import load_bank
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.demo import hand_in, make_class_folder
from coursegrader.grade import grade
from coursegrader.sandbox.choose import best_mode

ROOT = Path(__file__).resolve().parents[2]
SHARE = ("reference", "untouched", "wrong-1", "wrong-4", "right-1", "right-2")
ASSIGNMENTS = [assignment.id for assignment in load_course(ROOT, only=[]).assignments]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_known_submissions_get_their_verdicts(name: str, tmp_path: Path) -> None:
    course = load_course(make_class_folder(ROOT, tmp_path / "class"), only=[name])
    assignment = course.assignment(name)
    build_release(course, assignment)
    known = {item.label: item for item in load_bank(ROOT / "tests" / "submissions" / name) if item.label in SHARE}
    hand_in(course, assignment, list(known.values()))
    run = grade(course, name, best_mode()[0], workers=2)
    assert run.faults == {}
    assert {verdict.student for verdict in run.verdicts} == set(known)
    assert [line for verdict in run.verdicts for line in known[verdict.student].differences(verdict)] == []


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_known_submission_says_what_must_come_of_it(name: str) -> None:
    labels = {item.label for item in load_bank(ROOT / "tests" / "submissions" / name)}
    assert {"reference", "untouched"} <= labels
    assert sum(label.startswith("wrong-") for label in labels) >= 6
    assert sum(label.startswith("right-") for label in labels) >= 3
    folders = {path.name for path in (ROOT / "tests" / "submissions" / name).iterdir() if path.is_dir()}
    assert folders == labels
