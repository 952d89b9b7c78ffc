"""`nbgrader autograde` and formgrader's button give what `coursegrader grade` gives: scores, outputs, pages, rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from coursegrader import worker
from coursegrader.errors import MachineFault
from coursegrader.store import VerdictStore
from tests.pipeline.small_course import NAME, Class, write_config

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's, of SQLAlchemy

HANDED_IN: dict[str, Any] = {
    "right": {},
    "wrong": {"double": "def double(values):\n    return values"},
    "warns": {
        "double": "import warnings\nwarnings.warn('oh')\ndef double(v):\n    warnings.warn('ah')\n    return [2 * a for a in v]"
    },
    "odd-last-value": {"total": "def total(v):\n    return float(sum(v))\n-3.0", "Tally": None},
    "leaves": {"double": "import os\nos._exit(1)"},
    "not-json": b"{",
    "old-format": b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}',
    "wrong-kernel": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "ir", "language": "R"}}, "cells": []}',
    "no-cells": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
}
UNREADABLE = {student for student, given in HANDED_IN.items() if isinstance(given, bytes)}
LATE = "2026-09-20 10:00:00 UTC"


def fill(klass: Class) -> Class:
    write_config(klass.root, "c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    for student, given in HANDED_IN.items():
        path = klass.hand_in(student, given) if isinstance(given, bytes) else klass.hand_in(student, **given)
        (path.parent / "timestamp.txt").write_text(LATE if student == "wrong" else "2026-09-01 10:00:00 UTC")
    copies = klass.notebook()
    copies["cells"] = [cell for cell in copies["cells"] for _ in range(2)]  # every id twice, cells included
    for cell in copies["cells"]:
        cell["metadata"] = {
            **cell["metadata"],
            "nbgrader": {**cell["metadata"].get("nbgrader", {}), "grade": False, "points": 99},
        }
    klass.hand_in("copies", copies)
    klass.hand_in("renamed", name="mon devoir (1).ipynb")
    klass.hand_in("two-names", name="a.ipynb")
    klass.hand_in("two-names", name="b.ipynb")
    (klass.root / "submitted" / "empty" / NAME).mkdir(parents=True)
    odd = klass.notebook()
    odd["cells"] = [3, None, {"cell_type": "x"}, *odd["cells"]]
    for cell in odd["cells"][3:]:
        cell.update(outputs=[{"a": 1}], execution_count="x", id=7)
    klass.hand_in("odd", b"\xef\xbb\xbf" + json.dumps(odd).encode())
    return klass


STUDENTS = (*HANDED_IN, "copies", "renamed", "two-names", "empty", "odd")
REJECTED = UNREADABLE | {"two-names", "empty"}


@pytest.fixture(scope="module")
def doors(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, Class]:
    """The same class graded by `coursegrader grade` and by `nbgrader autograde`."""
    ours = fill(Class.copied(built_course, tmp_path_factory.mktemp("ours") / "course"))
    theirs = fill(Class.copied(built_course, tmp_path_factory.mktemp("theirs") / "course"))
    run = ours.grade()
    assert not run.faults
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=theirs.root, env=environment, capture_output=True, text=True, check=False)
    failed = {student for student in STUDENTS if f"for student '{student}'" in done.stderr}
    assert failed == UNREADABLE | {"two-names"}, done.stderr[-3000:]
    assert done.returncode == 1
    return ours, theirs


@pytest.mark.parametrize("student", STUDENTS)
def test_the_rows_are_the_same(student: str, doors: tuple[Class, Class]) -> None:
    ours, theirs = doors
    assert theirs.rows(student) == ours.rows(student)
    assert theirs.comments(student) == ours.comments(student)
    query = """SELECT submitted_notebook.late_submission_penalty, submitted_assignment.timestamp FROM submitted_notebook
               JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id WHERE student_id = ?"""
    assert theirs.sql(query, student) == ours.sql(query, student)


def test_the_rows_are_right(doors: tuple[Class, Class]) -> None:
    theirs = doors[1]
    points = {student: sum(row[0] or 0 for row in theirs.rows(student).values()) for student in STUDENTS}
    full = {"right": 7, "warns": 7, "copies": 7, "renamed": 7, "odd": 7, "wrong": 6, "leaves": 5, "odd-last-value": 5}
    assert points == {**dict.fromkeys(REJECTED, 0), **full}
    assert all("JSON invalide" in (auto or "") for auto, _ in theirs.comments("not-json").values())
    assert theirs.sql("SELECT count(*) FROM submitted_notebook WHERE late_submission_penalty = 6.0") == [(1,)]


@pytest.mark.parametrize("student", STUDENTS)
def test_the_pages_and_verdicts_are_the_same(student: str, doors: tuple[Class, Class]) -> None:
    ours, theirs = doors
    assert theirs.page(student) == ours.page(student)
    keys = []
    for klass in doors:
        with VerdictStore(klass.root / "verdicts.db") as store:
            key = store.current(student, NAME) or ""
            keys.append(key)
            entry = store.find(key)
            assert entry is not None
            keys.append(entry.verdict.digest)
    assert keys[:2] == keys[2:]


@pytest.mark.parametrize("student", STUDENTS)
def test_the_graded_notebooks_are_the_same(student: str, doors: tuple[Class, Class]) -> None:
    ours, theirs = doors
    if student in REJECTED:
        assert not ours.autograded(student).exists()
        assert not theirs.autograded(student).exists()
        return
    one, other = (json.loads(klass.autograded(student).read_text())["cells"] for klass in doors)
    for cell in (*one, *other):
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", ()):
            if isinstance(output.get("text"), list):
                output["text"] = "".join(output["text"])
            for mime, value in output.get("data", {}).items():
                output["data"][mime] = "".join(value) if isinstance(value, list) else value
    seen = [
        [(c["cell_type"], c["source"], c.get("outputs"), c.get("execution_count")) for c in cells]
        for cells in (one, other)
    ]
    assert seen[0] == seen[1]


def test_hidden_checks_stand_nowhere(doors: tuple[Class, Class]) -> None:
    for folder in ("autograded", "feedback"):
        for path in (doors[1].root / folder).rglob("*"):
            if path.is_file():
                assert not {b for b in (b"canary-5d1f", b"1234.5", b"test_values") if b in path.read_bytes()}, path


def test_the_other_door_finds_everything_done(doors: tuple[Class, Class]) -> None:
    theirs = doors[1]
    before = {student: theirs.rows(student) for student in STUDENTS}
    run = theirs.grade()
    assert not run.verdicts
    assert {verdict.student for verdict in run.unchanged} == set(STUDENTS)
    assert {student: theirs.rows(student) for student in STUDENTS} == before


# Formgrader's button


def api(klass: Class) -> NbGraderAPI:
    config = klass.course.nbgrader
    coursedir = CourseDirectory(config=config, root=str(klass.root), course_id="petit", db_url=klass.course.db_url)
    return NbGraderAPI(coursedir, config=config)


def test_formgrader_s_button(klass: Class) -> None:
    klass.hand_in("a")
    klass.hand_in("b", b"{")
    klass.hand_in("c")
    button = api(klass)
    done = button.autograde(NAME, "a")
    assert done["success"], done
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    assert not button.autograde(NAME, "b")["success"]
    assert klass.rows("b")["double"] == (0.0, None, None, 0)
    assert "JSON invalide" in klass.page("b")
    assert not klass.rows("c")
    assert klass.autograded("a").is_file()
    assert not klass.autograded("b").exists()


def test_a_server_that_lives_long_grades_by_the_checks_of_today(klass: Class) -> None:
    klass.hand_in("a", double="def double(values):\n    return values")
    assert api(klass).autograde(NAME, "a")["success"]
    assert klass.rows("a")["double"][0] == 1.0
    path = klass.root / "grading_tests" / NAME / "test_double.py"
    path.write_text(path.read_text().replace("[3.0, -4.0, 2469.0]", "[1.5, -2.0, 1234.5]"))
    assert api(klass).autograde(NAME, "a")["success"]
    assert klass.rows("a")["double"][0] == 2.0


def test_a_machine_that_fails_marks_the_rows_and_keeps_the_scores(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    klass.hand_in("a")
    assert api(klass).autograde(NAME, "a")["success"]

    def fails(*_: object) -> None:
        raise MachineFault("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(worker, "grade_one", fails)
        assert not api(klass).autograde(NAME, "a")["success"]
    assert klass.rows("a")["double"] == (2.0, None, None, 1)
    assert all("panne de la machine" in (auto or "") for auto, _ in klass.comments("a").values())
    klass.grade()
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    assert klass.autograded("a").is_file()


def test_what_a_teacher_entered_survives_the_button(klass: Class) -> None:
    klass.hand_in("a")
    button = api(klass)
    button.autograde(NAME, "a")
    klass.sql("UPDATE grade SET manual_score = 1, extra_credit = 0.5")
    klass.sql("UPDATE comment SET manual_comment = 'Bien vu.'")
    assert button.autograde(NAME, "a")["success"]
    assert klass.rows("a")["double"] == (2.0, 1.0, 0.5, 1)
    assert {manual for _, manual in klass.comments("a").values()} == {"Bien vu."}
