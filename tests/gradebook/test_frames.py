"""Frames: dtypes, a student's own dates, and what a teacher entered by hand."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader.course import load_course
from coursegrader.gradebook import Frames

TIME = "datetime64[us, UTC]"


def test_columns_have_the_documented_types(made: MadeClass) -> None:
    frames = Frames(made.course)
    text = (Path(__file__).parents[2] / "docs" / "gradebook.md").read_text(encoding="utf-8")
    for name in ("students", "assignments", "submissions", "exercises", "checks", "history"):
        row = next(line for line in text.splitlines() if line.startswith(f"| `g.{name}`"))
        frame = getattr(frames, name)
        assert [column for column in frame.columns if column not in row] == []
        for column in frame.columns:
            kind = str(frame[column].dtype)
            assert kind in ("str", "float64", "int64", "bool", "boolean", TIME), (name, column, kind)
    assert {str(frames.submissions[c].dtype) for c in ("submitted_at", "due")} == {TIME}


def test_points_are_those_that_were_put_in(made: MadeClass) -> None:
    frames = Frames(made.course)
    table = frames.exercises.pivot(index="student", columns="exercise", values="score")
    assert list(frames.exercises["exercise"][:2]) in (["e01_1", "e01_2"], ["e02_1", "e02_2"])  # course order
    for s, student in enumerate(made.students):
        for a in range(3):
            for e in range(2):
                value = table.loc[student, f"e{a + 1:02d}_{e + 1}"] if student in table.index else float("nan")
                assert value == made.scores[s, a, e] if made.handed_in[s, a] else pd.isna(value)
    assert int(frames.checks["passed"].sum()) == int((made.passed & made.handed_in[:, :, None, None]).sum())


def test_some_students_rows_are_those_of_the_whole(made: MadeClass) -> None:
    chosen = [made.students[2], made.students[5]]
    some, whole = Frames(made.course, chosen), Frames(made.course)
    assert set(some.submissions["student"]) == set(chosen)
    for name in ("submissions", "exercises", "checks"):
        frame = getattr(whole, name)
        expected = frame[frame["student"].isin(chosen)].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(some, name), expected)
    assert len(some.students) == len(made.students)  # names are unique among all


def test_own_dates_and_what_a_teacher_entered(tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(30, 1, 2))
    s = int(made.handed_in[:, 0].nonzero()[0][0])
    student = made.students[s]
    config = made.course.root / "course_config.py"
    granted = f"COURSE['extensions'] = {{{student!r}: {{'01-devoir': '2026-12-24 08:00'}}}}\n"
    config.write_text(config.read_text().replace("c = get_config()", granted + "c = get_config()"))
    database = sqlite3.connect(made.course.root / "gradebook.db")
    with database:
        database.execute("UPDATE grade SET manual_score = 0.5, extra_credit = 0.25 WHERE id = ?", (f"g{s}-0-0",))
        database.execute("UPDATE submitted_notebook SET late_submission_penalty = 1 WHERE id = ?", (f"v{s}-0",))
    database.close()
    row = Frames(load_course(made.course.root, only=[])).submissions.set_index("student").loc[student]
    assert row["due"] == pd.Timestamp("2026-12-24 07:00", tz="UTC") and row["late_hours"] == 0.0
    assert row["score"] == max(0.0, 0.75 + made.scores[s, 0, 1] - 1) and row["penalty"] == 1.0
