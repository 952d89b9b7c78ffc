"""Set-based reading: a query's columns as Arrow arrays, from SQLite or PostgreSQL, with every refusal in words.

Rows go from the driver straight into columns, a chunk at a time: a million grades neither become a million objects that stay nor a table of
Python values.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy
import sqlalchemy.exc
from nbgrader.api import Base

from coursegrader.errors import MachineFault
from coursegrader.gradebook.address import only_ours

CHUNK = 50_000
MEND = "Is it nbgrader's own, and up to date (`nbgrader db upgrade`), whole, and not locked by another program?"
HALF = "It was begun by `coursegrader milestones` before anything was graded: run that once more, and nbgrader's tables are added; nothing is lost."
TEXT, NUMBER, WHOLE, TIME = "text", "number", "whole number", "date"


class Reader:
    """An open connection that only reads.

    Args:
        connection: SQLAlchemy's.
        shown: the address without its password, for messages.
    """

    def __init__(self, connection: sqlalchemy.Connection, shown: str) -> None:
        self._connection = connection
        self._shown = shown

    def columns(self, query: str, kinds: Mapping[str, str], values: Sequence[str] = ()) -> dict[str, pa.ChunkedArray]:
        """A query's result by column.

        Args:
            query: SQL that both SQLite and PostgreSQL understand; `{values}` stands for a list of parameters, and no other brace or % in it.
            kinds: column -> TEXT, NUMBER (float64), WHOLE (int64) or TIME (as the driver gives it), in the query's order.

        Raises:
            MachineFault: the database refuses, or holds a value of another kind, which is named.
        """
        parts: list[list[pa.Array]] = [[] for _ in kinds]
        for rows in self._chunks(query, values):
            for part, (name, kind), values in zip(parts, kinds.items(), zip(*rows, strict=True), strict=True):
                part.append(self._array(name, kind, values))
        types = {TEXT: pa.string(), TIME: pa.string(), NUMBER: pa.float64(), WHOLE: pa.int64()}
        return {
            name: pa.chunked_array(part, type=part[0].type if part else types[kind])
            for (name, kind), part in zip(kinds.items(), parts, strict=True)
        }

    def tables(self) -> set[str]:
        """Names of the tables that are there."""
        return set(sqlalchemy.inspect(self._connection).get_table_names())

    def _chunks(self, query: str, values: Sequence[str]) -> Iterator[Sequence[tuple[Any, ...]]]:
        cursor = self._connection.connection.cursor()
        mark = "?" if self._connection.dialect.name == "sqlite" else "%s"
        try:
            cursor.execute(query.format(values=", ".join(mark for _ in values)), tuple(values))
            with _no_garbage_runs():
                while rows := cursor.fetchmany(CHUNK):
                    yield rows
        finally:
            cursor.close()

    def _array(self, name: str, kind: str, values: Sequence[Any]) -> pa.Array:
        try:
            if kind == TEXT:
                return pa.array(values, pa.string())
            if kind == TIME:
                return pa.array([None if value is None else str(value) for value in values], pa.string())
            return pa.array(values, pa.float64() if kind == NUMBER else pa.int64())
        except (pa.ArrowException, TypeError, ValueError, UnicodeError):
            wanted: tuple[type, ...] = {TEXT: (str,), NUMBER: (int, float), WHOLE: (int,)}[kind]
            odd = [value for value in values if value is not None and not isinstance(value, wanted)]
            what = f"{odd[0]!r}" if odd else "something"
            raise MachineFault(
                f"the gradebook {self._shown} has {what} in the column {name}, which is no {kind}",
                hint="Somebody edited it by hand? Nothing was changed; correct that value (after a copy), then try again.",
            ) from None


@contextmanager
def reader(db_url: str) -> Iterator[Reader]:
    """A connection for reading; an empty gradebook where there is no file yet, which is not created.

    Raises:
        MachineFault: the database does not answer, is not nbgrader's, or of another version.
    """
    shown = shown_address(db_url)
    try:
        url = sqlalchemy.make_url(db_url)
        missing = _missing(url)
        engine = sqlalchemy.create_engine("sqlite://" if missing else url)
        try:
            with engine.connect() as connection:
                if missing:
                    Base.metadata.create_all(connection)
                else:
                    refuse_other_versions(connection, shown)
                yield Reader(connection, shown)
        finally:
            engine.dispose()
    except MachineFault:
        raise
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError, ImportError, sqlite3.Error) as error:
        raise unreadable(shown, error) from error
    except Exception as error:  # psycopg's own errors, without importing it here
        if type(error).__module__.partition(".")[0] == "psycopg":
            raise unreadable(shown, error) from error
        raise


def unreadable(shown: str, error: BaseException) -> MachineFault:
    """What to say when a database does not answer."""
    said = (str(error.__cause__ or error).splitlines() or [type(error).__name__])[0]
    return MachineFault(f"the gradebook {shown} cannot be read: {said}", hint=MEND)


def _missing(url: sqlalchemy.URL) -> bool:
    database = url.database or ""
    return url.get_backend_name() == "sqlite" and not database.startswith("file:") and not Path(database).is_file()


def shown_address(db_url: str) -> str:
    """An address without its password."""
    try:
        return sqlalchemy.make_url(db_url).render_as_string(hide_password=True)
    except sqlalchemy.exc.SQLAlchemyError:
        return "at the address in course_config.py"


def refuse_other_versions(connection: sqlalchemy.Connection, shown: str) -> None:
    """Compare tables and columns with those of the installed nbgrader: another version would give wrong or missing rows."""
    inspector = sqlalchemy.inspect(connection)
    there = set(inspector.get_table_names())
    if not there & set(Base.metadata.tables):
        some = ", ".join(sorted(there)[:5]) or "no table"
        hint = HALF if only_ours(there) else MEND
        raise MachineFault(f"{shown} cannot be read: it is no database of nbgrader's (it holds {some})", hint=hint)
    lacking = [name for name in Base.metadata.tables if name not in there]
    for name in sorted(there & set(Base.metadata.tables)):
        own = {column["name"] for column in inspector.get_columns(name)}
        lacking += [f"{name}.{column.name}" for column in Base.metadata.tables[name].columns if column.name not in own]
    if lacking:
        raise MachineFault(
            f"{shown} cannot be read: it is of another version of nbgrader (it lacks {', '.join(lacking)})",
            hint="Make a copy of it, then run `nbgrader db upgrade` in the course folder.",
        )


@contextmanager
def _no_garbage_runs() -> Iterator[None]:
    """A million short-lived tuples make the collector run again and again for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
