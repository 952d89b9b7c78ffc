"""Who changed which milestone, when and why: the one writer of the milestones' tables.

Every change is one row in one transaction. A crash leaves it written or not written, and two teachers at the same time give two rows,
the second of them judged against the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.exc

from coursegrader.course import Course, Milestone
from coursegrader.errors import MachineFault, WrongUsage
from coursegrader.milestones.states import STATES, allowed, taken_by_hand_in
from coursegrader.milestones.tables import CHECK, EVENT, EXTENSION, METADATA

LOCKED_SECONDS = 30
TRIES = 8
LONGEST_WHY = 2000
LONGEST_NAME = 128
NBGRADER, AUTOMATIC = "nbgrader", "automatic"  # who changes a state without being a person
T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One change: state before and after, by whom, why, when (UTC), and the hand-in it belongs to."""

    student: str
    milestone: str
    turn: int
    before: str
    state: str
    by: str
    why: str
    at: datetime
    submitted_at: datetime | None = None
    digest: str = ""


class Refused(WrongUsage):
    """Somebody asked for what cannot be: an unknown state, a step that is not allowed, no name, no reason."""


class Ledger:
    """The milestones of a course's students.

    Args:
        course: its milestones and database.
        clock: gives the present time; tests put another.

    Raises:
        MachineFault: the database does not answer or does not take it.

    Example:
        >>> with Ledger(course) as ledger:                                  # doctest: +SKIP
        ...     ledger.change("lea", "but", "validated", by="M. Rochat", why="But clair et mesurable.")
    """

    def __init__(self, course: Course, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._course, self._clock = course, clock
        self._shown = sa.make_url(course.db_url).render_as_string(hide_password=True)
        with self._explained():
            self._engine = _engine(course.db_url)
            _make_gradebook(self._engine, course)
            with self._engine.begin() as connection:
                METADATA.create_all(connection)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
            said = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise MachineFault(
                f"the milestones in {self._shown} cannot be used: {said}",
                hint="Is it the course's gradebook, not locked by another program, and ours to write? Nothing was changed.",
            ) from error

    def last(self, student: str, milestone: str) -> Event | None:
        """The latest change; None when nothing has happened yet."""
        with self._explained(), self._engine.begin() as connection:
            return _last(connection, student, milestone)

    def change(
        self, student: str, milestone: str, state: str, *, by: str, why: str, expected: str | None = None
    ) -> Event:
        """A teacher's decision.

        Args:
            state: one of STATES that may follow the present one.
            by, why: who decided and the reason; both are kept for good.
            expected: the state that the decision was taken on; refused when somebody has changed it since.

        Raises:
            Refused: a step that is not allowed, no such state, or no name or reason.
            WrongUsage: no such milestone.
            MachineFault: the database did not take it; nothing was changed.
        """
        declared = self._course.milestone(milestone)
        if state not in STATES:
            raise Refused(f"{state!r} is no state.", hint=f"States: {', '.join(STATES)}.")
        student, by, why = _person(student, "student"), _person(by, "--by"), _reason(why)
        if by in (NBGRADER, AUTOMATIC):
            raise Refused(f'"{by}" stands for a program.', hint="Write the name of the person who decides.")

        def row(before: Event | None, _: sa.Connection) -> dict[str, Any]:
            now = before.state if before else "not_started"
            if expected is not None and now != expected:
                who = f" by {before.by}" if before else ""
                raise Refused(f"{student}, {milestone}: it is {now} now{who}, not {expected}.", hint="Look again.")
            _refuse_forbidden(declared, student, now, state)
            kept = {"submitted_at": before.submitted_at, "digest": before.digest} if before else {}
            return {"state": state, "by": by, "why": why, **kept}

        event = self._append(student, declared, row)
        assert event is not None
        return event

    def hand_in(
        self, student: str, milestone: Milestone, digest: str, submitted_at: datetime | None, late: bool, why: str
    ) -> Event | None:
        """Note what was handed in; None when it is known already or the milestone is decided.

        Args:
            digest: of its files: the same ones are noted once.
            submitted_at: aware; None when nobody knows.
        """

        def row(before: Event | None, _: sa.Connection) -> dict[str, Any] | None:
            known = before is not None and before.digest == digest
            if known or not taken_by_hand_in(before.state if before else "not_started"):
                return None
            at = _naive(submitted_at) if submitted_at else None
            state = "late" if late else "submitted"
            return {"state": state, "by": NBGRADER, "why": why, "submitted_at": at, "digest": digest}

        return self._append(student, milestone, row)

    def validate(self, student: str, milestone: Milestone, digest: str, why: str) -> Event | None:
        """Validate, without a person, a hand-in in time that lacks nothing.

        Args:
            digest: of the files that were looked at: those of a newer hand-in were not.

        Returns:
            The change; None where the milestone is not decided so, another hand-in is there by now, it came late, it has no time and was
            first seen after the date, or a person has ever decided about it: what a teacher has taken up stays with the teacher.
        """
        people = sa.select(EVENT.c.number).where(
            EVENT.c.student == student, EVENT.c.milestone == milestone.id, EVENT.c.by.not_in((NBGRADER, AUTOMATIC))
        )

        due = _naive(self.due(student, milestone))

        def row(before: Event | None, connection: sa.Connection) -> dict[str, Any] | None:
            waits = before is not None and before.state == "submitted" and before.digest == digest
            if not waits or connection.execute(people.limit(1)).first() is not None:
                return None
            assert before is not None
            if before.submitted_at is None and before.at.replace(tzinfo=None) > due:
                return None  # nobody knows when it came, and it was not there in time
            kept = {"submitted_at": before.submitted_at, "digest": before.digest}
            return {"state": "validated", "by": AUTOMATIC, "why": why, **kept}

        return self._append(student, milestone, row) if milestone.decides == "precheck" else None

    def extend(self, student: str, milestone: str, due: datetime, *, by: str, why: str) -> None:
        """Give a student another date, earlier or later; the newest one counts.

        Raises:
            WrongUsage: unknown milestone.
            Refused: no name or reason.
        """
        self._course.milestone(milestone)
        row = {"student": _person(student, "student"), "milestone": milestone, "due": _naive(due)}
        row |= {"by": _person(by, "--by"), "why": _reason(why), "at": _naive(self._clock())}
        with self._explained(), self._engine.begin() as connection:
            connection.execute(sa.insert(EXTENSION).values(**row))

    def due(self, student: str, milestone: Milestone) -> datetime:
        """The student's own date: the newest extension, else that of the assignment it is handed in with, else the course's."""
        query = sa.select(EXTENSION.c.due).where(EXTENSION.c.student == student, EXTENSION.c.milestone == milestone.id)
        with self._explained(), self._engine.begin() as connection:
            found = connection.execute(query.order_by(EXTENSION.c.number.desc()).limit(1)).scalar()
        if found is not None:
            own: datetime = found.replace(tzinfo=UTC)
            return own
        return self._course.due_for(student, milestone.assignment) if milestone.assignment else milestone.due

    def record_check(
        self, student: str, milestone: str, digest: str, missing: int, flags: int, findings: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what a precheck found; `findings` are plain data."""
        row = {"student": student, "milestone": milestone, "at": _naive(self._clock()), "digest": digest}
        row |= {"missing": missing, "flags": flags, "findings": json.dumps(list(findings), ensure_ascii=False)}
        with self._explained(), self._engine.begin() as connection:
            connection.execute(sa.insert(CHECK).values(**row))

    def flags(self, student: str) -> dict[str, list[str]]:
        """milestone -> what the latest precheck of each of a student's hand-ins flags for the teacher, in French; those without a flag are left out."""
        latest = sa.select(sa.func.max(CHECK.c.number)).where(CHECK.c.student == student).group_by(CHECK.c.milestone)
        query = sa.select(CHECK.c.milestone, CHECK.c.findings).where(CHECK.c.number.in_(latest), CHECK.c.flags > 0)
        with self._explained(), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(CHECK.c.number)).fetchall()
        return {name: [one["said"] for one in json.loads(findings) if one["flag"]] for name, findings in rows}

    def _append(
        self, student: str, milestone: Milestone, row: Callable[[Event | None, sa.Connection], dict[str, Any] | None]
    ) -> Event | None:
        """Add the row that `row` makes of the latest one; again from the new latest one where somebody else was faster."""

        def once(connection: sa.Connection) -> Event | None:
            before = _last(connection, student, milestone.id)
            made = row(before, connection)
            if made is None:
                return None
            whole: dict[str, Any] = {
                "student": student,
                "milestone": milestone.id,
                "turn": before.turn + 1 if before else 1,
            }
            whole |= {"before": before.state if before else "not_started", "at": _naive(self._clock()), **made}
            connection.execute(sa.insert(EVENT).values(**whole))
            return Event(**whole)

        with self._explained():
            return self._again(once)

    def _again(self, action: Callable[[sa.Connection], T]) -> T:
        for attempt in range(TRIES):
            try:
                with self._engine.begin() as connection:
                    return action(connection)
            except sqlalchemy.exc.IntegrityError:  # the turn is taken: somebody wrote between our look and our row
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")


def _make_gradebook(engine: sa.Engine, course: Course) -> None:
    """A database that is not there yet becomes nbgrader's own first: with our tables alone it would be no gradebook, and nbgrader could not upgrade it."""
    names = set(sa.inspect(engine).get_table_names())
    if names:
        if all(name in METADATA.tables for name in names):  # an earlier version made those alone
            from coursegrader.gradebook.heal import heal

            heal(course.db_url, course.id)
        return
    from nbgrader.api import Gradebook

    from coursegrader.scripts_path import own_scripts_on_path

    with own_scripts_on_path(), Gradebook(course.db_url, course.id):
        pass


def _engine(db_url: str) -> sa.Engine:
    """An engine whose SQLite transactions take the write lock at their start: what was read stays true until it is written."""
    if sa.make_url(db_url).get_backend_name() != "sqlite":
        return sa.create_engine(db_url, pool_pre_ping=True)
    engine = sa.create_engine(db_url, connect_args={"timeout": LOCKED_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late

    @sa.event.listens_for(engine, "begin")
    def began(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _last(connection: sa.Connection, student: str, milestone: str) -> Event | None:
    columns = [column for column in EVENT.c if column.name != "number"]
    query = sa.select(*columns).where(EVENT.c.student == student, EVENT.c.milestone == milestone)
    found = connection.execute(query.order_by(EVENT.c.turn.desc()).limit(1)).one_or_none()
    return Event(**found._mapping) if found is not None else None


def _refuse_forbidden(milestone: Milestone, student: str, now: str, state: str) -> None:
    possible = allowed(milestone, now)
    if state not in possible:
        what = f"{student}, {milestone.id}: it is {now} and cannot become {state}."
        raise Refused(what, hint=f"Possible: {', '.join(possible)}.")


def _person(name: str, what: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"{what}: {name[:40]!r} is no name.", hint=f"Write up to {LONGEST_NAME} printable characters.")
    return name


def _reason(why: str) -> str:
    why = " ".join(why.split())
    if not why:
        raise Refused("There is no reason.", hint='Say why, for example --why "But clair et mesurable."')
    return why[:LONGEST_WHY]


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
