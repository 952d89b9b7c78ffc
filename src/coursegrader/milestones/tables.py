"""The milestones' tables in nbgrader's own database: rows are added, never changed and never removed.

The database itself refuses an update or a delete (triggers), so that who changed what, when and why cannot get lost by a mistake of a
program. Times are UTC without a zone, as nbgrader's own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()

EVENT = sa.Table(
    "coursegrader_milestone_event",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("milestone", sa.String(64), nullable=False),
    # 1, 2, 3 ... for each student and milestone: two writers that start from the same state cannot both go on from it
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("before", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("submitted_at", sa.DateTime),
    sa.Column("digest", sa.String(64), nullable=False, default=""),
    sa.UniqueConstraint("student", "milestone", "turn", name="coursegrader_milestone_event_turn"),
)

EXTENSION = sa.Table(
    "coursegrader_milestone_extension",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("milestone", sa.String(64), nullable=False),
    sa.Column("due", sa.DateTime, nullable=False),
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)

CHECK = sa.Table(
    "coursegrader_milestone_check",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("milestone", sa.String(64), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
    sa.Column("flags", sa.Integer, nullable=False),
    sa.Column("findings", sa.Text, nullable=False),  # JSON
)

_POSTGRES_GUARD = """
CREATE OR REPLACE FUNCTION coursegrader_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'rows of %% are only added', TG_TABLE_NAME; END; $$ LANGUAGE plpgsql
"""


def _ddl(text: str) -> Any:
    return sa.DDL(text)  # type: ignore[no-untyped-call]


def _guard(table: sa.Table) -> None:
    name = table.name
    for doing in ("UPDATE", "DELETE"):
        trigger = _ddl(
            f"CREATE TRIGGER {name}_no_{doing.lower()} BEFORE {doing} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are only added'); END"
        )
        sa.event.listen(table, "after_create", trigger.execute_if(dialect="sqlite"))
    sa.event.listen(table, "after_create", _ddl(_POSTGRES_GUARD).execute_if(dialect="postgresql"))
    trigger = _ddl(
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION coursegrader_append_only()"
    )
    sa.event.listen(table, "after_create", trigger.execute_if(dialect="postgresql"))


for _table in (EVENT, EXTENSION, CHECK):
    sa.Index(f"{_table.name}_of_student", _table.c.student, _table.c.milestone)
    _guard(_table)
