"""States and transitions; who changed what, when and why is kept, whatever happens."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from nbgrader.api import Gradebook

from coursegrader.course import Course
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook import GradebookWriter, student_frame
from coursegrader.milestones import STATES, Ledger, allowed, milestone_frame, milestone_history_frame
from coursegrader.milestones.frames import COLUMNS, HISTORY
from coursegrader.milestones.states import ENDS, OVER, TRANSITIONS
from coursegrader.milestones.tables import METADATA
from coursegrader.milestones.texts import class_text, student_text
from tests.milestones.conftest import DUE, NOW, project_course

TEACHER = {"by": "M. Rochat", "why": "vu ensemble"}


def row(course: Course, student: str, milestone: str, now: datetime = NOW) -> pd.Series:
    frame = milestone_frame(course, now).set_index(["student", "milestone"])
    return frame.loc[(student, milestone)]


def test_every_state_can_be_reached_and_left(course: Course) -> None:
    for milestone in course.milestones:
        reached, edge = {"not_started"}, ["not_started"]
        while edge:
            following = set(allowed(milestone, edge.pop())) - reached
            reached |= following
            edge += following
        assert reached == set(STATES) - (OVER - {"excused"} - ENDS[milestone.outcome])
    assert set(TRANSITIONS) == set(STATES)
    assert all(allowed(course.milestones[0], state) for state in STATES)


def test_only_the_steps_of_the_table_are_taken(course: Course, ledger: Ledger) -> None:
    """Each state is reached by allowed steps, on the milestone that can end so; then every step is tried, by a student each."""
    expected = {}
    for before, after in itertools.product(STATES, STATES):
        milestone = next(m for m in course.milestones if before not in OVER - {"excused"} or before in ENDS[m.outcome])
        student = f"{before} {after}"
        if before != "not_started":
            ledger.change(student, milestone.id, before, **TEACHER)
        if after in allowed(milestone, before):
            assert ledger.change(student, milestone.id, after, **TEACHER).before == before
        else:
            with pytest.raises(CourseFault, match=f"cannot become {after}") as caught:
                ledger.change(student, milestone.id, after, **TEACHER)
            assert "Possible: " in str(caught.value)
        if before != "not_started" or after in allowed(milestone, before):
            expected[student, milestone.id] = after if after in allowed(milestone, before) else before
    found = milestone_frame(course, NOW).set_index(["student", "milestone"])["state"]
    assert {key: found[key] for key in expected} == expected


def test_who_changed_what_when_and_why_is_kept(course: Course, ledger: Ledger) -> None:
    ledger.hand_in("lea", course.milestone("but"), "d1", NOW - timedelta(hours=1), False, "remis")
    ledger.change("lea", "but", "needs_work", by="M. Rochat", why="La mesure\n manque.")
    ledger.change("lea", "but", "validated", by="A. Diallo", why="Mesure ajoutée.")
    history = milestone_history_frame(course)
    assert list(history["state"]) == ["submitted", "needs_work", "validated"]
    assert list(history["before"]) == ["not_started", "submitted", "needs_work"]
    assert list(history["by"]) == ["nbgrader", "M. Rochat", "A. Diallo"]
    assert list(history["why"]) == ["remis", "La mesure manque.", "Mesure ajoutée."]
    assert (history["at"] == pd.Timestamp(NOW)).all()
    assert (history["submitted_at"] == pd.Timestamp(NOW - timedelta(hours=1))).all()
    assert {name: str(kind) for name, kind in history.dtypes.items()} == HISTORY


@pytest.mark.parametrize("statement", ["UPDATE {} SET why = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["event", "extension"])
def test_the_database_itself_keeps_every_row(course: Course, ledger: Ledger, table: str, statement: str) -> None:
    ledger.change("lea", "but", "validated", **TEACHER)
    ledger.extend("lea", "but", DUE, **TEACHER)
    database = sqlite3.connect(course.root / "gradebook.db")
    with pytest.raises(sqlite3.IntegrityError, match="only added"), database:
        database.execute(statement.format(f"coursegrader_milestone_{table}"))
    database.close()
    assert len(milestone_history_frame(course)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lea", "butt", "validated"), 'Did you mean "but"?'),
        (("lea", "but", "valid"), "States: not_started"),
        (("", "but", "validated"), "is no name"),
        (("a\x1b[2J", "but", "validated"), "is no name"),
        (("x" * 200, "but", "validated"), "is no name"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    course: Course, ledger: Ledger, arguments: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(CourseFault) as caught:
        ledger.change(*arguments, **TEACHER)
    assert message in str(caught.value)
    assert milestone_history_frame(course).empty


@pytest.mark.parametrize(("by", "why", "message"), [("", "x", "is no name"), ("x", " \n ", "Say why")])
def test_a_change_has_a_name_and_a_reason(ledger: Ledger, by: str, why: str, message: str) -> None:
    with pytest.raises(CourseFault, match=message):
        ledger.change("lea", "but", "validated", by=by, why=why)


def test_a_hand_in_is_noted_once_and_never_undoes_a_decision(course: Course, ledger: Ledger) -> None:
    but = course.milestone("but")
    assert ledger.hand_in("lea", but, "d1", NOW, False, "remis") is not None
    assert ledger.hand_in("lea", but, "d1", NOW, False, "remis") is None
    ledger.change("lea", "but", "needs_work", **TEACHER)
    assert ledger.hand_in("lea", but, "d1", NOW, False, "remis") is None
    again = ledger.hand_in("lea", but, "d2", NOW, True, "remis")
    assert again is not None and (again.before, again.state) == ("needs_work", "late")
    ledger.change("lea", "but", "validated", **TEACHER)
    assert ledger.hand_in("lea", but, "d3", NOW, False, "remis") is None
    assert row(course, "lea", "but")["state"] == "validated"


def test_a_precheck_validates_what_is_in_time_and_untouched_by_people(course: Course, ledger: Ledger) -> None:
    but, why = course.milestone("but"), "Rien ne manque."
    assert ledger.validate("lea", but, "d1", why) is None  # nothing is handed in
    ledger.hand_in("lea", but, "d1", NOW, False, "remis")
    assert ledger.validate("lea", but, "d0", why) is None  # other files were looked at
    assert ledger.validate("lea", replace(but, decides="teacher"), "d1", why) is None
    done = ledger.validate("lea", but, "d1", why)
    assert done is not None and (done.state, done.by, done.why, done.digest) == ("validated", "automatic", why, "d1")
    assert ledger.validate("lea", but, "d1", why) is None
    ledger.hand_in("late", but, "d1", NOW, True, "remis")
    assert ledger.validate("late", but, "d1", why) is None
    ledger.change("lea", "but", "needs_work", **TEACHER)  # a teacher takes it up, and keeps it
    ledger.hand_in("lea", but, "d2", NOW, False, "remis")
    assert ledger.validate("lea", but, "d2", why) is None
    assert list(milestone_history_frame(course)["by"]) == ["nbgrader", "automatic", "nbgrader", "M. Rochat", "nbgrader"]
    for program in ("automatic", "nbgrader"):
        with pytest.raises(CourseFault, match="stands for a program"):
            ledger.change("lea", "but", "validated", by=program, why=why)


def test_without_a_time_nothing_that_is_first_seen_after_the_date_is_validated(course: Course) -> None:
    """timestamp.txt lies among the student's files: leaving it away must not make a hand-in one that came in time."""
    but = course.milestone("but")
    for student, clock, expected in (("early", NOW, True), ("after", DUE + timedelta(hours=1), False)):
        with Ledger(course, lambda clock=clock: clock) as ledger:  # type: ignore[misc]
            assert ledger.hand_in(student, but, "d1", None, False, "remis") is not None
        with Ledger(course) as ledger:
            assert (ledger.validate(student, but, "d1", "Rien ne manque.") is not None) == expected, student
            assert ledger.change(student, "but", "needs_work", **TEACHER).state == "needs_work"


def test_each_student_may_have_another_date(course: Course, ledger: Ledger) -> None:
    later = DUE + timedelta(days=7)
    ledger.extend("lea", "but", later + timedelta(days=1), **TEACHER)
    ledger.extend("lea", "but", later, **TEACHER)
    assert ledger.due("lea", course.milestone("but")) == later
    assert ledger.due("zoé d'Arc", course.milestone("but")) == DUE
    between = DUE + timedelta(days=1)
    assert row(course, "lea", "but", between)[["due", "extended", "overdue"]].tolist() == [later, True, False]
    assert row(course, "zoé d'Arc", "but", between)[["due", "extended", "overdue"]].tolist() == [DUE, False, True]


def test_the_extension_of_an_assignment_counts_for_its_milestone(course: Course) -> None:
    later = DUE + timedelta(days=3)
    (assignment,) = course.assignments
    course = replace(course, assignments=(replace(assignment, extensions={"lea": later}),))
    assert row(course, "lea", "but")[["due", "extended"]].tolist() == [later, True]
    with Ledger(course) as ledger:
        assert ledger.due("lea", course.milestone("but")) == later
        ledger.extend("lea", "but", later + timedelta(days=1), **TEACHER)
    assert row(course, "lea", "but")["due"] == later + timedelta(days=1)


def test_overdue_and_the_next_step_are_visible(course: Course, ledger: Ledger) -> None:
    after = DUE + timedelta(days=10)
    assert row(course, "lea", "but")["next_step"] == "À remettre."
    assert "date est passée" in row(course, "lea", "but", after)["next_step"]
    for moment in (NOW, DUE + timedelta(days=300)):  # there is nothing that a student could hand in for it
        assert row(course, "lea", "decision", moment)["next_step"].startswith("Rien à remettre ici")
    ledger.hand_in("lea", course.milestone("but"), "d1", NOW, False, "remis")
    found = row(course, "lea", "but", after)
    assert (found["overdue"], found["decision_overdue"], found["waiting_for"]) == (False, True, "teacher")
    ledger.change("lea", "but", "needs_work", **TEACHER)
    found = row(course, "lea", "but", after)
    assert (found["overdue"], found["decision_overdue"], found["waiting_for"]) == (True, False, "student")
    ledger.change("lea", "but", "validated", **TEACHER)
    found = row(course, "lea", "but", after)
    assert (found["overdue"], found["waiting_for"]) == (False, "")
    assert found["next_step"] == "Travaillez à votre projet."


def test_what_has_no_hand_in_is_never_the_student_s_lateness(course: Course, ledger: Ledger) -> None:
    ledger.change("lea", "decision", "accepted", **TEACHER)
    columns = ["state", "overdue", "decision_overdue", "waiting_for"]
    assert row(course, "zoé d'Arc", "decision")[columns].tolist() == ["not_started", False, False, ""]
    after = datetime(2027, 5, 1, tzinfo=UTC)
    assert row(course, "zoé d'Arc", "decision", after)[columns].tolist() == ["not_started", False, True, "teacher"]
    assert row(course, "lea", "decision", after)[columns].tolist() == ["accepted", False, False, ""]
    text = class_text(course, milestone_frame(course, after))
    assert text.splitlines()[3].split()[-1] == "DECIDE" and "not_started OVERDUE" in text  # that of `but`
    assert "2 overdue; 0 wait for a decision, 0 of them past its date." in text
    assert "3 without a hand-in are past their date" in text
    zoe = milestone_frame(course, after).query("student != 'lea'")
    assert "decision       DECIDE" in student_text(course, zoe)


def test_the_frame_has_a_row_for_everybody_and_the_documented_columns(course: Course, ledger: Ledger) -> None:
    ledger.change("only here", "but", "excused", **TEACHER)
    frame = milestone_frame(course, NOW)
    assert frame["student"].nunique() == 3 and len(frame) == 9
    assert list(frame["milestone"][:3]) == ["but", "presentation", "decision"]
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    for table in (milestone_frame, milestone_history_frame):
        assert table.__doc__ and all(name in table.__doc__ for name in table(course).columns)


def test_frames_of_a_course_without_a_gradebook_are_empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.milestones.conftest import project_course

    course = project_course(tmp_path_factory.mktemp("new"))
    frame, history = milestone_frame(course), milestone_history_frame(course)
    assert frame.empty and history.empty
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    assert not (course.root / "gradebook.db").exists()


def test_the_first_command_of_a_course_may_be_that_of_milestones(tmp_path: Path) -> None:
    """Before anything is graded there is no database; what is made then is nbgrader's, and other commands read it."""
    course = project_course(tmp_path)
    with Ledger(course) as ledger:
        ledger.change("lea", "but", "excused", **TEACHER)
    with Gradebook(course.db_url, course.id) as gradebook:
        gradebook.add_student("lea")
        assert gradebook.db.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 1
    assert student_frame(course)["student"].tolist() == ["lea"]


@pytest.mark.parametrize("healed_by", ["milestones", "grading"])
def test_a_database_of_our_tables_alone_becomes_a_gradebook(tmp_path: Path, healed_by: str) -> None:
    """As an earlier version left it whose first command was `milestones set`."""
    course = project_course(tmp_path)
    engine = sa.create_engine(course.db_url)
    METADATA.create_all(engine)
    engine.dispose()
    with pytest.raises(MachineFault) as caught:
        student_frame(course)
    assert "`coursegrader milestones`" in str(caught.value) and "upgrade" not in str(caught.value)
    with Ledger(course) if healed_by == "milestones" else GradebookWriter(course.db_url, course.id):
        pass
    with Ledger(course) as ledger:
        ledger.change("lea", "but", "excused", **TEACHER)
    with Gradebook(course.db_url, course.id) as gradebook:
        gradebook.add_student("lea")
        head = gradebook.db.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    assert len(head) == 1 and len(head[0]) == 12
    assert student_frame(course)["student"].tolist() == ["lea"] and len(milestone_history_frame(course)) == 1


def test_two_teachers_at_the_same_time_give_a_row_each(course: Course, ledger: Ledger) -> None:
    """Twenty changes from four threads with a connection each: all there, each starting where the one before ended."""

    def work(number: int) -> None:
        with Ledger(course) as own:
            for turn in range(5):
                own.hand_in("lea", course.milestone("but"), f"{number}-{turn}", NOW, False, f"{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    history = milestone_history_frame(course)
    assert list(history["turn"]) == list(range(1, 21))
    assert list(history["before"][1:]) == list(history["state"][:-1])
    assert sorted(history["digest"]) == sorted(f"{number}-{turn}" for number in range(4) for turn in range(5))


def test_a_decision_on_an_old_state_is_refused(ledger: Ledger) -> None:
    ledger.change("lea", "but", "needs_work", by="A. Diallo", why="mesure")
    with pytest.raises(CourseFault, match=r"needs_work now by A. Diallo, not not_started"):
        ledger.change("lea", "but", "validated", expected="not_started", **TEACHER)


def _die_before_the_commit(course: Course) -> None:
    with Ledger(course) as own:
        commit = own._engine.dialect.do_commit
        own._engine.dialect.do_commit = lambda connection: os._exit(3) or commit(connection)
        own.change("lea", "but", "validated", **TEACHER)


def test_a_crash_leaves_a_change_unwritten_and_the_next_one_possible(course: Course, ledger: Ledger) -> None:
    ledger.change("lea", "but", "needs_work", **TEACHER)
    process = multiprocessing.get_context("fork").Process(target=_die_before_the_commit, args=(course,))
    process.start()
    process.join(60)
    assert process.exitcode == 3
    assert list(milestone_history_frame(course)["state"]) == ["needs_work"]
    assert ledger.change("lea", "but", "validated", **TEACHER).turn == 2


def test_a_database_that_does_not_answer_is_said_in_words(course: Course) -> None:
    (course.root / "gradebook.db").write_bytes(b"no database at all, but long enough to look at" * 30)
    with pytest.raises(MachineFault, match="cannot be used"):
        Ledger(course)
    with pytest.raises(MachineFault, match="cannot be read"):
        milestone_frame(course)


def test_times_are_utc(course: Course, ledger: Ledger) -> None:
    assert row(course, "lea", "but")["due"] == pd.Timestamp("2027-01-25 22:59", tz=UTC)
