"""(submission bytes, course version) -> verdict."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest

from coursegrader import worker
from coursegrader.engine import Engine
from coursegrader.errors import CourseFault
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.submission import Submission
from tests.pipeline.small_course import NAME, Class, scores


def submission(klass: Class, student: str = "zoé", **answers: str) -> Submission:
    return Submission(student, NAME, json.dumps(klass.notebook(**answers)).encode())


@pytest.fixture
def engine(klass: Class, mode: Mode) -> Engine:
    return Engine(klass.course, mode, shared())


def test_a_verdict_depends_on_nothing_but_bytes_and_version(engine: Engine, klass: Class) -> None:
    item = submission(klass)
    first = engine.grade(item).verdict
    time.sleep(1.1)  # no clock in it
    assert engine.grade(item).verdict.canonical() == first.canonical()
    assert Engine(klass.course, engine.mode, shared()).grade(item).verdict.canonical() == first.canonical()
    other = engine.grade(dataclasses.replace(item, student="b")).verdict
    assert dataclasses.replace(other, student="zoé").canonical() == first.canonical()
    assert first.course_version == klass.course.version(NAME)
    assert first.isolation == engine.mode.label
    assert first.timing["total"] > 0


def test_the_reference_gets_everything(engine: Engine, klass: Class) -> None:
    prepared = engine.prepare(NAME)
    with engine.reference_session(prepared) as session:
        results = prepared.judge.run(session)
    assert all(check.passed for checks in results.values() for check in checks)


def test_a_file_beside_the_notebook_is_there_and_others_are_not(engine: Engine, klass: Class) -> None:
    listing = "import os\nnames = sorted(os.listdir())\ndef double(v):\n    return [2 * a for a in v] if names == ['selfcheck.py'] else None"
    assert scores(engine.grade(submission(klass, double=listing)).verdict)["double"] == 2.0


def test_nothing_passes_from_one_submission_to_the_next(engine: Engine, klass: Class) -> None:
    writes = "import builtins, selfcheck\nbuiltins.left = 1\nselfcheck.left = 1\nopen('left', 'w').write('x')\nopen('/tmp/left', 'w').write('x')"
    reads = (
        "import builtins, os, selfcheck\n"
        "found = hasattr(builtins, 'left') or hasattr(selfcheck, 'left') or os.path.exists('left') or os.path.exists('/tmp/left')\n"
        "def double(v):\n    return [2 * a for a in v] if not found else None"
    )
    engine.grade(submission(klass, double=writes))
    assert scores(engine.grade(submission(klass, double=reads)).verdict)["double"] == 2.0


def test_a_submission_that_cannot_be_read_starts_no_process(klass: Class, mode: Mode) -> None:
    class NoParent:
        alive = True

        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"{name} was asked of the warm parent")

    engine = Engine(klass.course, mode, NoParent())  # type: ignore[arg-type]
    for item in (Submission("a", NAME, None, "Pourquoi."), Submission("a", NAME, b"{")):
        graded = engine.grade(item)
        assert graded.verdict.status == "rejected"
        assert graded.verdict.score == 0
        assert graded.cells == ()
    assert engine.grade(Submission("a", NAME, None, "Pourquoi.")).verdict.reason == "Pourquoi."


def test_what_is_not_released_cannot_be_graded(klass: Class, mode: Mode) -> None:
    with pytest.raises(CourseFault, match="no assignment"):
        Engine(klass.course, mode, shared()).grade(Submission("a", "99-none", b"{}"))
    (klass.root / "release" / NAME / f"{NAME}.ipynb").write_text("{")
    with pytest.raises(CourseFault, match="holds no released notebook"):
        Engine(klass.course, mode, shared()).grade(Submission("a", NAME, b"{}"))


def test_a_worker_keeps_what_it_collected_until_the_course_changes(klass: Class, mode: Mode) -> None:
    item = submission(klass, double="def double(values):\n    return values")
    assert worker.grade_one(klass.root, mode, item).verdict.exercises[0].score == 1.0
    kept = worker.engine_for(klass.root, mode)
    worker.refresh(klass.course, NAME)
    assert worker.engine_for(klass.root, mode) is kept
    path = klass.root / "grading_tests" / NAME / "test_double.py"
    path.write_text(path.read_text().replace("[3.0, -4.0, 2469.0]", "[1.5, -2.0, 1234.5]"))
    worker.refresh(klass.course, NAME)
    assert worker.grade_one(klass.root, mode, item).verdict.exercises[0].score == 2.0


def test_a_changed_reference_is_imported_anew(klass: Class, mode: Mode) -> None:
    item = submission(klass, total="def total(values):\n    return float(sum(values)) + 1")
    assert worker.grade_one(klass.root, mode, item).verdict.exercises[1].score == 0.0
    path = klass.root / "reference" / "sums.py"
    path.write_text(path.read_text().replace("    return result\n", "    return result + 1\n"))
    worker.refresh(klass.course, NAME)
    assert worker.grade_one(klass.root, mode, item).verdict.exercises[1].score == 2.0


def test_the_page_and_the_notebook_are_the_same_from_run_to_run(klass: Class, mode: Mode) -> None:
    item = submission(
        klass, double="import random, time\nprint(random.random(), torch.rand(1))\ndef double(v): return None"
    )
    first, second = (worker.grade_one(klass.root, mode, item) for _ in range(2))
    assert first.notebook == second.notebook
    assert first.page == second.page
    notebook = json.loads(first.notebook or "")
    assert [cell["id"] for cell in notebook["cells"]][:2] == ["cell-0000", "cell-0001"]
