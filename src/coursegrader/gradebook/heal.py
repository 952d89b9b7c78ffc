"""A database that holds our own tables and none of nbgrader's: somebody decided about milestones before anything was graded, with an earlier version."""

from __future__ import annotations

import sqlalchemy
from nbgrader.api import Base, Gradebook, get_alembic_version

from coursegrader.gradebook.address import only_ours
from coursegrader.scripts_path import own_scripts_on_path


def heal(db_url: str, course_id: str) -> bool:
    """Add nbgrader's tables, its course and its version to such a database; the rows that are there stay.

    Returns:
        Whether it was one.
    """
    engine = sqlalchemy.create_engine(db_url)
    try:
        if not only_ours(set(sqlalchemy.inspect(engine).get_table_names())):
            return False
        with own_scripts_on_path():
            version = get_alembic_version()
        with engine.begin() as connection:
            # Gradebook writes its version into an empty database only
            Base.metadata.create_all(connection)
            connection.execute(sqlalchemy.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            insert = sqlalchemy.text("INSERT INTO alembic_version (version_num) VALUES (:version)")
            connection.execute(insert, {"version": version})
    finally:
        engine.dispose()
    with Gradebook(db_url, course_id):
        pass
    return True
