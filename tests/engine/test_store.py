"""The store of verdicts: found by content, written whole, refused in words."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coursegrader import store as store_module
from coursegrader import store_schema
from coursegrader.errors import MachineFault
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.submission import Submission
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict


def verdict(student: str = "zoé", passed: bool | None = True) -> Verdict:
    checks = (CheckResult("test_a", passed, 2.0, "Non.", expected="3", actual="é"),)
    return Verdict(
        student, "01", "graded", "aa", "bb", "0.1", "full", (ExerciseResult("f", 2.0, checks),), timing={"a": 1.5}
    )


KEY = key_of("zoé", "01", "aa", "bb", "0.1", "full")


def test_what_is_added_is_found_again(tmp_path: Path) -> None:
    entry = Entry(verdict(), '{"cells": "é"}', "<html>é</html>")
    rejected = Entry(verdict("b"), None, "")
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.find(KEY) is None
        store.add(KEY, entry)
        store.add("other", rejected)
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.find(KEY) == entry
        assert store.find(KEY).verdict.timing == {"a": 1.5}  # type: ignore[union-attr]
        assert store.find("other") == rejected


def test_the_address_tells_every_part_apart() -> None:
    parts = ("a", "b", "c", "d", "e", "f")
    keys = {key_of(*parts), key_of("ab", "", "c", "d", "e", "f")}
    keys |= {key_of(*("x" if i == j else part for j, part in enumerate(parts))) for i in range(6)}
    assert len(keys) == 8


def test_the_last_that_was_recorded_stands_and_a_fault_makes_it_fall(tmp_path: Path) -> None:
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.current("zoé", "01") is None
        store.record(verdict(), "one")
        store.record(verdict(passed=False), "two")
        store.record(verdict("b"), "three")
        assert store.current("zoé", "01") == "two"
        store.record_fault("zoé", "01")
        assert store.current("zoé", "01") == ""
        history = list(store.history("zoé"))
    assert [(row.key, row.score, row.status) for row in history] == [
        ("one", 2.0, "graded"),
        ("two", 0.0, "graded"),
        ("", None, "fault"),
    ]
    assert history[0].at.tzinfo is not None
    assert history[0].max_score == 2.0


@pytest.mark.parametrize(
    "damage", ["verdict = x'00'", "verdict = 'text'", "page = x'00'", "verdict = :old", "verdict = :odd"]
)
def test_a_damaged_or_older_entry_is_as_none(damage: str, tmp_path: Path) -> None:
    import zlib

    with VerdictStore(tmp_path / "v.db") as store:
        store.add(KEY, Entry(verdict(), None, ""))
    database = sqlite3.connect(tmp_path / "v.db")
    old, odd = (zlib.compress(text) for text in (b'{"schema": 0}', b'{"schema": 1}'))
    with database:
        database.execute(f"UPDATE verdict SET {damage}", {"old": old, "odd": odd})
    database.close()
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.find(KEY) is None


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked at")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE verdict (something)")
    other.close()
    for path in (tmp_path / "text.db", tmp_path / "other.db", tmp_path, tmp_path / "missing" / "v.db"):
        with pytest.raises(MachineFault, match="cannot be used as the store of verdicts"), VerdictStore(path):
            pass


def test_a_locked_store_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCKED_SECONDS", 0.1)
    with VerdictStore(tmp_path / "v.db") as store:
        other = sqlite3.connect(tmp_path / "v.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for write in (lambda: store.add(KEY, Entry(verdict(), None, "")), lambda: store.record(verdict(), KEY)):
            with pytest.raises(MachineFault, match="locked"):
                write()
        assert store.find(KEY) is None  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        store.add(KEY, Entry(verdict(), None, ""))
        assert store.find(KEY) is not None


OLD = """
CREATE TABLE verdict (
    key TEXT PRIMARY KEY, assignment TEXT NOT NULL, verdict BLOB NOT NULL, notebook BLOB, page BLOB NOT NULL
);
CREATE TABLE history (
    number INTEGER PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, key TEXT NOT NULL, score REAL, max_score REAL,
    status TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX history_of_student ON history (student, assignment, number);
"""


def old_store(path: Path) -> None:
    """A file as it was written before versions were counted."""
    import zlib

    packed = [zlib.compress(text.encode()) for text in (verdict().to_json(), '{"cells": []}', "<html></html>")]
    database = sqlite3.connect(path)
    database.executescript(OLD)
    with database:
        database.execute("INSERT INTO verdict VALUES (?, '01', ?, ?, ?)", (KEY, *packed))
        for student, key, status in [
            ("zoé", KEY, "graded"),
            ("b", key_of("b", "01", "aa", "bb", "0.1", "full"), "graded"),
            ("zoé", key_of("zoé", "01", "ab", "bb", "0.1", "full"), "graded"),
            ("zoé", "", "fault"),
            ("zoé", key_of("zoé", "01", "ab", "bc", "0.1", "full"), "graded"),
            ("zoé", key_of("zoé", "01", "ab", "bd", "0.2", "full"), "graded"),
            ("zoé", key_of("zoé", "01", "ab", "bd", "0.2", "full"), "graded"),
            ("zoé", "odd", "graded"),
        ]:
            row = (student, "01", key, None if status == "fault" else 2.0, 2.0, status, "2026-09-01T10:00:00+00:00")
            database.execute(
                "INSERT INTO history (student, assignment, key, score, max_score, status, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
    database.close()


def test_an_old_file_becomes_a_current_one_without_loss(tmp_path: Path) -> None:
    old_store(tmp_path / "v.db")
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.find(KEY) == Entry(verdict(), '{"cells": []}', "<html></html>")
        rows = list(store.history("zoé"))
        assert [row.reason for row in rows] == [
            "first graded",
            "new submission",
            "machine fault",
            "course changed",
            "engine changed",
            "written again",
            "",
        ]
        assert [row.reason for row in store.history("b")] == ["first graded"]
        assert {row.at.isoformat() for row in rows} == {"2026-09-01T10:00:00+00:00"}
        assert store.current("zoé", "01") == "odd"
        assert store.archive.attempts("zoé", "01") == []
        store.record(verdict(), KEY)
    with VerdictStore(tmp_path / "v.db") as store:  # once is enough
        assert len(list(store.history("zoé"))) == 8


def test_a_file_of_a_newer_program_is_refused_untouched(tmp_path: Path) -> None:
    with VerdictStore(tmp_path / "v.db"):
        pass
    database = sqlite3.connect(tmp_path / "v.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(MachineFault, match="update coursegrader"), VerdictStore(tmp_path / "v.db"):
        pass


def test_a_migration_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_store(tmp_path / "v.db")

    def fails(_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as failing, pytest.raises(MachineFault, match="disk full"):
        failing.setattr(store_schema, "_fill_reasons", fails)
        VerdictStore(tmp_path / "v.db")
    with VerdictStore(tmp_path / "v.db") as store:
        assert store.find(KEY) is not None
        assert len(list(store.history("zoé"))) == 7


def test_what_was_handed_in_is_kept_by_content(tmp_path: Path) -> None:
    item = Submission("zoé", "01", b"{...}" * 1000, warnings=("étrange",))
    unreadable = Submission("zoé", "01", None, "Illisible.")
    when = datetime(2026, 9, 1, 10, 0, 0, 5, tzinfo=UTC)
    with VerdictStore(tmp_path / "v.db") as store:
        first = store.archive.keep(item, when)
        assert store.archive.keep(item, when.replace(tzinfo=None)) == first  # nbgrader's times are naive UTC
        second = store.archive.keep(unreadable, when.replace(day=2))
        store.archive.graded(first, KEY, verdict())
        other = Submission("b", "01", item.notebook)
        store.archive.keep(other, None)
    database = sqlite3.connect(tmp_path / "v.db")
    assert database.execute("SELECT count(*), sum(length(notebook)) < 100 FROM submitted").fetchone() == (1, 1)
    database.close()
    with VerdictStore(tmp_path / "v.db") as store:
        one, two = store.archive.attempts("zoé", "01")
        assert (one.number, two.number) == (first, second)
        assert (one.submitted_at, one.score, one.max_score, one.status, one.key) == (when, 2.0, 2.0, "graded", KEY)
        assert (two.score, two.key, two.status) == (None, "", "")
        assert store.archive.submission(one) == item
        assert store.archive.submission(two) == unreadable
        assert store.archive.students("01") == ["b", "zoé"]
        assert list(store.archive.standing_keys()) == [KEY]
