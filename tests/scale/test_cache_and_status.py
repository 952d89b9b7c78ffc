"""The store's size and its cleaning, which never takes what a grade rests on; and what `status` says."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coursegrader import cache, cli
from coursegrader.runs import Counts, RunLog, last_runs
from coursegrader.status import status_of
from coursegrader.store import Entry, VerdictStore
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict
from tests.pipeline.small_course import NAME, Class, course_data, write_config


def verdict(student: str, points: float) -> Verdict:
    checks = (CheckResult("a", True, points), CheckResult("b", False, 10.0 - points, "Non."))
    return Verdict(student, NAME, "graded", "aa", "bb", "0.1", "full", (ExerciseResult("f", 10.0, checks),))


def age(path: Path, days: dict[str, int]) -> None:
    """Make history rows older."""
    with closing(sqlite3.connect(path)) as db, db:
        for key, number in days.items():
            db.execute(
                "UPDATE history SET at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', ?) WHERE key = ?",
                (f"-{number} days", key),
            )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of zoe: the best (a), two others (b, c) and the current one (d); of max: one before a fault (m); one never recorded (n)."""
    path = tmp_path / "verdicts.db"
    with VerdictStore(path) as store:
        for key, points in (("a", 9.0), ("b", 5.0), ("c", 6.0), ("d", 7.0)):
            store.add(key, Entry(verdict("zoe", points), None, "x" * 10))
            store.record(verdict("zoe", points), key)
        store.add("m", Entry(verdict("max", 1.0), "{}", "page"))
        store.record(verdict("max", 1.0), "m")
        store.record_fault("max", NAME)
        store.add("n", Entry(verdict("new", 1.0), None, "page"))
    age(path, {"a": 400, "b": 300, "c": 10, "d": 5, "m": 500})
    return path


def keys(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {key for (key,) in db.execute("SELECT key FROM verdict")}


def test_cleaning_takes_the_oldest_and_never_what_a_grade_rests_on(path: Path) -> None:
    assert cache.info(path).standing == 3
    dry = cache.clean(path, dry_run=True)
    assert dry.verdicts == 2
    assert keys(path) == set("abcdmn")
    assert cache.clean(path, keep_days=100).verdicts == 1
    assert keys(path) == set("acdmn")
    assert cache.clean(path, max_bytes=cache.size_of(path)).verdicts == 0
    assert cache.clean(path, max_bytes=0).verdicts >= 1
    assert {"a", "d", "m"} <= keys(path)
    with VerdictStore(path) as store:
        assert [row.key for row in store.history("zoe")] == [
            "a",
            "b",
            "c",
            "d",
        ]  # nothing of what happened is forgotten
        assert store.current("zoe", NAME) == "d"
        assert store.find("d") is not None


def test_a_large_store_shrinks_to_its_limit_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.db"
    with VerdictStore(path) as store:
        for number in range(40):
            page = (
                random.Random(number).randbytes(15_000).hex()
            )  # packs to little more than half: pages outweigh the empty tables
            store.add(f"k{number}", Entry(verdict("zoe", 1.0), None, page))
            store.record(verdict("zoe", 1.0 + number / 100), f"k{number}")
    before = cache.size_of(path)
    done = cache.clean(path, max_bytes=before // 2)
    assert cache.size_of(path) == done.after <= before // 2
    assert "k39" in keys(path)
    assert "k0" not in keys(path)


def test_the_limit_of_the_configuration_is_kept_after_grading(klass: Class) -> None:
    klass.hand_in("zoe", double=None)
    klass.grade()
    klass.hand_in("zoe")
    klass.grade()
    with closing(sqlite3.connect(klass.root / "verdicts.db")) as db, db:
        db.execute("INSERT INTO verdict VALUES ('old', 'x', x'00', NULL, zeroblob(3000000))")
        db.execute(
            "INSERT INTO history (student, assignment, key, score, max_score, status, at) "
            "VALUES ('zoe', ?, 'old', 0, 1, 'graded', '2020-01-01T00:00:00+00:00')",
            (NAME,),
        )
    write_config(klass.root)
    config = (klass.root / "course_config.py").read_text()
    assert repr(course_data()) in config
    data = {**course_data(), "cache": {"max_mb": 1}}
    (klass.root / "course_config.py").write_text(config.replace(repr(course_data()), repr(data)))
    assert klass.grade(force=True).counts.graded == 1  # the row above would stand otherwise
    assert "old" not in keys(klass.root / "verdicts.db")
    assert klass.grade().counts.unchanged == 1


def test_the_commands_say_it(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("zoe", "max"):
        klass.hand_in(name)
    root = ["--root", str(klass.root)]
    assert cli.main(["status", *root, "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert before["assignments"] == [{"assignment": NAME, "handed_in": 2, "graded": 0, "waiting": 2}]
    assert before["runs"] == []
    klass.grade(students=["zoe"])
    assert cli.main(["status", *root]) == 0
    text = capsys.readouterr().out
    assert "1/1: 1 graded, 0 unchanged, 0 faults" in text
    assert cli.main(["cache", "info", *root]) == 0
    assert "1 verdicts carry a grade" in capsys.readouterr().out
    assert cli.main(["cache", "clean", "--dry-run", "--json", *root]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"] == 0
    assert cli.main(["cache", "clean", "--keep-days", "0", *root]) == 0
    assert "removed 0 verdicts" in capsys.readouterr().out
    assert status_of(klass.course).assignments[0].waiting == 1


def test_a_run_that_goes_on_and_one_that_broke_off_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.db"
    with RunLog(path, "01", "local") as runs:
        runs.say(Counts(total=3, graded=1))
        assert [run.running for run in last_runs(path)] == [True]
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE run SET process = 1, began = -1")
        assert [(run.running, run.ended) for run in last_runs(path)] == [(False, None)]
    (row,) = last_runs(path)
    assert row.ended is not None
    assert (row.counts.total, row.counts.graded) == (3, 1)
    assert list(last_runs(tmp_path / "none.db")) == []
