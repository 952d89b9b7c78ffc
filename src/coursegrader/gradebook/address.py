"""The address of nbgrader's database: refused where it is another program's, and shown without its password."""

from __future__ import annotations

import sqlalchemy
import sqlalchemy.exc

from coursegrader.errors import MachineFault


def refuse_foreign(db_url: str, shown: str) -> None:
    """nbgrader would add its tables to another program's database without a word."""
    engine = sqlalchemy.create_engine(db_url)
    try:
        tables = set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and not {"assignment", "base_cell", "grade", "submitted_notebook"} <= tables:
        some = ", ".join(sorted(tables)[:5])
        hint = "Mend db_url in course_config.py; a new file becomes a new gradebook."
        raise MachineFault(f"{shown} is no database of nbgrader's: it holds {some}", hint=hint)


def without_password(db_url: str) -> str:
    try:
        return sqlalchemy.make_url(db_url).render_as_string(hide_password=True)
    except sqlalchemy.exc.SQLAlchemyError:
        return "at the address in course_config.py"


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
