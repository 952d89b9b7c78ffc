"""Late work, extensions and several attempts through the whole pipeline: what is kept, what counts, what the student reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from coursegrader.store import VerdictStore
from tests.pipeline.small_course import NAME, Class, write_config
from tests.pipeline.test_gradebook_rows import break_machine

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's, of SQLAlchemy

ZURICH = "Europe/Zurich"
LATE = {"percent_per_day": 10, "grace_minutes": 15, "max_days": 3}
WRONG: dict[str, str | None] = {"double": "def double(values):\n    return values"}  # 6 of 7
WORSE: dict[str, str | None] = {"double": None}  # 5 of 7


def store(klass: Class) -> VerdictStore:
    return VerdictStore(klass.root / "verdicts.db")


def history(klass: Class, student: str) -> list[tuple[float | None, str, str]]:
    with store(klass) as books:
        return [(row.score, row.reason, row.note) for row in books.history(student, NAME)]


def attempts(klass: Class, student: str) -> list[tuple[str | None, float | None]]:
    with store(klass) as books:
        found = books.archive.attempts(student, NAME)
    return [(str(one.submitted_at)[:26] if one.submitted_at else None, one.score) for one in found]


# Late work


def test_late_work_costs_a_share_of_each_started_day(klass: Class) -> None:
    write_config(klass.root, policy={"late": LATE}, extensions={"extended": "2026-09-10 12:00"})
    handed_in = {
        "at the deadline": "2026-09-08 23:59:00",
        "in grace": "2026-09-09 00:14:00",
        "after grace": "2026-09-09 00:14:01",
        "second day": "2026-09-10 00:14:01",
        "too late": "2026-09-12 00:14:01",
        "extended": "2026-09-10 12:00:00",
    }
    for student, at in handed_in.items():
        klass.submit(student, f"{at} {ZURICH}", **WRONG)
    klass.grade()
    penalties = {student: klass.standing(student)[1] for student in handed_in}
    assert penalties == {
        "at the deadline": None,
        "in grace": 0.0,
        "after grace": 0.6,
        "second day": 1.2,
        "too late": 6.0,
        "extended": None,
    }
    assert "2 jours entamés" in klass.page("second day")
    assert "20\N{NARROW NO-BREAK SPACE}%" in klass.page("second day") or "20 %" in klass.page("second day")
    assert "aucun point" in klass.page("too late")
    assert "en retard" not in klass.page("at the deadline")
    with Gradebook(klass.course.db_url, "petit") as books:  # formgrader and every nbgrader command see the same
        assert books.find_submission(NAME, "extended").extension.total_seconds() == 36 * 3600 + 60
        assert books.find_submission(NAME, "extended").total_seconds_late == 0
        assert books.find_submission(NAME, "second day").late_submission_penalty == pytest.approx(1.2)


def test_a_day_over_a_change_of_the_clocks_has_25_hours(klass: Class) -> None:
    write_config(klass.root, policy={"late": {"percent_per_day": 10}}, due="2026-10-24 23:59")
    klass.submit("one day", f"2026-10-25 23:59:00 {ZURICH}")
    klass.submit("two days", f"2026-10-25 23:59:01 {ZURICH}")
    klass.grade()
    assert [klass.standing(student)[1] for student in ("one day", "two days")] == [0.7, 1.4]


def test_an_extension_of_the_configuration_comes_and_goes_and_a_teacher_s_own_stays(klass: Class) -> None:
    late = {"late": {"percent_per_day": 10}}
    write_config(klass.root, policy=late, extensions={"a": "2026-09-20 12:00"})
    for student in ("a", "b"):
        klass.submit(student, f"2026-09-10 08:00:00 {ZURICH}")
    klass.grade()
    assert (klass.standing("a")[1], klass.standing("b")[1]) == (None, 1.4)
    with Gradebook(klass.course.db_url, "petit") as books:
        books.grant_extension(NAME, "b", days=3)
    write_config(klass.root, policy=late)
    klass.grade(force=True)
    assert (klass.standing("a")[1], klass.standing("b")[1]) == (1.4, None)
    with Gradebook(klass.course.db_url, "petit") as books:
        assert books.find_submission(NAME, "a").extension is None
        assert books.find_submission(NAME, "b").extension.days == 3


def test_the_deadline_follows_the_configuration_until_a_teacher_sets_another(klass: Class) -> None:
    due = "SELECT substr(duedate, 1, 16) FROM assignment"
    klass.hand_in("a")
    klass.grade()
    assert klass.sql(due) == [("2026-09-08 21:59",)]
    write_config(klass.root, due="2026-09-15 23:59")
    klass.grade()
    assert klass.sql(due) == [("2026-09-15 21:59",)]
    klass.sql("UPDATE assignment SET duedate = '2027-01-01 00:00:00.000000'")
    write_config(klass.root, due="2026-09-16 23:59")
    klass.grade()
    assert klass.sql(due) == [("2027-01-01 00:00",)]


# Attempts


def three_attempts(klass: Class, **policy: Any) -> None:
    """5 points on time, 7 points two days late, 6 points three days late."""
    write_config(klass.root, policy=policy)
    for at, answers in (("08 20", WORSE), ("10 20", {}), ("11 20", WRONG)):
        klass.submit("a", f"2026-09-{at}:00:00 {ZURICH}", **answers)
        klass.grade()


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        ({}, (6.0, None, "2026-09-11 18:00:00")),
        ({"counts": "best"}, (7.0, None, "2026-09-10 18:00:00")),
        ({"late": {"percent_per_day": 10}}, (6.0, 1.8, "2026-09-11 18:00:00")),
        ({"counts": "best", "late": {"percent_per_day": 10}}, (7.0, 1.4, "2026-09-10 18:00:00")),
        ({"counts": "best", "late": {"percent_per_day": 20}}, (5.0, None, "2026-09-08 18:00:00")),  # best after penalty
        ({"attempts": 1}, (5.0, None, "2026-09-08 18:00:00")),
        ({"attempts": 2}, (7.0, None, "2026-09-10 18:00:00")),
        ({"attempts": 2, "counts": "best", "late": {"percent_per_day": 20}}, (5.0, None, "2026-09-08 18:00:00")),
    ],
)
def test_the_attempt_that_counts_is_in_the_gradebook(
    klass: Class, policy: dict[str, Any], counts: tuple[float, float | None, str]
) -> None:
    three_attempts(klass, **policy)
    assert klass.standing("a") == counts
    assert attempts(klass, "a") == [
        ("2026-09-08 18:00:00+00:00", 5.0),
        ("2026-09-10 18:00:00+00:00", 7.0),
        ("2026-09-11 18:00:00+00:00", 6.0),
    ]
    expected = {5.0: None, 7.0: "return [v * 2 for v in values]", 6.0: "return values"}[counts[0]]
    notebook = klass.autograded("a").read_text()  # grades and notebook belong together
    assert (expected or "VOTRE CODE ICI") in notebook
    assert not klass.grade().verdicts  # and all of it is written down
    with store(klass) as books:
        found = books.find(books.standing("a", NAME) or "")
        assert found is not None
        assert found.verdict.score == counts[0]


def test_attempts_over_the_limit_are_kept_and_said_to_the_student_without_their_results(klass: Class) -> None:
    three_attempts(klass, attempts=2, counts="best")
    page = klass.page("a")
    assert "Votre remise n° 3 dépasse le nombre de remises qui comptent (2)" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Multipliez" not in page  # what the third one failed
    with store(klass) as books:
        last = books.archive.attempts("a", NAME)[-1]
        kept = books.archive.submission(last)
    assert kept is not None
    assert b"return values" in (kept.notebook or b"")
    assert kept.digest == last.digest


def test_a_page_about_an_attempt_that_does_not_count_says_which_does(klass: Class) -> None:
    three_attempts(klass, counts="best", attempts=5)
    page = klass.page("a").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "C'est votre remise n° 2, déposée le 10.09.2026 à 20:00, qui compte (7 points" in page.replace(
        "’", "'"
    ).replace("&#39;", "'")
    assert "Multipliez" in page  # feedback is about the last one
    assert history(klass, "a") == [
        (5.0, "first graded", ""),
        (7.0, "new submission", "attempt 2 of 2 counts, 2 days late"),
        (6.0, "new submission", "attempt 3, does not count"),
        (7.0, "another attempt counts", "attempt 2 of 3 counts, 2 days late"),
    ]


def test_two_attempts_in_the_same_second_are_two_and_the_same_bytes_again_are_none(klass: Class) -> None:
    write_config(klass.root, policy={"counts": "best"})
    for microsecond, answers in (("100000", {}), ("900000", WORSE)):
        klass.submit("a", f"2026-09-08 10:00:00.{microsecond} UTC", **answers)
        klass.grade()
    klass.submit("b", "2026-09-08 10:00:00 UTC")
    klass.grade()
    klass.submit("b", "2026-09-08 10:00:00 UTC", **WORSE)  # the very same time, another content: nothing is lost
    klass.grade()
    klass.grade(force=True)
    assert attempts(klass, "a") == [
        ("2026-09-08 10:00:00.100000", 7.0),
        ("2026-09-08 10:00:00.900000", 5.0),
    ]
    assert [score for _, score in attempts(klass, "b")] == [7.0, 5.0]
    assert (klass.standing("a")[0], klass.standing("b")[0]) == (7.0, 7.0)


def test_the_same_bytes_later_are_an_attempt_that_costs_no_grading(klass: Class) -> None:
    write_config(klass.root, policy={"late": {"percent_per_day": 10}})
    klass.submit("a", f"2026-09-08 10:00:00 {ZURICH}")
    klass.grade()
    klass.submit("a", f"2026-09-09 10:00:00 {ZURICH}")
    assert not klass.grade().verdicts
    assert [score for _, score in attempts(klass, "a")] == [7.0, 7.0]
    assert klass.standing("a") == (7.0, 0.7, "2026-09-09 08:00:00")


def test_without_times_each_change_is_an_attempt(klass: Class) -> None:
    for answers in (WORSE, {}, {}, WORSE):
        klass.hand_in("a", **answers)
        klass.grade()
    assert attempts(klass, "a") == [(None, 5.0), (None, 7.0), (None, 5.0)]
    assert klass.standing("a")[0] == 5.0


def test_a_machine_that_fails_uses_up_no_attempt(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(klass.root, policy={"attempts": 1})
    klass.submit("a", "2026-09-01 10:00:00 UTC", **WORSE)
    with monkeypatch.context() as broken:
        break_machine(broken, "a")
        assert klass.grade().faults
    klass.submit("a", "2026-09-02 10:00:00 UTC")
    klass.grade()
    assert klass.standing("a")[0] == 7.0


def test_an_unreadable_attempt_beside_a_good_one(klass: Class) -> None:
    write_config(klass.root, policy={"counts": "best"})
    klass.submit("a", "2026-09-01 10:00:00 UTC")
    klass.grade()
    klass.submit("a", "2026-09-02 10:00:00 UTC", b"{")
    klass.grade()
    assert klass.standing("a")[0] == 7.0
    assert klass.autograded("a").is_file()
    assert "JSON invalide" in klass.page("a")


def test_a_crash_while_writing_an_attempt_that_does_not_count_repeats_it(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(klass.root, policy={"counts": "best"})
    klass.submit("a", "2026-09-01 10:00:00 UTC")
    klass.grade()
    klass.submit("a", "2026-09-02 10:00:00 UTC", **WORSE)
    whole, calls = VerdictStore.record, []

    def record(*arguments: Any, **named: Any) -> None:
        calls.append(named)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(*arguments, **named)

    with monkeypatch.context() as crashing, pytest.raises(KeyboardInterrupt):
        crashing.setattr(VerdictStore, "record", record)
        klass.grade()
    klass.grade()
    assert klass.standing("a")[0] == 7.0
    assert history(klass, "a")[-1][:2] == (7.0, "another attempt counts")
    rows = len(history(klass, "a"))
    klass.grade()
    assert len(history(klass, "a")) == rows


# The other doors


def test_nbgrader_autograde_gives_the_same_penalties_and_the_same_attempt(built_course: Path, tmp_path: Path) -> None:
    policy = {"late": LATE, "counts": "best", "attempts": 3}
    ours, theirs = (Class.copied(built_course, tmp_path / name) for name in ("ours", "theirs"))
    steps = [
        ("a", "2026-09-08 20:00:00", WRONG),
        ("a", "2026-09-10 20:00:00", {}),  # 7 points, two days late
        ("b", "2026-09-09 20:00:00", WORSE),
        ("c", "2026-09-30 20:00:00", {}),
        ("d", "2026-09-09 00:05:00", {}),
        ("e", "2026-09-20 09:00:00", {}),
    ]
    for klass in (ours, theirs):
        write_config(klass.root, policy=policy, extensions={"e": "2026-09-19 12:00"})
    config = theirs.course.nbgrader
    button = NbGraderAPI(
        CourseDirectory(config=config, root=str(theirs.root), course_id="petit", db_url=theirs.course.db_url),
        config=config,
    )
    for student, at, answers in steps:
        for klass in (ours, theirs):
            klass.submit(student, f"{at} {ZURICH}", **answers)
        ours.grade()
        done = button.autograde(NAME, student)
        assert done["success"], done
    for student in "abcde":
        assert theirs.standing(student) == ours.standing(student)
        assert theirs.rows(student) == ours.rows(student)
        assert theirs.page(student) == ours.page(student)
        assert history(theirs, student) == history(ours, student)
        sources = [
            ["".join(cell["source"]) for cell in json.loads(klass.autograded(student).read_text())["cells"]]
            for klass in (ours, theirs)
        ]
        assert sources[0] == sources[1]
    assert [ours.standing(student)[:2] for student in "abcde"] == [
        (6.0, None),
        (5.0, 0.5),
        (7.0, 7.0),
        (7.0, 0.0),
        (7.0, 0.7),
    ]
