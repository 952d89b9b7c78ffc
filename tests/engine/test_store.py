"""The store of verdicts: found by content, written whole, refused in words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from coursegrader import store as store_module
from coursegrader.errors import MachineFault
from coursegrader.store import Entry, VerdictStore, key_of
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
