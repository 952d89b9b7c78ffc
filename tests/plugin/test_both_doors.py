"""What is promised of a grade, sentence by sentence, through `coursegrader grade` and through nbgrader's autograde.

That both doors give the same rows, notebooks and pages is shown in test_nbgrader_doors.py, with nbgrader's own command.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from coursegrader import worker
from coursegrader.errors import CourseFault, MachineFault
from tests.pipeline.small_course import NAME, Class, write_config

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's, of SQLAlchemy

Door = Callable[[Class, str], bool]
SECRETS = (b"canary-5d1f", b"1234.5", b"test_values", b"Multipliez chaque nombre par deux")
WRONG = "def double(values):\n    return values"


def api(klass: Class) -> NbGraderAPI:
    config = klass.course.nbgrader
    coursedir = CourseDirectory(config=config, root=str(klass.root), course_id="petit", db_url=klass.course.db_url)
    return NbGraderAPI(coursedir, config=config)


def by_grade(klass: Class, student: str) -> bool:
    with suppress(CourseFault):
        return not klass.grade(students=[student], force=True).faults
    return False


def by_nbgrader(klass: Class, student: str) -> bool:
    return bool(api(klass).autograde(NAME, student, force=True)["success"])


@pytest.fixture(params=[by_grade, by_nbgrader], ids=["coursegrader-grade", "nbgrader-autograde"])
def door(request: pytest.FixtureRequest) -> Door:
    """Grades a student's submission anew; False where it could not be graded."""
    found: Door = request.param
    return found


def points(klass: Class, student: str = "a") -> dict[str, float | None]:
    return {exercise: row[0] for exercise, row in klass.rows(student).items() if exercise != "explain"}


FULL = {"double": 2.0, "total": 3.0, "Tally": 2.0}


def test_stderr_costs_nothing(klass: Class, door: Door) -> None:
    noise = "import sys, warnings\nwarnings.warn('oh')\nprint('ah', file=sys.stderr)\n"
    body = "def double(v):\n    warnings.warn('oh')\n    print('ah', file=sys.stderr)\n    return [2 * a for a in v]\n"
    klass.hand_in("a", double=noise + body + noise)
    assert door(klass, "a")
    assert points(klass) == FULL
    assert "ah" in klass.autograded("a").read_text()


SILENT = {
    "untouched": {"double": None, "total": None, "Tally": None},
    "nothing in it": {"double": "", "total": "pass", "Tally": "class Tally: pass"},
    "says so itself": dict.fromkeys(FULL, "2.0\nget_ipython().displayhook(7)\nprint('7 / 7')"),
    "leaves": {"double": "import os\nos._exit(0)", "total": "raise SystemExit", "Tally": "exit()"},
    "never answers": dict.fromkeys(FULL, "def double(*_): raise SystemExit\ntotal = Tally = double"),
}


@pytest.mark.parametrize("kind", SILENT)
def test_silence_earns_nothing(klass: Class, door: Door, kind: str) -> None:
    klass.hand_in("a", **SILENT[kind])
    assert door(klass, "a")
    assert points(klass) == dict.fromkeys(FULL, 0.0)


def cells_of(notebook: dict[str, Any], exercise: str) -> list[dict[str, Any]]:
    ids = {exercise, f"{exercise}-solution"}
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") in ids]


def deleted(notebook: dict[str, Any]) -> None:
    gone = cells_of(notebook, "double")
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


def check_deleted(notebook: dict[str, Any]) -> None:
    notebook["cells"].remove(cells_of(notebook, "double")[1])


def duplicated(notebook: dict[str, Any]) -> None:
    notebook["cells"] += json.loads(json.dumps(cells_of(notebook, "double")))


def retyped(notebook: dict[str, Any]) -> None:
    for cell, kind in zip(cells_of(notebook, "double"), ("raw", "markdown"), strict=True):
        cell["cell_type"] = kind
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def repriced(notebook: dict[str, Any]) -> None:
    for exercise, price in {"double": 99, "total": -5, "Tally": 0}.items():
        for cell in cells_of(notebook, exercise):
            cell["metadata"]["nbgrader"].update(points=price, grade=False, locked=False)


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], None], set[float]]] = {
    "deleted": (deleted, {0.0}),
    "check deleted": (check_deleted, {2.0}),
    "duplicated": (duplicated, {2.0}),
    "retyped": (retyped, {0.0, 2.0}),
    "repriced": (repriced, {2.0}),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_cell_costs_at_most_its_own_points(klass: Class, door: Door, kind: str) -> None:
    spoil, allowed = SPOILED[kind]
    notebook = klass.notebook()
    spoil(notebook)
    klass.hand_in("a", notebook)
    assert door(klass, "a")
    found = points(klass)
    assert found.pop("double") in allowed
    assert found == {"total": 3.0, "Tally": 2.0}
    prices = klass.sql("SELECT base_cell.name, max_score FROM grade_cells JOIN base_cell USING (id)")
    assert dict(prices) == {**FULL, "explain": 1.0}
    graded = json.loads(klass.autograded("a").read_text())
    assert [c["cell_type"] for c in cells_of(graded, "double")] == ["code", "code"]


def test_an_unreadable_resubmission_takes_the_old_score_away(klass: Class, door: Door) -> None:
    klass.hand_in("a")
    assert door(klass, "a")
    klass.hand_in("a", b"{")
    door(klass, "a")
    assert points(klass) == dict.fromkeys(FULL, 0.0)
    assert "JSON invalide" in klass.page("a")
    assert not klass.autograded("a").exists()


def test_a_regrade_that_the_machine_fails_marks_the_old_score(
    klass: Class, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    klass.hand_in("a")
    assert door(klass, "a")
    klass.hand_in("a", double=WRONG)

    def fails(*_: object) -> None:
        raise MachineFault("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(worker, "grade_one", fails)
        assert not door(klass, "a")
    assert {row[3] for row in klass.rows("a").values()} == {1}
    assert all("panne de la machine" in (auto or "") for auto, _ in klass.comments("a").values())
    assert door(klass, "a")
    assert points(klass) == {**FULL, "double": 1.0}
    assert {exercise: row[3] for exercise, row in klass.rows("a").items()} == {**dict.fromkeys(FULL, 0), "explain": 1}


def test_a_regrade_that_the_course_fails_never_passes_for_a_new_one(klass: Class, door: Door) -> None:
    klass.submit("a", "2026-09-01 10:00:00 UTC")
    assert door(klass, "a")
    check = klass.root / "grading_tests" / NAME / "test_double.py"
    whole = check.read_text()
    check.write_text("import\n")
    klass.submit("a", "2026-09-02 10:00:00 UTC", double=WRONG)
    assert not door(klass, "a")
    marked = {row[3] for row in klass.rows("a").values()} == {1}
    assert marked or klass.standing("a")[2] == "2026-09-01 10:00:00", (
        "the old score stands at the new submission's time"
    )
    check.write_text(whole)
    assert door(klass, "a")
    assert points(klass) == {**FULL, "double": 1.0}
    assert not [auto for auto, _ in klass.comments("a").values() if "erreur" in (auto or "")]


def test_hidden_checks_stand_nowhere(klass: Class, door: Door) -> None:
    """Nor in the feedback that nbgrader itself makes of the graded notebook, except the message of a check that failed."""
    klass.hand_in("a")
    assert door(klass, "a")
    places = [*(klass.root / "autograded").rglob("*"), *(klass.root / "feedback").rglob("*")]
    done = api(klass).generate_feedback(NAME, "a", force=True)
    assert done["success"], done
    places += (klass.root / "feedback").rglob("*")
    read = {path: path.read_bytes() for path in places if path.is_file()}
    assert len(read) >= 2
    assert not [(path, secret) for path, content in read.items() for secret in SECRETS if secret in content]


def test_what_a_teacher_entered_and_the_late_penalty_survive_a_regrade(klass: Class, door: Door) -> None:
    write_config(klass.root, "c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    klass.submit("a", "2026-09-20 10:00:00 UTC")
    assert door(klass, "a")
    assert klass.standing("a")[1] == 7.0
    klass.sql("UPDATE grade SET manual_score = 1.25, extra_credit = 0.5 WHERE auto_score = 2.0")
    klass.sql("UPDATE comment SET manual_comment = 'Bien vu.'")
    klass.submit("a", "2026-09-21 10:00:00 UTC", double=WRONG)
    assert door(klass, "a")
    rows = klass.rows("a")
    assert rows["double"][:3] == (1.0, 1.25, 0.5)
    assert rows["Tally"][:3] == (2.0, 1.25, 0.5)
    assert rows["total"][:3] == (3.0, None, None)
    assert {manual for _, manual in klass.comments("a").values()} == {"Bien vu."}
    assert klass.standing("a")[1] == 1.25 + 0.5 + 3.0 + 1.25 + 0.5  # all of it: the penalty counts the teacher's points


def test_an_empty_folder_is_passed_over_by_nbgrader_alone_and_judged_with_the_class(klass: Class) -> None:
    """Asked for one student without a notebook nbgrader stops before anything of ours runs; the class as a whole gets there."""
    (klass.root / "submitted" / "empty" / NAME).mkdir(parents=True)
    done = api(klass).autograde(NAME, "empty")
    assert not done["success"]
    assert "No notebooks were matched" in done["log"]
    assert not klass.rows("empty")
    assert by_grade(klass, "empty")
    assert points(klass, "empty") == dict.fromkeys(FULL, 0.0)
