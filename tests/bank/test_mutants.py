"""Mutation testing: the operators make what they say, the hidden checks kill them, and explanations are of survivors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in ("mutants", "mutation_operators"):
        sys.modules.pop(name, None)


def test_operators_change_one_thing_each() -> None:
    from mutation_operators import mutants

    source = 'def f(x, n=1):\n    """Not this 1."""\n    if n > 0 and x:\n        return x[1:].sum(dim=1, keepdim=True) * n\n    return -x\n'
    changes = [mutant.change for mutant in mutants(source)]
    for change in (
        "1 -> 2",
        "n > 0 -> n >= 0",
        "n > 0 and x -> n > 0 or x",
        "-x -> x",
        "x[1:].sum(dim=1, keepdim=True) -> x[1:].sum(dim=1)",
        "x[1:].sum(dim=1, keepdim=True) -> x[1:]",
        "1: -> :",
        "x[1:].sum(dim=1, keepdim=True) * n -> x[1:].sum(dim=1, keepdim=True) / n",
        "return -x -> return None",
    ):
        assert change in changes
    assert len(changes) == len(set(changes))
    assert all("Not this 1." in mutant.source for mutant in mutants(source))
    for mutant in mutants(source):
        compile(mutant.source, "mutant", "exec")


def test_explanations_are_of_exercises_and_have_a_reason() -> None:
    from mutants import explanations

    from coursegrader.course import load_course

    course = load_course(BENCHMARKS.parent, only=[])
    exercises = {exercise.id for assignment in course.assignments for exercise in assignment.exercises}
    assert {exercise for exercise, _ in explanations()} <= exercises


def test_survivors_and_explanations_that_stand_alone_are_faults(capsys: pytest.CaptureFixture[str]) -> None:
    from mutants import Fate, report

    killed, alive = Fate("a", "f", "1 -> 2", "test_f"), Fate("a", "f", "1 -> 0", None)
    assert report([killed], {}) == 0
    assert report([killed, alive], {}) == 1
    assert "SURVIVES a f: 1 -> 0" in capsys.readouterr().out
    assert report([killed, alive], {("f", "1 -> 0"): {"kind": "equivalent", "why": "the same"}}) == 0
    assert '"mutants": 2, "killed": 1, "equivalent": 1, "survivors": 0' in capsys.readouterr().out
    assert report([killed], {("f", "1 -> 2"): {"kind": "accepted", "why": "free"}}) == 1
    assert "EXPLAINED FOR NOTHING f: 1 -> 2" in capsys.readouterr().out


def test_what_a_mutant_saved_is_not_there_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mutants import FILES, LEFT_BEHIND

    monkeypatch.chdir(tmp_path)
    Path("data.txt").touch()
    notebook: dict[str, object] = {}
    exec(FILES, notebook)
    Path("data.txt").write_text("older")
    Path("weights.pt").touch()
    Path("__pycache__").mkdir()
    exec(LEFT_BEHIND, notebook)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["__pycache__", "data.txt"]
