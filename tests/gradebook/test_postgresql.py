"""The same code on SQLite and PostgreSQL, and a course that moves from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader import cli
from coursegrader.build import build_release
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook import Frames, score_table
from coursegrader.gradebook.copying import copy_database
from tests.pipeline.small_course import NAME, Class, write_config

NewDatabase = Callable[[str], str]
OWN = sa.MetaData()
NOTE = sa.Table(
    "coursegrader_test_note",
    OWN,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("at", sa.DateTime),
    sa.Column("open", sa.Boolean),
    sa.Column("text", sa.Text),
)


def rows(address: str, table: sa.Table) -> list[tuple[object, ...]]:
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.select(table))]
    engine.dispose()
    return sorted(found, key=repr)


@pytest.fixture
def rich(tmp_path: Path) -> MadeClass:
    """A class with everything that differs between databases: extensions, half points, other scripts, a table of our own."""
    made = make_class(tmp_path / "course", Size(30, 2, 2))
    engine = sa.create_engine(made.course.db_url)
    OWN.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE grade SET manual_score = 0.1, extra_credit = 0.2 WHERE id LIKE 'g1-%'"))
        given = {"extension": timedelta(days=2, hours=3, seconds=1)}
        from nbgrader.api import Base

        table = Base.metadata.tables["submitted_assignment"]
        connection.execute(table.update().where(table.c.id == "u2-0").values(**given))
        note = {
            "student": "etu00001",
            "at": datetime(2026, 1, 2, 3, 4, 5, 678901),
            "open": True,
            "text": "« œuf » \U0001f95a ' \\ \n",
        }
        connection.execute(NOTE.insert(), [{**note, "number": 7}, {**note, "number": 9, "at": None, "open": None}])
    engine.dispose()
    return made


def test_a_course_moves_there_and_back_without_loss(rich: MadeClass, new_database: NewDatabase, tmp_path: Path) -> None:
    from nbgrader.api import Base

    address = new_database("moved")
    there = copy_database(rich.course.db_url, address)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert copy_database(address, back) == there
    assert {item.table: item.rows for item in there}["grade"] == 2 * int(rich.handed_in.sum())
    for table in (*Base.metadata.sorted_tables, NOTE):
        assert rows(rich.course.db_url, table) == rows(address, table) == rows(back, table), table.name
    engine = sa.create_engine(address)
    with engine.begin() as connection:  # the counter goes on after the highest number
        assert connection.execute(NOTE.insert().returning(NOTE.c.number), {"student": "x"}).scalar_one() == 10
    engine.dispose()


def test_frames_are_the_same_on_both(rich: MadeClass, new_database: NewDatabase) -> None:
    address = new_database("frames")
    copy_database(rich.course.db_url, address)
    for name in ("students", "exercises", "submissions"):
        one, two = getattr(Frames(rich.course.db_url), name), getattr(Frames(address), name)
        pd.testing.assert_frame_equal(one, two)
        some = getattr(Frames(address, ["etu00002", "etu00005"]), name)
        chosen = one if name == "students" else one[one["student"].isin(["etu00002", "etu00005"])]
        pd.testing.assert_frame_equal(some, chosen.reset_index(drop=True))
    late = Frames(address).submissions.set_index(["student", "assignment"])
    due = Frames(address).assignments.set_index("assignment")["due"]
    if ("etu00002", "01-devoir") in late.index:
        assert late.loc[("etu00002", "01-devoir"), "due"] - due["01-devoir"] == pd.Timedelta(days=2, hours=3, seconds=1)


def test_a_target_that_holds_something_is_refused_untouched(
    rich: MadeClass, new_database: NewDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = new_database("holds")
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE photo (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO photo VALUES (1)")
    assert cli.main(["db", "copy", rich.course.db_url, address]) == 3
    assert "not empty: photo" in capsys.readouterr().err
    assert sa.inspect(engine).get_table_names() == ["photo"]
    engine.dispose()
    with pytest.raises(CourseFault, match="the same"):
        copy_database(rich.course.db_url, rich.course.db_url)
    with pytest.raises(MachineFault, match="there is no"):
        copy_database(f"sqlite:///{tmp_path / 'none.db'}", f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


def test_what_postgresql_does_not_take_leaves_nothing_behind(rich: MadeClass, new_database: NewDatabase) -> None:
    address = new_database("strict")
    engine = sa.create_engine(rich.course.db_url)
    with engine.begin() as connection:  # SQLite keeps it; nbgrader's column holds 128 characters
        connection.execute(sa.text("UPDATE student SET last_name = :name WHERE id = 'etu00003'"), {"name": "x" * 300})
    engine.dispose()
    with pytest.raises(MachineFault, match="given up"):
        copy_database(rich.course.db_url, address)
    target = sa.create_engine(address)
    assert sa.inspect(target).get_table_names() == []
    target.dispose()


def test_the_whole_way_on_postgresql(
    built_course: Path, new_database: NewDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    klass = Class.copied(built_course, tmp_path / "course")
    address = new_database("course")
    write_config(klass.root, f"c.CourseDirectory.db_url = {address!r}\n")
    (klass.root / "gradebook.db").unlink()
    build_release(klass.course, NAME)
    klass.hand_in("zoé")
    klass.hand_in("b", double="def double(values):\n    return values")
    run = klass.grade()
    assert not run.faults and len(run.verdicts) == 2
    assert not (klass.root / "gradebook.db").exists()
    table = score_table(klass.course, NAME)
    assert table["total of all"].to_dict() == {"b": 6.0, "zoé": 7.0}
    root = str(klass.root)
    for arguments in (
        ["gradebook"],
        ["export", "csv", str(tmp_path / "csv")],
        ["export", "xlsx", str(tmp_path / "x.xlsx")],
        ["report"],
    ):
        assert cli.main([*arguments, "--root", root]) == 0, capsys.readouterr().err
    assert (klass.root / "reports" / "etudiants" / "zoé.html").is_file()
    assert "zoé" in (tmp_path / "csv" / "submissions.csv").read_text(encoding="utf-8-sig")


def test_a_server_that_is_not_there_is_told_without_its_password(rich: MadeClass, tmp_path: Path) -> None:
    address = f"postgresql+psycopg://u:secret99@/course?host={tmp_path}"
    with pytest.raises(MachineFault) as caught:
        _ = Frames(address).students
    assert "secret99" not in str(caught.value)
    with pytest.raises(MachineFault) as caught:
        copy_database(rich.course.db_url, address)
    assert "secret99" not in str(caught.value)
