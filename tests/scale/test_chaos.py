"""Real processes killed at seeded points: after a run that is left alone every student has the one verdict of an undisturbed class."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import Chaos
from coursegrader import write_down
from coursegrader.errors import MachineFault
from coursegrader.gradebook import GradebookWriter
from tests.pipeline.small_course import Class

KILLS = 24


def test_nothing_is_lost_and_nothing_counts_twice(built_course: Path, tmp_path: Path) -> None:
    chaos = Chaos(built_course, tmp_path, students=9, seed=5)
    for _ in range(KILLS):
        chaos.round()
    assert sum(chaos.kinds.values()) == KILLS
    assert len(chaos.kinds) >= 6, chaos.kinds
    assert chaos.compare() == {"lost": 0, "counted_twice": 0, "verdicts_equal": True, "manual_scores_stand": True}


def test_the_comparison_notices_what_it_looks_for(built_course: Path, tmp_path: Path) -> None:
    chaos = Chaos(built_course, tmp_path, students=4, seed=5)
    chaos.victim.sql("UPDATE grade SET auto_score = 0.5, manual_score = NULL")
    with closing(sqlite3.connect(chaos.victim.root / "verdicts.db")) as db, db:
        row = "student, assignment, key, score, max_score, status, at"
        db.execute(
            f"INSERT INTO history ({row}) SELECT {row} FROM history WHERE student = 's03' ORDER BY number DESC LIMIT 1"
        )
    found = chaos.compare()
    assert found == {"lost": 0, "counted_twice": 1, "verdicts_equal": False, "manual_scores_stand": False}


@pytest.mark.parametrize("step", ["deadline", "write"])
def test_a_connection_that_drops_is_made_again(klass: Class, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    klass.hand_in("zoe")
    whole: Callable[..., Any] = getattr(GradebookWriter, step)
    drops = [2]

    def dropping(self: Any, *arguments: Any, **more: Any) -> Any:
        if drops[0]:
            drops[0] -= 1
            self._gradebook.db.connection().invalidate()  # as a database does it that restarts
        return whole(self, *arguments, **more)

    monkeypatch.setattr(GradebookWriter, step, dropping)
    run = klass.grade()
    assert drops == [0]
    assert not run.faults
    assert klass.rows("zoe")["double"] == (2.0, None, None, 0)


def test_a_database_that_stays_locked_is_said_and_the_next_run_writes_it(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    klass.hand_in("zoe")
    klass.grade()
    klass.hand_in("zoe", double=None)
    monkeypatch.setattr(write_down, "TRIES", (0.01,))
    with closing(sqlite3.connect(klass.root / "gradebook.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(MachineFault, match="locked"):
            klass.grade()
        db.execute("ROLLBACK")
    run = klass.grade()
    assert run.counts.unchanged == 1  # its verdict was there already: only the writing is repeated
    assert klass.rows("zoe")["double"][0] == 0.0
