"""A hidden check that is itself wrong never lowers a grade, and the teacher is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursegrader.errors import CourseFault
from tests.pipeline.small_course import NAME, Class, scores

BROKEN = """
@check(points={points}, message="Cassé.")
def test_broken(student):
    raise KeyError("oops")
"""
CLASH = """
@check(points=1, message="Heurt.")
def test_clash(student):
    assert [1, 2][int(student.total([1.0]))] == 2
"""


def rewrite(klass: Class, exercise: str, change: Callable[[str], str]) -> None:
    path = klass.root / "grading_tests" / NAME / f"test_{exercise}.py"
    path.write_text(change(path.read_text()))


def test_a_check_that_the_course_s_own_solution_crashes_too_leaves_the_scale(klass: Class) -> None:
    rewrite(klass, "total", lambda text: text.replace("points=2", "points=1") + BROKEN.format(points=1))
    klass.hand_in("right")
    klass.hand_in(
        "half", total="def total(values):\n    return float(sum(values)) if isinstance(values, list) else None"
    )
    klass.hand_in("none", total=None)
    verdicts = klass.verdicts()
    assert {student: scores(verdict)["total"] for student, verdict in verdicts.items()} == {
        "right": 3.0,
        "half": 1.5,
        "none": 0.0,
    }
    for student, verdict in verdicts.items():
        broken = next(check for check in verdict.exercises[1].checks if check.name == "test_broken")
        assert (broken.passed, broken.withdrawn, broken.fault) == (None, True, "KeyError: 'oops'")
        assert klass.rows(student)["total"][3] == 1
        assert klass.rows(student)["double"][3] == 0
        assert ("Une vérification est retirée" in klass.page(student)) == (student != "none")
        assert "oops" not in klass.page(student) + klass.autograded(student).read_text()


def test_an_exercise_whose_only_check_is_broken_waits_for_the_teacher(klass: Class) -> None:
    rewrite(klass, "Tally", lambda text: text.partition("@check")[0] + BROKEN.format(points=2))
    klass.hand_in("a")
    assert scores(klass.verdicts()["a"])["Tally"] is None
    assert klass.rows("a")["Tally"] == (None, None, None, 1)


def test_a_check_that_crashes_on_one_submission_only_waits_for_the_teacher(klass: Class) -> None:
    rewrite(klass, "total", lambda text: text.replace("points=2", "points=1") + CLASH)
    klass.hand_in("right")
    klass.hand_in("odd", total="def total(values):\n    return float(sum(values)) if len(values) != 1 else 7.0")
    verdicts = klass.verdicts()
    assert scores(verdicts["right"])["total"] == 3.0
    assert scores(verdicts["odd"])["total"] == 2.0
    clash = next(check for check in verdicts["odd"].exercises[1].checks if check.name == "test_clash")
    assert (clash.passed, clash.withdrawn) == (None, False)
    assert klass.rows("odd")["total"][3] == 1
    assert klass.rows("right")["total"][3] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("points=2", "points=5"), "the checks add up to 6, the exercise is worth 3"),
        (lambda text: text.replace("points=2", 'points=2, misconceptions=["sumed"]'), 'Did you mean "summed"'),
        (lambda text: "import missing_module\n" + text, "missing_module"),
        (lambda text: text.replace("def test_sum", "def other"), "must be a function named test_"),
    ],
)
def test_checks_that_do_not_fit_stop_the_run_before_anything_is_written(
    change: Callable[[str], str], said: str, klass: Class
) -> None:
    rewrite(klass, "total", change)
    catalogue = klass.root / "grading_tests" / "misconceptions" / f"{NAME}.toml"
    catalogue.parent.mkdir()
    catalogue.write_text('[summed]\ntitle = "Une somme"\ntext = "Divisez."\nsee = "La moyenne"\n')
    klass.hand_in("a")
    with pytest.raises(CourseFault, match=said):
        klass.grade()
    assert not klass.rows("a")


def test_mending_a_check_regrades_everybody(klass: Class) -> None:
    klass.hand_in("a", total="def total(values):\n    return 0.0")
    assert scores(klass.verdicts()["a"])["total"] == 0.0
    rewrite(klass, "total", lambda text: text.replace('what="total"', 'what="total", atol=1e9'))
    run = klass.grade()
    assert [scores(verdict)["total"] for verdict in run.verdicts] == [3.0]
    assert klass.rows("a")["total"] == (3.0, None, None, 0)
