"""A course's database from one place to another, SQLite or PostgreSQL, without loss.

nbgrader's tables and those whose names begin with `coursegrader_` are copied in one transaction, then counted and compared row by row by a checksum
before it is committed. A target that holds anything is refused, and a copy that fails leaves it as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import sqlalchemy.exc
from nbgrader.api import Base

from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook.read import refuse_other_versions, shown_address

OWN = "coursegrader_"
STAMP = "alembic_version"  # which version of nbgrader's tables it is
_STREAM = {"yield_per": 5_000}  # rows in memory at a time


@dataclass(frozen=True)
class Copied:
    """One table: how many rows, and their checksum, equal on both sides."""

    table: str
    rows: int
    checksum: str


def copy_database(source: str, target: str) -> list[Copied]:
    """Copy a course's database.

    Args:
        source, target: SQLAlchemy addresses. The target may not be there yet (SQLite), or be empty.

    Returns:
        A line a table.

    Raises:
        CourseFault: source and target are the same, or the target holds something.
        MachineFault: one of the two does not answer, or does not take a value of the other. The target is as it was before.

    Example:
        >>> copy_database("sqlite:///gradebook.db", "postgresql+psycopg:///course")   # doctest: +SKIP
    """
    made = _new_file(target)
    try:
        with _engine(source) as old, _engine(target) as new:
            _refuse_same(old, new)
            with _reading(old, source) as reading, _writing(new) as writing:
                _refuse_full(writing, shown_address(target))
                return _copy(reading, writing)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        _remove(made)
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise MachineFault(
            f"the copy was given up: {said}",
            hint=f"{shown_address(target)} is as it was before. A value that SQLite kept may be too long, or belong to nothing, for PostgreSQL.",
        ) from error
    except BaseException:
        _remove(made)
        raise


def _copy(reading: sa.Connection, writing: sa.Connection) -> list[Copied]:
    tables = _tables(reading)
    for table in tables:
        table.create(writing, checkfirst=True)
    copied = []
    for table in tables:
        query = sa.select(table).order_by(*table.primary_key.columns)
        for part in reading.execute(query, execution_options=_STREAM).partitions():
            writing.execute(table.insert(), [dict(row._mapping) for row in part])
        _reset_sequence(writing, table)
        before, after = _digest(reading, table), _digest(writing, table)
        if before != after:
            raise MachineFault(
                f"{table.name} came out differently: {before[0]} rows there, {after[0]} here, or another content",
                hint="The target is as it was before. Please report this.",
            )
        copied.append(Copied(table.name, *after))
    return copied


def _tables(reading: sa.Connection) -> list[sa.Table]:
    """nbgrader's in the order of their references, then our own, then the version's stamp."""
    there = sa.inspect(reading).get_table_names()
    known = _own_tables()
    wanted = [name for name in there if (name.startswith(OWN) and name not in known) or name == STAMP]
    metadata = sa.MetaData()
    reflected = [
        sa.Table(name, metadata, autoload_with=reading, listeners=[("column_reflect", _generic)])
        for name in sorted(wanted)
    ]
    return [*Base.metadata.sorted_tables, *(known[name] for name in sorted(known) if name in there), *reflected]


def _own_tables() -> dict[str, sa.Table]:
    """Our own tables as they are declared, with their triggers and indexes."""
    try:
        from coursegrader.milestones.tables import METADATA
    except ImportError:
        return {}
    return {table.name: table for table in METADATA.sorted_tables}


def _generic(inspector: Any, table: Any, column: dict[str, Any]) -> None:
    """Types that both databases have; a counter of the one is no default of the other."""
    column["type"] = column["type"].as_generic()
    if "nextval" in str(column.get("default") or ""):
        column["default"] = None


def _digest(connection: sa.Connection, table: sa.Table) -> tuple[int, str]:
    """Number and checksum of the rows, whatever their order: databases sort text differently."""
    count, total = 0, 0
    for row in connection.execute(sa.select(table), execution_options=_STREAM):
        count += 1
        total += int.from_bytes(hashlib.sha256(_canonical(row)).digest(), "big")
    return count, f"{total % 2**256:064x}"


def _canonical(row: Iterable[Any]) -> bytes:
    return json.dumps([_plain(value) for value in row], ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return ["seconds", repr(value.total_seconds())]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _reset_sequence(writing: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL's counters go on after the highest number; SQLite's do so by themselves."""
    counter = table.autoincrement_column
    if writing.dialect.name != "postgresql" or counter is None:
        return
    name = writing.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, counter.name)))
    if name is not None:
        highest = writing.scalar(sa.select(sa.func.max(counter)))
        writing.execute(sa.select(sa.func.setval(name, highest or 1, highest is not None)))


def _refuse_same(old: sa.Engine, new: sa.Engine) -> None:
    one, two = old.url, new.url
    files = one.get_backend_name() == two.get_backend_name() == "sqlite"
    if one == two or (files and Path(one.database or "").resolve() == Path(two.database or "").resolve()):
        raise CourseFault("source and target are the same database", hint="Give another address as the target.")


def _refuse_full(writing: sa.Connection, shown: str) -> None:
    tables = sa.inspect(writing).get_table_names()
    full = [
        name
        for name in tables
        if writing.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first()
    ]
    if full:
        raise CourseFault(
            f"the target {shown} is not empty: {', '.join(full[:5])}",
            hint="Nothing was copied. Give a new database; this one is not overwritten.",
        )
    for name in tables:  # empty ones, of another version perhaps: made anew
        writing.execute(sa.text(f'DROP TABLE "{name}"' + (" CASCADE" if writing.dialect.name == "postgresql" else "")))


@contextmanager
def _engine(address: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(address)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _reading(engine: sa.Engine, address: str) -> Iterator[sa.Connection]:
    """One state of the database for the whole copy, however long it takes."""
    url = engine.url
    if (
        url.get_backend_name() == "sqlite"
        and not Path(url.database or "").is_file()
        and "file:" not in (url.database or "")
    ):
        raise MachineFault(f"there is no {shown_address(address)}", hint="Is the address right? sqlite:///gradebook.db")
    if url.get_backend_name() == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if url.get_backend_name() == "sqlite":
            connection.exec_driver_sql("BEGIN")
        refuse_other_versions(connection, shown_address(address))
        yield connection


@contextmanager
def _writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction, the making of tables included."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


def _new_file(target: str) -> Path | None:
    """The file that a copy would make; to be removed should it fail."""
    try:
        url = sa.make_url(target)
    except sqlalchemy.exc.SQLAlchemyError:
        return None
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return None
    return Path(url.database)


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
