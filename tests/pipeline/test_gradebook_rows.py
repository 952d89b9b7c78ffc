"""What stands in nbgrader's database after grading, and what a teacher entered there."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from coursegrader import dispatch, submission, worker, write_down
from coursegrader import grade as grading
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook import GradebookWriter, course_table, exercise_frame, score_table, submission_frame
from coursegrader.store import VerdictStore
from tests.pipeline.small_course import NAME, RIGHT, Class, scores, write_config

WRONG = "def double(values):\n    return values"


def stamp(klass: Class, student: str, text: str) -> None:
    (klass.root / "submitted" / student / NAME / "timestamp.txt").write_text(text)


def penalties(klass: Class) -> dict[str, float | None]:
    query = """SELECT submitted_assignment.student_id, submitted_notebook.late_submission_penalty FROM submitted_notebook
               JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id"""
    return dict(klass.sql(query))


def teacher_enters(klass: Class) -> None:
    for assignment in ("manual_score = 1.25", "extra_credit = 0.5"):
        klass.sql(f"UPDATE grade SET {assignment} WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'double')")
    klass.sql("UPDATE grade SET manual_score = 1 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'explain')")
    klass.sql("UPDATE comment SET manual_comment = 'Bien vu.'")
    klass.sql("UPDATE submitted_assignment SET extension = '1970-01-02 00:00:00.000000'")


def test_what_a_teacher_entered_survives_a_regrade(klass: Class) -> None:
    klass.hand_in("a")
    klass.grade()
    teacher_enters(klass)
    klass.hand_in("a", double=WRONG)
    assert scores(klass.verdicts()["a"])["double"] == 1.0
    rows = klass.rows("a")
    assert rows["double"] == (1.0, 1.25, 0.5, 1)  # the new automatic score beside the teacher's, for another look
    assert rows["explain"] == (None, 1.0, None, 1)
    assert rows["total"] == (3.0, None, None, 0)
    comments = klass.comments("a")
    assert {manual for _, manual in comments.values()} == {"Bien vu."}
    assert "Multipliez" in (comments["double-solution"][0] or "")
    assert not comments["total-solution"][0]
    assert klass.sql("SELECT extension FROM submitted_assignment") == [("1970-01-02 00:00:00.000000",)]
    table = score_table(klass.course, NAME)
    assert table.columns.tolist() == ["double", "total", "Tally", "explain", "total of all", "%"]
    assert table.loc["a"].tolist() == [1.75, 3.0, 2.0, 1.0, 7.75, 96.9]


def test_late_work_gets_the_penalty_of_the_course_s_plugin_each_time(klass: Class) -> None:
    write_config(klass.root, "c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    for student in ("early", "late", "extended"):
        klass.hand_in(student, double=WRONG)
    stamp(klass, "early", "2026-09-08 23:58:00 Europe/Zurich")
    stamp(klass, "late", "2026-09-09 00:01:00 Europe/Zurich")
    stamp(klass, "extended", "2026-09-09 00:01:00 Europe/Zurich")
    klass.verdicts()
    assert klass.sql("SELECT duedate FROM assignment") == [("2026-09-08 21:59:00.000000",)]
    assert penalties(klass) == {"early": None, "late": 6.0, "extended": 6.0}
    klass.sql("UPDATE submitted_assignment SET extension = '1970-01-02 00:00:00' WHERE student_id = 'extended'")
    klass.sql("UPDATE grade SET extra_credit = 1 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'double')")
    klass.grade(force=True)
    assert penalties(klass) == {"early": None, "late": 7.0, "extended": None}
    frame = submission_frame(klass.course.db_url).set_index("student")
    assert frame["score"].to_dict() == {"early": 7.0, "late": 0.0, "extended": 7.0}


def test_a_deadline_that_a_teacher_changed_stays(klass: Class) -> None:
    klass.sql("UPDATE assignment SET duedate = '2027-01-01 00:00:00.000000'")
    klass.hand_in("a")
    klass.grade()
    assert klass.sql("SELECT duedate FROM assignment") == [("2027-01-01 00:00:00.000000",)]


ODD_TIMES = [
    "",
    "yesterday",
    "2026-13-45 99:99:99 UTC",
    "0" * 2000,
    "1e999",
    "2026-09-01 00:00:00 Nowhere/Land x",
    "\0",
    "(((",
    "3:" + "1" * 29,  # dateutil raises decimal's InvalidOperation
    "2026-01-01 10:00 " + "A" * 300,  # dateutil looks for a file of that name
    "9999-12-31 23:59:59 UTC",  # the next year in Zurich
    "0001-01-01 00:00:00 UTC",
]


def test_an_odd_timestamp_is_as_none(klass: Class) -> None:
    for number, odd in enumerate(ODD_TIMES):
        klass.hand_in(f"s{number}", b"{")
        stamp(klass, f"s{number}", odd)
    assert len(klass.verdicts()) == len(ODD_TIMES)
    assert set(penalties(klass).values()) == {None}


def test_a_timestamp_that_is_no_file_does_not_hold_the_run_up(klass: Class) -> None:
    os.mkfifo(klass.hand_in("a").parent / "timestamp.txt")
    (klass.hand_in("b").parent / "timestamp.txt").symlink_to("/dev/zero")
    assert {verdict.score for verdict in klass.verdicts().values()} == {7.0}


# A machine that fails


def break_machine(monkeypatch: pytest.MonkeyPatch, *students: str) -> None:
    whole = worker.grade_one

    def grade_one(root: Path, mode: object, item: object, patience: float | None) -> object:
        if item.student in students:  # type: ignore[attr-defined]
            raise MachineFault("no disk")
        return whole(root, mode, item)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "grade_one", grade_one)


def test_a_failed_regrade_keeps_the_scores_and_marks_them_until_the_machine_is_well(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    klass.hand_in("a")
    klass.hand_in("b")
    klass.grade()
    page = klass.page("a")
    with monkeypatch.context() as broken:
        break_machine(broken, "a", "new")
        klass.hand_in("new")
        run = klass.grade(force=True)
    assert run.faults == {"a": "no disk", "new": "no disk"}
    assert [verdict.student for verdict in run.verdicts] == ["b"]
    assert klass.rows("a") == {
        "double": (2.0, None, None, 1),
        "total": (3.0, None, None, 1),
        "Tally": (2.0, None, None, 1),
        "explain": (None, None, None, 1),
    }
    assert all("panne de la machine" in (auto or "") for auto, _ in klass.comments("a").values())
    assert {row[0] for row in klass.rows("new").values()} == {None}
    assert klass.page("a") == page
    again = klass.grade()
    assert [verdict.student for verdict in again.verdicts] == ["new"]
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    assert not klass.comments("a")["double-solution"][0]
    with VerdictStore(klass.root / "verdicts.db") as store:
        assert [row.status for row in store.history("a")] == ["graded", "fault", "graded"]


def test_a_crash_between_two_steps_of_writing_repeats_the_step(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    klass.hand_in("a")

    def refuse(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for owner, step in ((VerdictStore, "record"), (GradebookWriter, "write"), (VerdictStore, "add")):
        with monkeypatch.context() as crashing, pytest.raises(KeyboardInterrupt):
            crashing.setattr(owner, step, refuse)
            klass.grade(force=step == "add")
    assert {verdict.student for verdict in klass.grade().unchanged} == {"a"}
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    klass.autograded("a").unlink()
    assert not klass.grade().verdicts
    assert klass.autograded("a").is_file()


def test_a_verdict_that_cannot_be_settled_now_is_not_graded_again(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: Any) -> None:
        raise MachineFault("the database is held")

    klass.hand_in("a")
    with monkeypatch.context() as patch:
        patch.setattr(write_down, "TRIES", ())
        patch.setattr(write_down, "settle", held)
        with pytest.raises(MachineFault, match="held"):
            klass.grade()
    run = klass.grade()
    assert (len(run.verdicts), len(run.unchanged)) == (0, 1)


def test_in_a_group_a_fault_costs_only_its_own_and_history_never_says_more_than_the_gradebook(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("a", "b", "c"):
        klass.hand_in(student)
    klass.grade()
    with VerdictStore(klass.root / "verdicts.db") as store:
        keys = {student: store.standing(student, NAME) or "" for student in ("a", "b", "c")}
        group = [
            (key, submission.read(klass.root / "submitted" / student / NAME, student, NAME), entry)
            for student, key in keys.items()
            if (entry := store.find(key)) is not None
        ]
    for path in (*klass.root.glob("verdicts.db*"), klass.root / "gradebook.db"):
        path.unlink()
    monkeypatch.setattr(write_down, "TRIES", ())
    with VerdictStore(klass.root / "verdicts.db") as store, GradebookWriter(klass.course.db_url, "petit") as gradebook:
        grading.register(klass.course, gradebook, NAME)
        klass.sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON submitted_assignment WHEN NEW.student_id = 'b' "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
        with pytest.raises(MachineFault, match="not this one"):
            write_down.write_down_new(klass.course, store, gradebook, group, write_down.NEW)
        assert {student: store.current(student, NAME) for student in keys} == {**keys, "b": None}
    assert klass.sql("SELECT student_id FROM submitted_assignment ORDER BY student_id") == [("a",), ("c",)]
    klass.sql("DROP TRIGGER refuse")
    run = klass.grade()
    assert not run.verdicts and len(run.unchanged) == 3  # its verdict was kept
    assert [klass.rows(student)["double"] for student in keys] == [(2.0, None, None, 0)] * 3


def test_a_group_is_one_transaction(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    for student in ("a", "b", "c"):
        klass.hand_in(student)
    commits: list[str] = []
    one_by_one = dispatch.results

    def all_at_once(*args: Any) -> Iterator[list[dispatch.Outcome]]:
        yield [outcome for group in one_by_one(*args) for outcome in group]

    def counting(connection: Any) -> None:
        commits.append("gradebook")

    monkeypatch.setattr(grading, "results", all_at_once)
    event.listen(Engine, "commit", counting)
    try:
        run = klass.grade()
    finally:
        event.remove(Engine, "commit", counting)
    assert len(run.verdicts) == 3 and len({verdict.timing["record"] for verdict in run.verdicts}) == 1
    before = len(commits)
    commits.clear()
    monkeypatch.setattr(grading, "results", one_by_one)
    event.listen(Engine, "commit", counting)
    try:
        klass.grade(force=True)
    finally:
        event.remove(Engine, "commit", counting)
    assert len(commits) - before == 2  # three groups of one instead of one of three


def test_a_place_that_cannot_be_written_is_told(klass: Class) -> None:
    klass.hand_in("a")
    (klass.root / "feedback").mkdir(exist_ok=True)
    (klass.root / "feedback" / "a").write_text("in the way")
    with pytest.raises(MachineFault, match="cannot be written"):
        klass.grade()
    (klass.root / "feedback" / "a").unlink()
    run = klass.grade()
    assert not run.verdicts  # what was found out is kept
    assert klass.page("a")


# Databases


def test_an_assignment_that_is_not_registered_is_built(klass: Class) -> None:
    (klass.root / "gradebook.db").unlink()
    klass.hand_in("a")
    klass.verdicts()
    assert klass.rows("a")["total"] == (3.0, None, None, 0)


def test_marking_what_the_gradebook_does_not_know_is_nothing(klass: Class) -> None:
    before = klass.sql("SELECT * FROM student"), klass.sql("SELECT * FROM assignment")
    with GradebookWriter(klass.course.db_url, "petit") as gradebook:
        assert gradebook.has_assignment(NAME)
        assert not gradebook.has_assignment("99-other")
        gradebook.mark_stale("a", "99-other", "x")
        gradebook.set_due("99-other", klass.course.assignment(NAME).due)
    assert (klass.sql("SELECT * FROM student"), klass.sql("SELECT * FROM assignment")) == before


def test_a_verdict_on_a_cell_that_is_not_registered_is_the_course_s_fault_and_writes_nothing(klass: Class) -> None:
    klass.sql("DELETE FROM base_cell WHERE name = 'total'")
    klass.hand_in("a")
    with pytest.raises(CourseFault, match="no grade cell total"):
        klass.grade()
    assert klass.sql("SELECT count(*) FROM grade WHERE auto_score IS NOT NULL") == [(0,)]


def writer(url: str) -> GradebookWriter:
    return GradebookWriter(url, "petit")


def test_another_program_s_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE photo (id)")
    other.close()
    before = path.read_bytes()
    for use in (lambda: writer(f"sqlite:///{path}"), lambda: exercise_frame(f"sqlite:///{path}")):
        with pytest.raises(MachineFault, match=r"no database of nbgrader's|cannot be read"):
            use()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "nonsense", "postgresql+nodriver://u:secret99@h/d", "sqlite:///{file}"]
)
def test_a_database_that_cannot_be_opened_is_told_without_its_password(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a database, but rather long for one that is none" * 9)
    with pytest.raises(MachineFault) as caught:
        writer(url.format(file=tmp_path / "file"))
    assert "secret99" not in str(caught.value)


def test_a_locked_or_read_only_database_is_told_and_the_next_run_goes_on(klass: Class) -> None:
    klass.hand_in("a")
    path = klass.root / "gradebook.db"
    write_config(klass.root, f"c.CourseDirectory.db_url = 'sqlite:///{path}?timeout=0.1'\n")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(MachineFault, match="locked"):
        klass.grade()
    other.execute("ROLLBACK")
    other.close()
    write_config(klass.root, f"c.CourseDirectory.db_url = 'sqlite:///file:{path}?mode=ro&uri=true'\n")
    with pytest.raises(MachineFault, match="readonly"):
        klass.grade()
    write_config(klass.root)
    klass.grade()
    assert klass.rows("a")["double"] == (2.0, None, None, 0)


def test_an_old_nbgrader_s_database_is_told(klass: Class) -> None:
    klass.sql("ALTER TABLE grade RENAME COLUMN extra_credit TO other")
    klass.hand_in("a")
    with pytest.raises(MachineFault, match="nbgrader db upgrade"):
        klass.grade()


def test_tables_of_a_class_without_grades_are_empty(klass: Class, tmp_path: Path) -> None:
    assert score_table(klass.course, NAME).empty
    assert course_table(klass.course).empty
    missing = f"sqlite:///{tmp_path / 'none.db'}"
    assert exercise_frame(missing).empty
    assert submission_frame(missing).empty
    assert not (tmp_path / "none.db").exists()


def test_the_frames_are_what_stands_in_the_database(klass: Class) -> None:
    klass.hand_in("b", double=WRONG, explain=RIGHT["explain"])
    klass.hand_in("a", b"{")
    klass.grade()
    frame = exercise_frame(load_course(klass.root).db_url).set_index(["student", "exercise"])
    assert frame.loc[("b", "double"), "score"] == 1.0
    assert frame.loc[("b", "explain"), "needs_manual_grade"]
    assert frame.loc["a"]["score"].sum() == 0.0
    table = course_table(klass.course)
    assert table[NAME].to_dict() == {"a": 0.0, "b": 75.0}
