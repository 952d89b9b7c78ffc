"""After a change of policy or of a check: what moves and why is shown first, written on confirmation, explained afterwards."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from coursegrader import worker
from coursegrader.regrade import regrade
from coursegrader.store import VerdictStore
from tests.pipeline.small_course import NAME, Class, write_config
from tests.pipeline.test_attempts import WORSE, WRONG, ZURICH, history, store
from tests.pipeline.test_commands import run
from tests.pipeline.test_gradebook_rows import break_machine

TEN = {"late": {"percent_per_day": 10}}


def changes(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and student -> the change that the command shows as JSON."""
    capsys.readouterr()
    code = run(*arguments, "--json")
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    records = [json.loads(line) for line in shown.out.splitlines()]
    return code, {record["student"]: record for record in records}


def correct_check(
    klass: Class, name: str = "double", old: str = "[3.0, -4.0, 2469.0]", new: str = "[1.5, -2.0, 1234.5]"
) -> None:
    """A check is corrected: by default, `double` gives back its argument from now on."""
    path = klass.root / "grading_tests" / NAME / f"test_{name}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# Policies that change


@pytest.fixture
def late_class(klass: Class) -> Class:
    """a: two days late, b: on time, c: worse on time and better late; graded without a penalty."""
    write_config(klass.root)
    for student, at, answers in (
        ("a", "10 20", {}),
        ("b", "08 20", WRONG),
        ("c", "08 20", WRONG),
        ("c", "10 20", {}),
        ("c", "11 20", WORSE),
    ):
        klass.submit(student, f"2026-09-{at}:00:00 {ZURICH}", **answers)
        klass.grade(students=[student])
    return klass


def test_a_changed_policy_is_shown_and_written_only_on_a_yes(
    late_class: Class, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    klass = late_class
    assert run("policy", "--root", klass.root) == 0
    assert "Nothing differs." in capsys.readouterr().out
    write_config(klass.root, policy={**TEN, "counts": "best"})

    def refuse(*_: object) -> None:
        raise AssertionError("a policy runs nobody's code")

    monkeypatch.setattr(worker, "grade_one", refuse)
    before = {student: (klass.standing(student), klass.rows(student), klass.page(student)) for student in "abc"}
    code, found = changes(capsys, "policy", "--root", klass.root)
    assert code == 1
    assert {student: (one["before"], one["after"]) for student, one in found.items()} == {"a": (7, 5.6), "c": (5, 6)}
    assert found["a"]["why"] == ["late penalty 0 -> 1.4 (2 days late)"]
    assert found["c"]["why"] == ["attempt 1 counts instead of 3"]
    assert {move["exercise"] for move in found["c"]["exercises"]} == {"double"}
    assert {student: (klass.standing(student), klass.rows(student), klass.page(student)) for student in "abc"} == before
    assert run("policy", "--root", klass.root) == 1  # nobody is there to ask
    assert "7 -> 5.6  late penalty 0 -> 1.4 (2 days late)" in capsys.readouterr().out
    assert run("policy", "--root", klass.root, "--yes") == 0
    assert klass.standing("a") == (7.0, 1.4, "2026-09-10 18:00:00")
    assert klass.standing("c") == (6.0, None, "2026-09-08 18:00:00")
    assert (klass.standing("b"), klass.rows("b"), klass.page("b")) == before["b"]
    assert "2 jours entamés" in klass.page("a")
    assert "return values" in klass.autograded("c").read_text()
    assert history(klass, "a")[-1] == (7.0, "policy changed", "late penalty 0 -> 1.4 (2 days late)")
    assert changes(capsys, "policy", "--root", klass.root) == (0, {})
    assert not klass.grade().verdicts


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("", False), ("n", False)])
def test_somebody_at_a_terminal_is_asked(
    late_class: Class, answer: str, written: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(late_class.root, policy=TEN)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert run("policy", NAME, "--diff", "--root", late_class.root) == (0 if written else 1)
    assert (late_class.standing("a")[1] is not None) is written


def test_a_deadline_that_moves_and_an_extension(late_class: Class, capsys: pytest.CaptureFixture[str]) -> None:
    klass = late_class
    write_config(klass.root, policy=TEN)
    run("policy", "--root", klass.root, "--yes")
    capsys.readouterr()
    write_config(klass.root, policy=TEN, extensions={"a": "2026-09-12 12:00", "unknown": "2026-09-30 12:00"})
    code, found = changes(capsys, "policy", "--root", klass.root, "--yes")
    assert (code, list(found)) == (0, ["a"])
    assert found["a"]["why"] == ["deadline 2026-09-08 23:59 -> 2026-09-12 12:00", "late penalty 1.4 -> 0"]
    assert klass.standing("a")[1] is None
    write_config(klass.root, policy=TEN, due="2026-09-09 23:59")
    code, found = changes(capsys, "policy", "--root", klass.root, "--yes")
    assert {student: (one["before"], one["after"]) for student, one in found.items()} == {
        "a": (7, 6.3),  # the extension is gone, the deadline a day later
        "b": (6, 6),  # only the deadline moves
        "c": (3.5, 4),
    }
    assert klass.sql("SELECT substr(duedate, 1, 16) FROM assignment") == [("2026-09-09 21:59",)]
    assert klass.sql("SELECT count(*) FROM submitted_assignment WHERE extension IS NOT NULL") == [(0,)]
    assert changes(capsys, "policy", "--root", klass.root) == (0, {})


def test_a_teacher_s_marks_count_in_the_penalty_and_stay(late_class: Class, capsys: pytest.CaptureFixture[str]) -> None:
    klass = late_class
    klass.sql("UPDATE grade SET manual_score = 1 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'explain')")
    klass.sql("UPDATE grade SET extra_credit = 2 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'double')")
    klass.sql("UPDATE grade SET needs_manual_grade = 0")
    klass.sql("UPDATE comment SET manual_comment = 'Bien vu.'")
    rows = klass.rows("a")
    write_config(klass.root, policy=TEN)
    _, found = changes(capsys, "policy", "--root", klass.root, "--student", "a", "--yes")
    assert (found["a"]["before"], found["a"]["after"]) == (10, 8)
    assert klass.rows("a") == rows
    assert {manual for _, manual in klass.comments("a").values()} == {"Bien vu."}


def test_a_limit_that_is_raised_brings_back_what_was_kept(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(klass.root, policy={"attempts": 1})
    for day, answers in (("01", WRONG), ("02", {})):
        klass.submit("a", f"2026-09-{day} 10:00:00 UTC", **answers)
        klass.grade()
    assert klass.standing("a")[0] == 6.0
    write_config(klass.root, policy={"attempts": 2})
    assert changes(capsys, "policy", "--root", klass.root, "--yes")[0] == 0
    assert klass.standing("a")[0] == 7.0


def test_a_verdict_that_was_cleaned_away_holds_up_nobody_else(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    for student in "ab":
        for day, answers in (("09", {}), ("10", WRONG)):
            klass.submit(student, f"2026-09-{day} 20:00:00 UTC", **answers)
            klass.grade()
    with store(klass) as books:
        first = books.archive.attempts("a", NAME)[0].key
        books._db.execute("DELETE FROM verdict WHERE key = ?", (first,))
        books._db.commit()
    write_config(klass.root, policy={"counts": "best"})
    assert run("policy", "--root", klass.root, "--yes") == 1
    said = capsys.readouterr().err
    assert "a: cannot be computed" in said
    assert f"coursegrader regrade {NAME} --student a" in said
    assert (klass.standing("a")[0], klass.standing("b")[0]) == (6.0, 7.0)
    assert run("regrade", NAME, "--student", "a", "--workers", "1", "--root", klass.root, "--yes") == 0
    assert klass.standing("a")[0] == 7.0


def test_a_teacher_s_own_deadline_is_named(late_class: Class, capsys: pytest.CaptureFixture[str]) -> None:
    late_class.sql("UPDATE assignment SET duedate = '2027-01-01 00:00:00.000000'")
    write_config(late_class.root, policy=TEN)
    assert run("policy", "--root", late_class.root) == 0
    shown = capsys.readouterr().out
    assert (
        "the deadline entered in formgrader stands, 2027-01-01 01:00; course_config.py says 2026-09-08 23:59" in shown
    )


# Checks that are corrected


def test_a_corrected_check_is_shown_by_exercise_and_check_and_written_only_on_a_yes(
    klass: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    for student, answers in (("right", {}), ("wrong", WRONG), ("none", WORSE)):
        klass.submit(student, "2026-09-01 10:00:00 UTC", **answers)
    klass.grade()
    klass.sql("UPDATE grade SET manual_score = 1 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'explain')")
    klass.sql("UPDATE comment SET manual_comment = 'Bien vu.'")
    before = {student: (klass.rows(student), klass.page(student)) for student in ("right", "wrong", "none")}
    command = ("regrade", NAME, "--root", klass.root, "--workers", "1")
    assert run(*command) == 0
    assert "3 students keep every outcome" in capsys.readouterr().out
    correct_check(klass)
    assert run(*command, "--diff") == 1
    shown = capsys.readouterr().out
    assert "double/test_values: passed -> failed (1)" in shown
    assert "double/test_values: failed -> passed (1)" in shown
    assert "course changed (" in shown
    assert {student: (klass.rows(student), klass.page(student)) for student in before} == before
    code, found = changes(capsys, *command)
    assert code == 1
    assert {student: (one["before"], one["after"]) for student, one in found.items()} == {
        "right": (8, 7),
        "wrong": (7, 8),
        "none": (6, 6),  # nothing moves, but another version of the course stands
    }
    assert found["none"]["checks"] == []
    assert run(*command, "--yes") == 0
    assert klass.rows("right")["double"] == (1.0, None, None, 0)
    assert klass.rows("wrong")["double"] == (2.0, None, None, 0)
    assert klass.rows("wrong")["explain"][1] == 1.0
    assert {manual for _, manual in klass.comments("right").values()} == {"Bien vu."}
    assert history(klass, "wrong")[-1][:2] == (7.0, "regrade")
    assert changes(capsys, *command) == (0, {})
    assert not klass.grade().verdicts  # everything is written down


def test_attempts_that_can_count_come_from_the_archive(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(klass.root, policy={"counts": "best"})
    for day, answers in (("01", {}), ("02", WRONG), ("03", WORSE)):
        klass.submit("a", f"2026-09-{day} 10:00:00 UTC", **answers)
        klass.grade()
    assert klass.standing("a") == (7.0, None, "2026-09-01 10:00:00")
    correct_check(klass)
    code, found = changes(capsys, "regrade", NAME, "--root", klass.root, "--workers", "1", "--yes")
    assert code == 0
    assert (found["a"]["before"], found["a"]["after"]) == (7, 7)
    assert klass.standing("a") == (7.0, None, "2026-09-02 10:00:00")  # now the second is the best
    with store(klass) as books:
        assert [one.score for one in books.archive.attempts("a", NAME)] == [6.0, 7.0, 5.0]


def test_what_ctrl_c_cuts_off_is_taken_up_again(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    for student in "abc":
        klass.submit(student, "2026-09-01 10:00:00 UTC")
    klass.grade()
    correct_check(klass)
    whole, calls = worker.grade_one, []

    def grade_one(root: Path, mode: Any, item: Any, *more: Any) -> Any:
        calls.append(item.student)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(root, mode, item, *more)

    monkeypatch.setattr(worker, "grade_one", grade_one)
    command = ("regrade", NAME, "--root", klass.root, "--workers", "1", "--yes")
    assert run(*command) == 130
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    assert run(*command) == 0
    assert len(calls) == 4  # the first was kept
    assert {klass.rows(student)["double"][0] for student in "abc"} == {1.0}


def test_a_machine_that_fails_leaves_grades_as_they_are(
    klass: Class, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for student in "ab":
        klass.submit(student, "2026-09-01 10:00:00 UTC")
    klass.grade()
    correct_check(klass)
    break_machine(monkeypatch, "a")
    assert run("regrade", NAME, "--root", klass.root, "--workers", "1", "--yes") == 1
    assert "a: not graded, the machine failed: no disk" in capsys.readouterr().err
    assert klass.rows("a")["double"] == (2.0, None, None, 0)
    assert klass.rows("b")["double"][0] == 1.0


def test_what_was_graded_before_submissions_were_kept_is_archived_and_regraded(klass: Class, mode: Any) -> None:
    klass.submit("a", "2026-09-01 10:00:00 UTC")
    klass.grade()
    with store(klass) as books:
        books._db.execute("DELETE FROM attempt")
        books._db.execute("DELETE FROM submitted")
        books._db.commit()
    correct_check(klass)
    from coursegrader.gradebook import GradebookWriter

    course = klass.course
    with store(klass) as books, GradebookWriter(course.db_url, course.id, course.nbgrader) as gradebook:
        found = regrade(course, books, gradebook, NAME, mode, workers=1)
        assert [(one.change.before, one.change.after) for one in found.plans] == [(7.0, 6.0)]
        assert len(books.archive.attempts("a", NAME)) == 1


# A grade explained


def test_work_without_a_time_is_not_late_and_the_explanation_says_so(
    klass: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(klass.root, policy=TEN)  # its deadline is past
    klass.hand_in("a")
    klass.grade()
    assert run("explain", "a", NAME, "--root", klass.root) == 0
    shown = capsys.readouterr().out
    assert "7 points, first seen then: no timestamp.txt says when it was handed in, so it is not late" in shown


def test_a_misconception_is_explained_by_its_title(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    checks = klass.root / "grading_tests" / NAME / "test_total.py"
    known = 'misconceptions={"doubled": 2 * total(values)})'
    checks.write_text(
        checks.read_text().replace('total(values), what="total")', f'total(values), what="total", {known}')
    )
    catalogue = klass.root / "grading_tests" / "misconceptions" / f"{NAME}.toml"
    catalogue.parent.mkdir()
    catalogue.write_text('[doubled]\ntitle = "Une somme doublée"\ntext = "Une fois suffit."\nsee = ""\n')
    klass.hand_in("a", total="def total(values):\n    return float(2 * sum(values))")
    klass.grade()
    for change, shown in (("", "(known idea: doubled: Une somme doublée)"), ("[broken", "(known idea: doubled)")):
        catalogue.write_text(catalogue.read_text() + change)
        assert run("explain", "a", NAME, "--root", klass.root) == 0
        assert shown in capsys.readouterr().out


def test_a_grade_is_explained_in_one_place(klass: Class, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_config(klass.root, policy={**TEN, "counts": "best", "attempts": 2})
    hostile = "def double(values):\n    return ['<script>alert(1)</script>\\x1b[31m']"
    for at, answers in (("08 20", WORSE), ("10 20", {"double": hostile}), ("11 20", {})):
        klass.submit("a", f"2026-09-{at}:00:00 {ZURICH}", **answers)
        klass.grade()
    klass.sql("UPDATE grade SET manual_score = 0.5 WHERE cell_id = (SELECT id FROM base_cell WHERE name = 'explain')")
    klass.sql("UPDATE comment SET manual_comment = 'Plus court <b>ici</b> !'")
    where = ("explain", "a", NAME, "--root", klass.root)
    assert run(*where) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "grade: 5.5 of 8" in shown
    assert "deadline: 2026-09-08 23:59:00+02:00 (course_config.py)" in shown
    assert "<- counts" in shown
    assert "over the limit, does not count" in shown
    assert "by hand 0.5" in shown
    assert "Plus court" in shown
    assert "\n  Doubler (double): 0/2\n" in shown
    assert "first graded" in shown
    assert str(klass.root / "feedback" / "a" / NAME / f"{NAME}.html") in shown
    assert run(*where, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert [(one["place"], one["score"], one["counts"], one["over_limit"]) for one in record["attempts"]] == [
        (1, 5.0, True, False),
        (2, 5.0, False, False),
        (3, 7.0, False, True),
    ]
    assert record["attempts"][1]["late_days"] == 2
    double = next(one for one in record["exercises"] if one["exercise"] == "double")
    assert double["title"] == "Doubler"
    assert [check["outcome"] for check in double["checks"]] == ["failed", "failed"]
    assert len(record["attempts"][0]["digest"]) == 64
    assert run(*where, "--html", tmp_path / "a.html") == 0
    html = (tmp_path / "a.html").read_text()
    page = BeautifulSoup(html, "html.parser")
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.find("script") is None
    assert "<b>ici</b>" not in html
    assert not [tag for tag in page.find_all(True) if tag.get("src") or str(tag.get("href", "#")).startswith("http")]
    assert len(page.find_all("h1")) == 1
    assert all(table.caption for table in page.find_all("table"))
    assert "default-src 'none'" in html


def test_a_late_grade_names_its_penalty_and_a_regrade_its_reason(
    klass: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(klass.root, policy=TEN, extensions={"a": "2026-09-09 12:00"})
    klass.submit("a", f"2026-09-10 20:00:00 {ZURICH}", **WRONG)
    klass.grade()
    correct_check(klass)
    assert run("regrade", NAME, "--root", klass.root, "--workers", "1", "--yes") == 0
    capsys.readouterr()
    assert run("explain", "a", NAME, "--root", klass.root) == 0
    shown = capsys.readouterr().out
    assert "grade: 5.6 of 8 after a late penalty of 1.4, graded" in shown
    assert "(extension in course_config.py)" in shown
    assert "1 d 08:00:00 late, 2 days count: -1.4" in shown
    assert "double/test_values: failed -> passed (1)" in shown
    assert "regrade (course changed (" in shown


def test_a_day_that_costs_nothing_is_no_minus_zero_and_a_terminal_is_not_overrun(
    klass: Class, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(klass.root, policy=TEN)
    klass.submit("a", f"2026-09-09 20:00:00 {ZURICH}", **dict.fromkeys(("double", "total", "Tally"), "def f(): pass"))
    klass.submit("b", f"2026-09-09 20:00:00 {ZURICH}")
    klass.grade()
    assert run("explain", "a", NAME, "--root", klass.root) == 0
    shown = capsys.readouterr().out
    assert "0 points, 20:01:00 late, costs nothing" in shown
    assert max(map(len, shown.splitlines())) > 80  # for other programs
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert run("explain", "b", NAME, "--root", klass.root) == 0
    narrow = capsys.readouterr().out
    assert "1 day counts: -0.7" in " ".join(narrow.split())
    assert all(len(line) <= 80 or str(klass.root) in line for line in narrow.splitlines())


def test_nothing_to_explain_is_said(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "a", NAME, "--root", klass.root) == 3
    assert "coursegrader grade" in capsys.readouterr().err
    klass.hand_in("a")
    klass.grade()
    assert run("explain", "nobody", NAME, "--root", klass.root) == 3
    assert "'nobody' has nothing graded" in capsys.readouterr().err
    assert run("explain", "a", "01-petti", "--root", klass.root) == 2
    assert NAME in capsys.readouterr().err
    with VerdictStore(klass.root / "verdicts.db") as books:
        books._db.execute("DELETE FROM verdict")
        books._db.commit()
    assert run("explain", "a", NAME, "--root", klass.root) == 0
    assert "no longer in the store" in capsys.readouterr().out
