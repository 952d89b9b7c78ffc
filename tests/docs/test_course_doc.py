"""docs/course.md says what the course says, and its map names every exercise and nothing that is not there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from coursegrader.course import Course, load_course

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_course_doc", ROOT / "scripts" / "make_course_doc.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(ROOT, only=[])


def test_the_map_names_the_whole_course_and_nothing_else(maker: ModuleType, course: Course) -> None:
    """An exercise that is new must be added to docs/course_map.toml: the message says which."""
    assert maker.map_faults(course, maker.load_topics(ROOT)) == []


def test_course_page_is_current(maker: ModuleType, course: Course) -> None:
    written = (ROOT / "docs" / "course.md").read_text(encoding="utf-8")
    assert written == maker.page(course), "run scripts/make_course_doc.py"


def test_every_row_of_the_map_has_its_assignment_and_its_checks(maker: ModuleType, course: Course) -> None:
    """Names of the written page against the files themselves."""
    part = (
        (ROOT / "docs" / "course.md")
        .read_text(encoding="utf-8")
        .partition("## The course map")[2]
        .partition("\n## ")[0]
    )
    rows = {row.split(" | ")[0].lstrip("| "): row for row in part.splitlines() if row.startswith("| ")}
    for topic in maker.load_topics(ROOT):
        if maker.waits(course, topic):
            continue
        row = rows[topic["slides"]]
        for name in topic["exercises"]:
            (assignment,) = [a for a in course.assignments if name in {e.id for e in a.exercises}]
            assert assignment.id in row and f"`{name}`" in row
            file = ROOT / "grading_tests" / assignment.id / f"test_{name}.py"
            assert file.is_file() != assignment.written
            for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
                if line.startswith("def test_"):
                    assert line[len("def ") : line.index("(")] in row


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown exercise": ({"exercises": ["no_such_exercise"]}, "no exercise no_such_exercise in the course"),
    "an unknown function": ({"exercises": ["one_hot"], "also": ["names.nothing"]}, "no names.nothing in reference/"),
    "no exercise": ({"exercises": []}, "no exercises; name those that teach it"),
    "an assignment that has come": ({"exercises": ["later"], "waits_for": "01"}, "no exercise later in the course"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistakes_in_the_map_are_named(maker: ModuleType, course: Course, kind: str) -> None:
    topic, said = MISTAKES[kind]
    (fault,) = maker.map_faults(course, [*maker.load_topics(ROOT), {"slides": "Something", **topic}])
    assert "topic « Something »" in fault and said in fault


def test_an_exercise_under_no_topic_is_named_with_its_assignment(maker: ModuleType, course: Course) -> None:
    topics = [
        {**topic, "exercises": [name for name in topic["exercises"] if name != "one_hot"]}
        for topic in maker.load_topics(ROOT)
    ]
    (fault,) = maker.map_faults(course, topics)
    assert "one_hot of 03-un-neurone stands under no topic" in fault
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maker, "load_topics", lambda root: topics)
        with pytest.raises(SystemExit, match="one_hot of 03-un-neurone"):
            maker.page(course)


def test_a_topic_may_wait_for_an_assignment_to_come(maker: ModuleType, course: Course) -> None:
    later = {"slides": "Something", "exercises": ["not_yet"], "waits_for": "99"}
    assert maker.map_faults(course, [*maker.load_topics(ROOT), later]) == []
    assert maker.map_table(course, [later], {})[-1] == "| Something | 99, to come | | |"
