"""Loading a course: what is right comes out, what is wrong is named, all of it, with what to write instead."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coursegrader.course import Course, Exercise, Limits, check_files, check_points, load_course
from coursegrader.errors import CourseFault
from tests.build.tiny import course_data, edit, write_config

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[dict[str, Any]], Any]


def mistakes(root: Path, change: Change | None = None, only: list[str] | None = None) -> tuple[str, ...]:
    """The mistakes of the course after a change to COURSE."""
    data = course_data()
    if change is not None:
        change(data)
        write_config(root, data)
    with pytest.raises(CourseFault) as caught:
        load_course(root, only=only)
    return caught.value.mistakes


def first(data: dict[str, Any]) -> dict[str, Any]:
    return data["assignments"][0]


def test_everything_comes_out_as_written(root: Path) -> None:
    course = load_course(root)
    assert (course.id, course.language, course.seed, course.timezone) == ("mini", "fr", 7, "Europe/Zurich")
    assert [assignment.id for assignment in course.assignments] == ["01-mini", "02-suite"]
    assignment = course.assignment("01-mini")
    assert assignment.title == "Mise à l'échelle"
    assert assignment.files == ("data/mots.txt",)
    assert assignment.points == 6.5
    assert assignment.exercises[2] == Exercise("explain", 1.0, manual=True)
    assert assignment.due == datetime(2026, 9, 8, 23, 59, tzinfo=ZoneInfo("Europe/Zurich"))
    assert assignment.due.astimezone(UTC).hour == 21
    assert course.milestones[0].id == "m1"
    assert course.milestone("m1").hours == (20, 40)
    with pytest.raises(CourseFault, match="Did you mean"):
        course.milestone("m11")
    assert assignment.limits == dataclasses.replace(Limits(), memory_mb=512)
    assert course.db_url == f"sqlite:///{root}/gradebook.db"
    assert (assignment.exercise("Scaler").solution_cell, assignment.exercise("explain").solution_cell) == (
        "Scaler-solution",
        "explain",
    )
    assert course.source_text("01-mini").is_file()


def test_a_course_cannot_be_changed(root: Path) -> None:
    course = load_course(root)
    with pytest.raises(dataclasses.FrozenInstanceError):
        course.seed = 8  # type: ignore[misc]


def test_limits_of_an_assignment_start_from_those_of_the_course(root: Path) -> None:
    data = course_data()
    data["limits"] |= {"call_seconds": 5}
    first(data)["limits"] = {"memory_mb": 4096, "cell_seconds": 120.5}
    write_config(root, data)
    course = load_course(root)
    one, two = (assignment.limits for assignment in course.assignments)
    assert (one.memory_mb, one.cell_seconds, one.call_seconds) == (4096, 120.5, 5.0)
    assert (two.memory_mb, two.cell_seconds, two.call_seconds) == (512, 30.0, 5.0)


def test_nbgraders_traits_come_from_the_same_file(root: Path) -> None:
    (root / "more.py").write_text("c.Exchange.timezone = 'UTC'\n")
    edit(root / "course_config.py", "\nc.Course", '\nload_subconfig("more.py")\nc.Course')
    config = load_course(root).nbgrader
    assert config.CourseDirectory.course_id == "mini"
    assert config.Exchange.timezone == "UTC"
    edit(root / "course_config.py", "\nc.Course", "\nc.CourseDirectory.db_url = 'postgresql://x/y'\nc.Course")
    assert load_course(root).db_url == "postgresql://x/y"


MISTAKES: dict[str, tuple[Change, str]] = {
    "unknown key": (lambda d: d.update(titel="x"), 'COURSE, titel: unknown key. Did you mean "title"?'),
    "unknown key in an assignment": (
        lambda d: first(d).update(exercices={}),
        'assignment 01-mini, exercices: unknown key. Did you mean "exercises"?',
    ),
    "unknown key without a likeness": (lambda d: d.update(xyz=1), "Known: id, title, language"),
    "missing key": (lambda d: d.pop("seed"), 'COURSE, seed: missing; write "seed": ...'),
    "seed as text": (lambda d: d.update(seed="7"), "COURSE, seed: '7' is no whole number"),
    "empty title": (lambda d: d.update(title=" "), "COURSE, title: ' ' is no text"),
    "assignments no list": (lambda d: d.update(assignments={}), "COURSE, assignments: {} is no list"),
    "assignment no dict": (lambda d: d["assignments"].append("03"), "assignments[2]: '03' is no dict"),
    "assignment without id": (lambda d: first(d).pop("id"), 'assignments[0], id: missing; write "id": ...'),
    "no date": (
        lambda d: first(d).update(due="2026-13-07 10:00"),
        'assignment 01-mini, due: "2026-13-07 10:00" is no date',
    ),
    "date without hour": (lambda d: first(d).update(due="2026-12-07"), "year-month-day hour:minute"),
    "date as number": (lambda d: first(d).update(due=20261207), "write it between quotes"),
    "date in the missing hour": (lambda d: first(d).update(due="2027-03-28 02:30"), "the clocks go forward"),
    "due before release": (
        lambda d: first(d).update(due="2026-08-31 23:59"),
        'assignment 01-mini, due: not after the release, "2026-09-01 08:00"',
    ),
    "milestone date": (lambda d: d["milestones"][0].update(due="bientôt"), 'milestone m1, due: "bientôt" is no date'),
    "zero points": (
        lambda d: first(d)["exercises"].update(scale_all=0),
        "exercise scale_all: 0 points; write a number above 0",
    ),
    "negative points": (lambda d: first(d)["exercises"].update(scale_all=-1), "-1 points"),
    "points as text": (lambda d: first(d)["exercises"].update(scale_all="2"), "'2' is no number of points"),
    "points as a bool": (lambda d: first(d)["exercises"].update(scale_all=True), "True is no number of points"),
    "exercise key": (
        lambda d: first(d)["exercises"].update(explain={"point": 1, "manual": True}),
        'assignment 01-mini, exercise explain, point: unknown key. Did you mean "points"?',
    ),
    "manual as text": (
        lambda d: first(d)["exercises"].update(explain={"points": 1, "manual": "yes"}),
        "neither True nor False",
    ),
    "exercise no name": (
        lambda d: first(d)["exercises"].update({"deux mots": 1}),
        "exercise deux mots: no Python name",
    ),
    "no exercise": (lambda d: first(d).update(exercises={}), "{} names no exercise"),
    "assignment twice": (
        lambda d: d["assignments"][1].update(id="01-mini"),
        'assignments: the id "01-mini" stands there 2 times',
    ),
    "exercise in two assignments": (
        lambda d: d["assignments"][1]["exercises"].update(scale_all=1),
        'assignments: the exercise "scale_all" stands there 2 times',
    ),
    **{
        f"milestone {key} {value}": (lambda d, key=key, value=value: d["milestones"][0].update({key: value}), expected)
        for key, value, expected in [
            ("assignment", "01-mni", 'milestone m1, assignment: the course has no assignment "01-mni". Did you mean'),
            ("decide_by", "2026-09-01 12:00", "milestone m1, decide_by: "),
            ("decides", "techer", 'milestone m1, decides: "techer" is not known. Did you mean "teacher"?'),
            ("outcome", "done", "Known: validated, presented, accepted."),
            ("decides", "precheck", 'milestone m1, decides: there is nothing for it to look at; write "teacher"'),
            ("weight", "40 %", "milestone m1, weight: '40 %' is no percentage; write a number from 0 to 100"),
            ("weight", 40, "milestones: their weights add up to 40; make it 100"),
            ("evidence", ["slides"], 'milestone m1, evidence: there is no hand-in to look at; write "assignment"'),
            ("evidence", ["slide"], "'slide' is nothing that can be looked at. Did you mean \"slides\"?"),
            ("hours", [20, 40], 'milestone m1, hours: no work log is looked at; add "hours" to its evidence'),
            ("hours", [40, 20], "the first must be below the second; write [20, 40]"),
            ("hours", 20, "20 is not the least and the most hours; write [20, 40]"),
            ("wieght", 1, 'milestone m1, wieght: unknown key. Did you mean "weight"?'),
            ("due", "2026-03-29 02:30", "does not exist: the clocks go forward then"),
        ]
    },
    "milestone with two dates": (
        lambda d: d["milestones"][0].update(assignment="01-mini"),
        'milestone m1, due: 01-mini, which it is handed in with, is due "2026-09-08 23:59"; write that or leave due',
    ),
    "milestone without a date": (lambda d: d["milestones"][0].pop("due"), 'milestone m1, due: missing; write "due"'),
    "milestones out of order": (
        lambda d: d["milestones"].append({"id": "m2", "title": "Fin", "due": "2026-09-30 12:00"}),
        "milestone m2, due: before that of m1, which stands above it",
    ),
    "milestone twice": (
        lambda d: d["milestones"].append(d["milestones"][0]),
        'milestones: the id "m1" stands there 2 times',
    ),
    "assignment id": (lambda d: first(d).update(id="01+mini"), '"01+mini" is no id'),
    "time zone": (lambda d: d.update(timezone="Europe/Zürich"), 'Did you mean "Europe/Zurich"?'),
    "city": (lambda d: d.update(timezone="Paris"), 'Did you mean "Europe/Paris"?'),
    "no time zone at all": (lambda d: d.update(timezone="xxxx"), 'Write one such as "Europe/Zurich".'),
    "file out of the course": (lambda d: first(d).update(files=["../a.txt"]), '"../a.txt" leaves the course'),
    "hidden file": (lambda d: first(d).update(files=["reference/scale.py"]), "would hand out reference/"),
    "file in the way": (lambda d: first(d).update(files=["data/selfcheck.py"]), "already holds a selfcheck.py"),
    "file twice": (lambda d: first(d).update(files=["data/mots.txt", "old/mots.txt"]), "already holds a mots.txt"),
    "no file": (lambda d: first(d).update(files=["data/noms.txt"]), 'there is no file "data/noms.txt"'),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_what_to_write_instead(root: Path, name: str) -> None:
    change, expected = MISTAKES[name]
    assert any(expected in mistake for mistake in mistakes(root, change)), mistakes(root, change)


SEVERAL = {"assignment twice", "exercise in two assignments", "exercise key", "assignment id"}
SEVERAL |= {"assignment no dict", "assignment without id"}  # the traits below COURSE fail too
SEVERAL |= {"no exercise", "exercise no name"}  # these also make the course's files wrong


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in SEVERAL])
def test_one_mistake_in_the_configuration_makes_no_noise(root: Path, name: str) -> None:
    assert len(mistakes(root, MISTAKES[name][0])) == 1


LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "no unit": ({"memory": 512}, 'limits, memory: has no unit; write "memory_mb"'),
    "no unit, seconds": ({"cell_cpu": 60}, 'limits, cell_cpu: has no unit; write "cell_cpu_seconds"'),
    "gigabytes": ({"memory_gb": 2}, 'limits, memory_gb: wrong unit; write "memory_mb": 2048'),
    "minutes": ({"cell_minutes": 1.5}, 'limits, cell_minutes: wrong unit; write "cell_seconds": 90'),
    "milliseconds": ({"call_ms": 500}, 'limits, call_ms: wrong unit; write "call_seconds": 0.5'),
    "megabytes for kilobytes": ({"output_mb": 1}, 'limits, output_mb: wrong unit; write "output_kb": 1024'),
    "unit in the value": (
        {"memory_mb": "2 GB"},
        "'2 GB' is no number; write a plain number of megabytes, without a unit",
    ),
    "unknown": ({"procesess": 4}, 'limits, procesess: unknown limit. Did you mean "processes"?'),
    "zero": ({"call_seconds": 0}, "limits, call_seconds: 0 is not positive"),
    "half a process": ({"processes": 1.5}, "limits, processes: 1.5 is no whole number; write 2"),
    "a call longer than everything": (
        {"call_seconds": 999},
        "limits, call_seconds: more than submission_seconds (300)",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_need_their_units(root: Path, name: str) -> None:
    limits, expected = LIMITS[name]
    found = mistakes(root, lambda d: d.update(limits=limits))
    assert len(found) == 1
    assert expected in found[0]


def test_numbers_must_be_finite(root: Path) -> None:
    edit(root / "course_config.py", "'scale_all': 2", "'scale_all': 1e999")
    edit(root / "course_config.py", "'memory_mb': 512", "'memory_mb': 1e999 - 1e999")
    assert mistakes(root) == (
        "limits, memory_mb: nan is not positive; write a number above 0",
        "assignment 01-mini, exercise scale_all: inf points; write a number above 0",
    )


def test_limits_of_an_assignment_name_it(root: Path) -> None:
    found = mistakes(root, lambda d: first(d).update(limits={"memory": 1}))
    assert found == ('assignment 01-mini, limits, memory: has no unit; write "memory_mb"',)


def test_all_mistakes_are_reported_together(root: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data.update(timezone="Paris", titel="x", limits={"memory": 1})
        first(data).update(due="demain", files=["data/noms.txt"])
        first(data)["exercises"]["scale_all"] = "2"

    found = mistakes(root, change, only=["01-mini", "03"])
    for part in ("Paris", "titel", "memory_mb", "demain", "noms.txt", "'2'", 'assignment "03"'):
        assert any(part in mistake for mistake in found), part
    assert len(found) == 7


def test_a_key_that_stands_twice_in_one_dict_is_found(root: Path) -> None:
    edit(root / "course_config.py", "'scale_all': 2,", "'scale_all': 2, 'scale_all': 3,")
    assert mistakes(root) == ('course_config.py, line 1: "scale_all" stands twice in one dict; delete or rename one',)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COURSE = {\n", "course_config.py, line 1, fails: SyntaxError"),
        ("x = 1\nCOURSE = undefined\n", "course_config.py, line 2, fails: NameError"),
        ("course = {}\n", "defines no dict COURSE"),
    ],
)
def test_a_configuration_that_fails_names_its_line(root: Path, text: str, expected: str) -> None:
    (root / "course_config.py").write_text(text)
    with pytest.raises(CourseFault) as caught:
        load_course(root)
    assert expected in str(caught.value)


def test_a_folder_without_a_course_says_so(tmp_path: Path) -> None:
    with pytest.raises(CourseFault, match=r"no course_config\.py") as caught:
        load_course(tmp_path)
    assert caught.value.hint == "Run the command in the course folder."


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "reference function missing": (
        lambda r: edit(r / "reference/scale.py", "def scale_all", "def scale_al"),
        "exercise scale_all: reference/ defines no such function or class; write it or rename the exercise. "
        'Did you mean "scale_al"?',
    ),
    "reference broken": (lambda r: (r / "reference/shift.py").write_text("def (:\n"), "reference/shift.py: line 1"),
    "no check file": (
        lambda r: (r / "grading_tests/01-mini/test_Scaler.py").unlink(),
        "exercise Scaler: no hidden checks; write grading_tests/01-mini/test_Scaler.py",
    ),
    "check file without exercise": (
        lambda r: (r / "grading_tests/01-mini/test_scale_al.py").write_text(""),
        '/test_scale_al.py: "scale_al" is no exercise that checks can grade. Did you mean "scale_all"?',
    ),
    "checks of a written answer": (
        lambda r: (r / "grading_tests/01-mini/test_explain.py").write_text(""),
        '"explain" is no exercise that checks can grade',
    ),
    "no text": (
        lambda r: (r / "source/01-mini/01-mini.md").unlink(),
        "its text is missing; write source/01-mini/01-mini.md",
    ),
    "no exercise cell": (
        lambda r: edit(r / "source/01-mini/01-mini.md", ":exercise: Scaler\n", ""),
        "no exercise cell for Scaler; write a code cell with :exercise: Scaler",
    ),
    "no check cell": (
        lambda r: edit(r / "source/01-mini/01-mini.md", ":check: Scaler\n", ""),
        "no check cell for Scaler",
    ),
    "no written answer": (
        lambda r: edit(r / "source/01-mini/01-mini.md", '+++ {"manual": "explain"}', "+++"),
        'no manual cell for explain; write +++ {"manual": "explain"}',
    ),
    "cell twice": (
        lambda r: edit(r / "source/01-mini/01-mini.md", ":free: true", ":check: Scaler"),
        "2 check cells for Scaler (lines",
    ),
    "cell of no exercise": (
        lambda r: edit(r / "source/01-mini/01-mini.md", ":free: true", ":check: Scalar"),
        '"Scalar" is no exercise of 01-mini. Did you mean "Scaler"?',
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_what_the_configuration_names_must_exist(root: Path, name: str) -> None:
    spoil, expected = FILES[name]
    spoil(root)
    found = mistakes(root)
    assert any(expected in mistake for mistake in found), found


def test_options_in_a_yaml_block_are_seen_too(root: Path) -> None:
    edit(
        root / "source/01-mini/01-mini.md", ":check: Scaler\n:tags: [demo]\n", "---\ncheck: Scaler\ntags: [demo]\n---\n"
    )
    check_files(load_course(root))


def test_an_option_inside_code_is_no_option(root: Path) -> None:
    edit(root / "source/01-mini/01-mini.md", "selfcheck.equal(Scaler", ":check: Scaler\nselfcheck.equal(Scaler")
    load_course(root)


def test_an_unfinished_assignment_does_not_stop_another(root: Path) -> None:
    (root / "source/02-suite/02-suite.md").unlink()
    assert load_course(root, only=["01-mini"]).assignment("02-suite").points == 1
    load_course(root, only=[])
    assert len(mistakes(root, only=["02-suite"])) == 1


def test_an_unknown_assignment_on_the_command_line(root: Path) -> None:
    assert mistakes(root, only=["01-mni"]) == (
        'assignment "01-mni": the course has none of that id. Did you mean "01-mini"?',
    )
    course = load_course(root)
    with pytest.raises(CourseFault, match=r"no assignment '02-suit'") as caught:
        course.assignment("02-suit")
    assert caught.value.hint == 'Did you mean "02-suite"?'
    with pytest.raises(CourseFault, match="no exercise 'scaler'"):
        course.assignment("01-mini").exercise("scaler")


def points(course: Course, **sums: float) -> tuple[str, ...]:
    with pytest.raises(CourseFault) as caught:
        check_points(course, "01-mini", sums)
    return caught.value.mistakes


def test_points_of_checks_must_add_up(root: Path) -> None:
    course = load_course(root)
    check_points(course, "01-mini", {"scale_all": 0.1 + 0.2 + 1.7, "Scaler": 3.5})
    place = "grading_tests/01-mini"
    assert points(course, scale_all=2, Scaler=3) == (
        f"{place}/test_Scaler.py: the checks add up to 3, the exercise is worth 3.5; "
        "change the points there or in course_config.py",
    )
    found = points(course, scale_al=2, Scaler=3.5, explain=1)
    assert f"{place}/test_scale_all.py: no check with points; the exercise is worth 2" in found
    assert f'{place}/test_scale_al.py: "scale_al" is no exercise. Did you mean "scale_all"?' in found
    assert any("graded by hand" in mistake for mistake in found)
    assert len(found) == 3


def test_the_real_configuration_is_right() -> None:
    course = load_course(ROOT, only=[])
    assignment = course.assignment("01-compter-generer")
    assert assignment.points == 20
    assert "raise NotImplementedError(" in course.nbgrader.ClearSolutions.code_stub["python"]
    assert "01-compter-generer.md" in course.nbgrader.CourseDirectory.ignore


def test_nbgrader_finds_the_real_configuration_by_itself() -> None:
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    ours = load_course(ROOT, only=[]).nbgrader
    # a list that is only extended is an object of its own in each, equal to nothing but itself
    assert json.dumps(config, default=repr, sort_keys=True) == json.dumps(ours, default=repr, sort_keys=True)


def test_the_real_files_are_complete() -> None:
    if not (ROOT / "source/01-compter-generer/01-compter-generer.md").is_file():
        pytest.skip("the text of 01-compter-generer is not written yet")
    load_course(ROOT)
