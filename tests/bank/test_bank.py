"""A share of the bank in every run: the reference, the untouched release, a notebook of wrong answers, one of unusual right ones, and of hollow ones where
an answer may follow from the student's own earlier ones.

`make bank` grades all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.bank import sum_up
from coursegrader.bank import Known, load_bank
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.demo import hand_in, make_class_folder
from coursegrader.feedback.misconceptions import load_misconceptions
from coursegrader.grade import grade
from coursegrader.sandbox.choose import best_mode

ROOT = Path(__file__).resolve().parents[2]
SHARE = ("reference", "untouched", "wrong-1", "wrong-hollow", "right-1")
COURSE = load_course(ROOT, only=[])
# what only a teacher can grade has no wrong answers to catch
ASSIGNMENTS = [assignment.id for assignment in COURSE.assignments if not assignment.written]


def test_a_bank_without_an_answer_of_its_own_is_summed_up_with_zeros(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(sum_up([], 6).values()) == {0, 6}
    assert capsys.readouterr().out.startswith("6 submissions, and no answer")
    caught = {"assignment": "01", "exercise": "f", "wrong": True, "as_expected": True, "named": None}
    assert sum_up([caught, {**caught, "wrong": False}], 2) == {
        "submissions": 2,
        "wrong": 1,
        "wrong_caught": 1,
        "right": 1,
        "right_failed": 0,
        "misconceptions": 0,
        "misconceptions_named": 0,
    }


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


def answers(name: str, *, wrong: bool) -> Counter[str]:
    """How many wrong, or right, answers of students' own the bank holds for each exercise."""
    found: Counter[str] = Counter()
    for item in graded(name):
        found.update(exercise for exercise in item.answered() if (exercise in item.score) == wrong)
    return found


def graded(name: str) -> list[Known]:
    return [item for item in load_bank(ROOT / "tests" / "submissions" / name) if item.status == "graded"]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_exercise_has_wrong_and_right_answers(name: str) -> None:
    exercises = {exercise.id for exercise in COURSE.assignment(name).exercises if not exercise.manual}
    wrong, right = answers(name, wrong=True), answers(name, wrong=False)
    assert {exercise for exercise in exercises if wrong[exercise] < 6} == set()
    assert {exercise for exercise in exercises if right[exercise] < 3} == set()


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_wrong_answer_says_what_its_student_is_told(name: str) -> None:
    """The id of a misconception, which must exist, or words of the message."""
    known = load_misconceptions(COURSE.misconceptions_file(name))
    for item in graded(name):
        assert set(item.score) <= set(item.says), item.label
        for exercise, words in item.says.items():
            assert words in known or not re.fullmatch(r"[a-zA-Z]+(-[a-zA-Z0-9]+)+", words), (
                f"{item.label} {exercise}: {words}"
            )
