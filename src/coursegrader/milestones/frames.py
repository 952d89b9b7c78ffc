"""The milestones as pandas frames, by set-based SQL over the milestones' and nbgrader's tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
import sqlalchemy.exc

from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.messages import text
from coursegrader.milestones.states import OVER, waiting_for
from coursegrader.milestones.tables import CHECK, EVENT, EXTENSION

TIME = "datetime64[us, UTC]"
COLUMNS = {
    "student": "str",
    "milestone": "str",
    "title": "str",
    "position": "int64",
    "assignment": "str",
    "due": TIME,
    "extended": "bool",
    "decide_by": TIME,
    "weight": "float64",
    "state": "str",
    "changed_at": TIME,
    "changed_by": "str",
    "why": "str",
    "submitted_at": TIME,
    "overdue": "bool",
    "decision_overdue": "bool",
    "waiting_for": "str",
    "checked_at": TIME,
    "missing": "Int64",
    "flags": "Int64",
    "next_step": "str",
}
HISTORY = {"number": "int64", "student": "str", "milestone": "str", "turn": "int64", "before": "str", "state": "str"}
HISTORY |= {"by": "str", "why": "str", "at": TIME, "submitted_at": TIME, "digest": "str"}
_STUDENTS = "SELECT id AS student FROM student"


def milestone_frame(course: Course, now: datetime | None = None) -> pd.DataFrame:
    """One row for each student and milestone, in the order of students' ids and of the course's milestones.

    Args:
        course: its milestones and database.
        now: aware; the present time when None. Only `overdue`, `decision_overdue` and `waiting_for` depend on it.

    Returns:
        student, milestone, title, assignment (str; assignment "" for what is not handed in); position (int64, 0 first); due, decide_by,
        changed_at, submitted_at, checked_at (datetime64, UTC, NaT where there is none; `due` is the student's own); extended (bool);
        weight (float64, percent of the project); state (str, one of STATES); changed_by, why (str, "" before the first change);
        overdue (bool: the student's date is past and nothing acceptable is there), decision_overdue (bool: the teacher's is past, and the
        teacher is waited for); waiting_for (str: "student", "teacher" or ""; where nothing is handed in, "" until the date and the teacher
        after it, and it is never the student who is overdue); missing, flags (Int64, <NA> where no precheck ran: what the
        latest precheck missed, and its flags for the teacher); next_step (str, French).

    Raises:
        MachineFault: the database does not answer.

    Example:
        >>> frame = milestone_frame(course)                                # doctest: +SKIP
        >>> frame[frame["overdue"]].groupby("milestone")["student"].count()  # doctest: +SKIP
    """
    moment = pd.Timestamp(now or datetime.now(UTC)).tz_convert("UTC")
    engine = _open(course.db_url)
    try:
        events, extensions, checks = (_newest(engine, table) for table in (EVENT, EXTENSION, CHECK))
        students = _read(engine, sa.text(_STUDENTS), ["student"], "student")
    finally:
        engine.dispose()
    names = pd.concat([students["student"], events["student"], extensions["student"]]).astype("str")
    frame = pd.DataFrame({"student": sorted(names.unique())}, dtype="str").merge(_declared(course), how="cross")
    key = ["student", "milestone"]
    frame = frame.merge(events.rename(columns={"at": "changed_at", "by": "changed_by"}), on=key, how="left")
    frame = frame.merge(extensions[[*key, "due"]].rename(columns={"due": "own_due"}), on=key, how="left")
    frame = frame.merge(_of_assignments(course), on=key, how="left")
    checks = checks[[*key, "at", "missing", "flags"]].rename(columns={"at": "checked_at"})
    frame = frame.merge(checks, on=key, how="left")
    frame["extended"] = frame["own_due"].notna() | frame["assignment_due"].notna()
    for name in ("due", "own_due", "assignment_due", "decide_by", "changed_at", "submitted_at", "checked_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["due"] = frame["own_due"].fillna(frame["assignment_due"]).fillna(frame["due"])
    frame["state"] = frame["state"].fillna("not_started")
    frame["waiting_for"] = [waiting_for(state) for state in frame["state"]]
    past, unmoved = frame["due"] < moment, (frame["state"] == "not_started") & (frame["assignment"] == "")
    frame.loc[unmoved, "waiting_for"] = ""
    frame.loc[unmoved & past, "waiting_for"] = "teacher"  # there is nothing that the student could hand in
    frame["overdue"] = (frame["waiting_for"] == "student") & past
    decided = frame["decide_by"].fillna(frame["due"].where(unmoved))
    frame["decision_overdue"] = (frame["waiting_for"] == "teacher") & (decided < moment)
    frame["next_step"] = [
        _next_step(*row)
        for row in frame[["state", "overdue", "follows", "assignment"]].itertuples(index=False, name=None)
    ]
    for name in ("changed_by", "why"):
        frame[name] = frame[name].fillna("")
    return frame[list(COLUMNS)].astype(COLUMNS)


def milestone_history_frame(course: Course) -> pd.DataFrame:
    """One row for each change, oldest first.

    Returns:
        number, turn (int64; `turn` counts the changes of one student's milestone); student, milestone, before, state, by, why, digest (str;
        digest of the files handed in, "" where there are none); at, submitted_at (datetime64, UTC).

    Raises:
        MachineFault: the database does not answer.
    """
    engine = _open(course.db_url)
    try:
        frame = _read(engine, sa.select(EVENT).order_by(EVENT.c.number), list(HISTORY), EVENT.name)
    finally:
        engine.dispose()
    for name in ("at", "submitted_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame[list(HISTORY)].astype(HISTORY)


def _declared(course: Course) -> pd.DataFrame:
    rows = [
        {
            "milestone": milestone.id,
            "title": milestone.title,
            "position": position,
            "assignment": milestone.assignment,
            "due": milestone.due,
            "decide_by": milestone.decide_by,
            "weight": milestone.weight,
            "follows": milestone.follows,
        }
        for position, milestone in enumerate(course.milestones)
    ]
    columns = ["milestone", "title", "position", "assignment", "due", "decide_by", "weight", "follows"]
    return pd.DataFrame(rows, columns=columns)


def _of_assignments(course: Course) -> pd.DataFrame:
    """Students' own dates of the assignments that milestones are handed in with."""
    rows = [
        (student, milestone.id, due)
        for milestone in course.milestones
        if milestone.assignment
        for student, due in course.assignment(milestone.assignment).extensions.items()
    ]
    frame = pd.DataFrame(rows, columns=["student", "milestone", "assignment_due"])
    return frame.astype({"student": "str", "milestone": "str"})


def _next_step(state: str, overdue: bool, follows: str, assignment: str) -> str:
    if state in OVER:
        return follows if state in ("validated", "presented", "accepted") else ""
    if state == "not_started" and not assignment:
        return text("milestones.next_decision")  # there is nothing that the student could hand in
    return text("milestones.next_overdue") if overdue else text(f"milestones.next_{state}")


def _newest(engine: sa.Engine, table: sa.Table) -> pd.DataFrame:
    """Of each student's milestone the row that was added last."""
    latest = sa.select(sa.func.max(table.c.number)).group_by(table.c.student, table.c.milestone)
    left_out = {"number", "turn", "before", "digest", "findings"}
    columns = [column for column in table.c if column.name not in left_out]
    query = sa.select(*columns).where(table.c.number.in_(latest))
    return _read(engine, query, [column.name for column in columns], table.name)


def _open(db_url: str) -> sa.Engine:
    url = sa.make_url(db_url)
    missing = url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()
    return sa.create_engine("sqlite://" if missing else url)


def _read(engine: sa.Engine, query: sa.Executable, columns: list[str], table: str) -> pd.DataFrame:
    """The query's rows; none where the table is not there yet."""
    try:
        if not sa.inspect(engine).has_table(table):
            return pd.DataFrame(columns=columns)
        with engine.connect() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=columns)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise MachineFault(
            f"the milestones cannot be read: {said}", hint="Is it the course's gradebook, and up to date?"
        ) from error
