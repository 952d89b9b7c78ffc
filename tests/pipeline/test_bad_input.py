"""Whatever is handed in gets a verdict with a reason, and costs nobody else anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coursegrader.grade import Run
from coursegrader.store import VerdictStore
from coursegrader.verdict import Verdict
from tests.pipeline.bad_input import CASES, fill
from tests.pipeline.small_course import NAME, Class, digests, scores


@pytest.fixture(scope="module")
def graded(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, Run]:
    klass = Class.copied(built_course, tmp_path_factory.mktemp("bad") / "course")
    fill(klass)
    return klass, klass.grade()


@pytest.fixture(scope="module")
def verdicts(graded: tuple[Class, Run]) -> dict[str, Verdict]:
    return {verdict.student: verdict for verdict in graded[1].verdicts}


def written_as(student: str) -> str:
    return CASES[student].written_as or student


def test_nobody_is_left_out(graded: tuple[Class, Run], verdicts: dict[str, Verdict]) -> None:
    assert not graded[1].faults
    assert verdicts.keys() == {written_as(s) for s in CASES} | {"linked-folder-target", "linked-student-target"}


@pytest.mark.parametrize("student", CASES, ids=ascii)
def test_verdict_and_reason(student: str, verdicts: dict[str, Verdict]) -> None:
    case, verdict = CASES[student], verdicts[written_as(student)]
    assert verdict.status == ("rejected" if case.rejected else "graded")
    assert scores(verdict) == case.scores
    assert case.says in (verdict.reason if case.rejected else " ".join(verdict.warnings))
    assert bool(verdict.reason) == case.rejected


@pytest.mark.parametrize("student", CASES, ids=ascii)
def test_page_notebook_and_rows_say_the_same(
    student: str, graded: tuple[Class, Run], verdicts: dict[str, Verdict]
) -> None:
    klass, name = graded[0], written_as(student)
    verdict = verdicts[name]
    assert klass.page(name).startswith("<!DOCTYPE html>")
    assert klass.autograded(name).is_file() != CASES[student].rejected
    rows = klass.rows(name)
    assert {exercise: row[0] for exercise, row in rows.items()} == scores(verdict)
    assert [row[3] for row in rows.values()] == [exercise.needs_teacher for exercise in verdict.exercises]
    if CASES[student].rejected:
        assert {comment for comment, _ in klass.comments(name).values()} == {verdict.reason}


def everything(klass: Class) -> Iterator[object]:
    """All that a run could change."""
    for folder in ("submitted", "autograded", "feedback"):
        for path in sorted((klass.root / folder).rglob("*")):
            yield str(path), path.lstat().st_mtime_ns
    for table in ("grade", "comment", "submitted_assignment", "submitted_notebook", "student"):
        yield table, sorted(map(repr, klass.sql(f"SELECT * FROM {table}")))
    with VerdictStore(klass.root / "verdicts.db") as store:
        yield [list(store.history(written_as(student))) for student in CASES]


def test_a_second_run_changes_nothing_and_a_forced_one_gives_the_same_bits(graded: tuple[Class, Run]) -> None:
    klass, first = graded
    before = list(everything(klass))
    second = klass.grade()
    assert not second.verdicts
    assert digests(second.unchanged) == digests(first.verdicts)
    assert list(everything(klass)) == before
    assert all(len(list(_history(klass, student))) == 1 for student in CASES)
    notebooks = {student: klass.autograded(student).read_bytes() for student in ("aaa", "surrogate", "reordered")}
    third = klass.grade(students=list(notebooks), force=True)
    assert digests(third.verdicts) == {student: digests(first.verdicts)[student] for student in notebooks}
    assert {student: klass.autograded(student).read_bytes() for student in notebooks} == notebooks


def _history(klass: Class, student: str) -> Iterator[object]:
    with VerdictStore(klass.root / "verdicts.db") as store:
        yield from store.history(written_as(student), NAME)
