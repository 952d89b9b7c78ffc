"""The address of nbgrader's database: refused where it is another program's, and shown without its password."""

from __future__ import annotations

import sqlalchemy
import sqlalchemy.exc

from coursegrader.errors import MachineFault

OWN = "coursegrader_"


def refuse_foreign(db_url: str, shown: str) -> bool:
    """nbgrader would add its tables to another program's database without a word.

    Returns:
        Whether it holds our own tables alone, and `heal` is to add nbgrader's.
    """
    engine = sqlalchemy.create_engine(db_url)
    try:
        tables = set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if only_ours(tables):
        return True
    if tables and not {"assignment", "base_cell", "grade", "submitted_notebook"} <= tables:
        some = ", ".join(sorted(tables)[:5])
        hint = "Mend db_url in course_config.py; a new file becomes a new gradebook."
        raise MachineFault(f"{shown} is no database of nbgrader's: it holds {some}", hint=hint)
    return False


def only_ours(names: set[str]) -> bool:
    """Whether these tables are a gradebook that was begun and not made."""
    return bool(names) and all(name.startswith(OWN) for name in names)


def without_password(db_url: str) -> str:
    try:
        return sqlalchemy.make_url(db_url).render_as_string(hide_password=True)
    except sqlalchemy.exc.SQLAlchemyError:
        return "at the address in course_config.py"


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
