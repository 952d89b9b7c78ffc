"""Databases of another version, locked, cut off or edited by hand: a clear error, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader import cli
from coursegrader.course import Course, load_course
from coursegrader.errors import MachineFault
from coursegrader.gradebook import Frames


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    return make_class(tmp_path_factory.mktemp("template") / "course", Size(12, 2, 2))


@pytest.fixture
def course(template: MadeClass, tmp_path: Path) -> Course:
    shutil.copytree(template.course.root, tmp_path / "course")
    return load_course(tmp_path / "course", only=[])


def edit(course: Course, statement: str, *values: object) -> None:
    database = sqlite3.connect(course.root / "gradebook.db")
    with database:
        database.execute(statement, values)
    database.close()


def told(course: Course, capsys: pytest.CaptureFixture[str]) -> str:
    """What every command says; the file is as it was."""
    path = course.root / "gradebook.db"
    before = path.read_bytes()
    said = set()
    target = str(course.root / "out")
    for arguments in (["gradebook"], ["report"], ["export", "parquet", target]):
        assert cli.main([*arguments, "--root", str(course.root)]) == 4
        said.add(capsys.readouterr().err)
    assert path.read_bytes() == before
    (text,) = said
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [
        ("ALTER TABLE grade DROP COLUMN extra_credit", "grade.extra_credit"),
        ("ALTER TABLE student DROP COLUMN lms_user_id", "student.lms_user_id"),
        ("DROP TABLE task_cells", "task_cells"),
    ],
)
def test_another_version_is_named_with_what_to_do(
    course: Course, statement: str, lacking: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(course, statement)
    text = told(course, capsys)
    assert "another version of nbgrader" in text and lacking in text and "nbgrader db upgrade" in text


def test_a_database_that_is_cut_off(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    path = course.root / "gradebook.db"
    data = path.read_bytes()
    for kept in (data[: len(data) // 2], data[:100], b"not a database at all, but long enough to be one" * 9):
        path.write_bytes(kept)
        assert "cannot be read" in told(course, capsys)
    path.write_bytes(b"")
    assert "no database of nbgrader's" in told(course, capsys)


def test_a_locked_database(course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    config = course.root / "course_config.py"
    url = f"sqlite:///{course.root / 'gradebook.db'}?timeout=0.1"
    config.write_text(config.read_text() + f"c.CourseDirectory.db_url = {url!r}\n")
    other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert "locked" in told(course, capsys)
    other.execute("ROLLBACK")
    other.close()
    assert cli.main(["gradebook", "--root", str(course.root)]) == 0


@pytest.mark.parametrize(
    ("statement", "value", "whose"),
    [
        ("UPDATE grade SET auto_score = ? WHERE rowid = 5", "deux", ""),
        ("UPDATE grade SET manual_score = ? WHERE rowid = 5", b"\x00\x01", ""),
        ("UPDATE submitted_assignment SET timestamp = ? WHERE id = 'u4-1'", "hier", "(etu00004, 02-devoir)"),
        ("UPDATE assignment SET duedate = ? WHERE rowid = 1", "le 3", "(01-devoir)"),
    ],
)
def test_a_value_that_is_none_is_shown(
    course: Course, statement: str, value: object, whose: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(course, statement, value)
    text = told(course, capsys)
    assert repr(value) in text and "by hand" in text and whose in text


def test_rows_that_belong_to_nothing_are_left_out_and_told(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    whole = Frames(course).exercises
    edit(course, "UPDATE grade SET notebook_id = 'gone' WHERE rowid IN (1, 2)")
    edit(course, "UPDATE grade SET cell_id = NULL WHERE rowid = 9")
    frames = Frames(course)
    assert len(frames.exercises) == len(whole) - 3
    assert frames.problems == ["3 grade(s) belong to no submission or no cell and are left out"]
    assert cli.main(["report", "--root", str(course.root)]) == 0
    assert "3 grade(s) belong to no submission" in capsys.readouterr().err


def test_a_store_of_verdicts_that_is_broken(course: Course) -> None:
    path = course.root / "verdicts.db"
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE verdict SET verdict = X'00FF' WHERE rowid = 1")
    database.close()
    assert len(Frames(course).checks)  # the others are there
    path.write_bytes(b"no database, but rather long for one that is none" * 9)
    with pytest.raises(MachineFault, match=r"verdicts\.db cannot be read"):
        _ = Frames(course).checks
    path.unlink()
    assert Frames(course).checks.empty and Frames(course).history.empty
    assert cli.main(["report", "--root", str(course.root)]) == 0


def test_people_without_a_name_with_the_same_and_in_any_script(course: Course) -> None:
    names = {
        "etu00000": ("", ""),
        "etu00001": ("Zoé", "Favre"),
        "etu00002": ("zoé", "FAVRE"),
        "etu00003": ("محمد", "الحسن"),
    }
    names["etu00004"] = ("<script>alert(1)</script>", 'D\'Arc & "Co"')
    names["etu00005"] = ("\u202egnol", "x" * 128)
    for student, (first, last) in names.items():
        edit(course, "UPDATE student SET first_name = ?, last_name = ? WHERE id = ?", first, last, student)
    edit(course, "UPDATE student SET first_name = NULL, last_name = NULL WHERE id = 'etu00006'")
    shown = Frames(course).students.set_index("student")["name"]
    assert shown[["etu00000", "etu00006"]].tolist() == ["etu00000", "etu00006"]
    assert shown["etu00001"] == "Zoé Favre (etu00001)" and shown["etu00002"] == "zoé FAVRE (etu00002)"
    assert shown.is_unique
    assert cli.main(["report", "--root", str(course.root)]) == 0
    page = (course.root / "reports" / "classe.html").read_text(encoding="utf-8")
    assert (
        "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; D&#x27;Arc &amp; &quot;Co&quot;" in page
    )
    assert "محمد الحسن" in page and "\u202e" not in page
    assert (course.root / "reports" / "etudiants" / "etu00004.html").is_file()


def test_an_empty_class_has_pages_too(tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(0, 2, 2))
    for audience in ("teacher", "class"):
        assert cli.main(["report", "--root", str(made.course.root), "--audience", audience]) == 0
    (tmp_path / "course" / "gradebook.db").unlink()
    assert cli.main(["report", "--root", str(made.course.root)]) == 0
    assert cli.main(["export", "xlsx", str(tmp_path / "x.xlsx"), "--root", str(made.course.root)]) == 0
