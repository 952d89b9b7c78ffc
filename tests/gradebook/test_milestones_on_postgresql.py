"""The milestones' tables on a real PostgreSQL server: the same states, the same history, and rows that stay."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from coursegrader.course import Course
from coursegrader.milestones import Ledger, milestone_frame, milestone_history_frame
from coursegrader.milestones.frames import COLUMNS
from tests.milestones.conftest import DUE, NOW, fill, on, project_course


@pytest.fixture(scope="module")
def course(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course whose gradebook is a database of its own."""
    name = "milestones"
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    url = sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    fill(url)
    yield on(project_course(Path(tmp_path_factory.mktemp("course"))), url)


def test_changes_of_several_writers_follow_each_other(course: Course) -> None:
    def work(number: int) -> None:
        with Ledger(course, clock=lambda: NOW) as own:
            for turn in range(3):
                own.hand_in("lea", course.milestone("but"), f"{number}-{turn}", NOW, False, f"{number}")

    with Ledger(course):
        pass  # the tables, made once
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    history = milestone_history_frame(course)
    assert list(history["turn"]) == list(range(1, 7))
    with Ledger(course, clock=lambda: NOW) as ledger:
        ledger.extend("lea", "but", DUE, by="R", why="x")
        ledger.record_check("lea", "but", "d", 2, 1, [{"check": "é"}])
        ledger.change("lea", "but", "validated", by="R", why="x")
    frame = milestone_frame(course, NOW)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    row = frame.set_index(["student", "milestone"]).loc[("lea", "but")]
    assert row[["state", "missing", "flags", "due"]].tolist() == ["validated", 2, 1, DUE]


@pytest.mark.parametrize(
    "statement", ["UPDATE coursegrader_milestone_event SET why = 'x'", "DELETE FROM coursegrader_milestone_event"]
)
def test_the_server_itself_keeps_every_row(course: Course, statement: str) -> None:
    with Ledger(course, clock=lambda: NOW) as ledger:
        ledger.change(
            "zoé d'Arc", "presentation", "presented" if "UPDATE" in statement else "needs_work", by="R", why="x"
        )
    engine = sa.create_engine(course.db_url)
    with (
        pytest.raises(sa.exc.DBAPIError, match="rows of coursegrader_milestone_event are only added"),
        engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    engine.dispose()
