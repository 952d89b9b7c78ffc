"""From nbgrader's submit to nbgrader's fetch_feedback, by a watcher that never forgets and never grades twice."""

from __future__ import annotations

import os
import signal
from multiprocessing import active_children

import pytest

from coursegrader.watch import watcher
from tests.pipeline.small_course import NAME
from tests.watch.exchange import Room
from tests.watch.watching import Live, Watching, histories, once

WRONG = "def double(v):\n    return v"
SLOW = "import time\ntime.sleep(1)\ndef double(values):\n    return [v * 2 for v in values]"
AT_ONCE = {"feedback": "at once"}


def test_a_submission_comes_back_as_a_page_that_nbgrader_fetches(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    with Live(room.root) as live:
        room.submit("lea", double=WRONG)
        graded = live.until("graded", "lea")
        assert graded.data["score"] == 6.0 and graded.data["released"]
        assert "Multipliez chaque nombre par deux." in room.page("lea")
        room.submit("lea")
        assert live.until("graded", "lea", 2).data["score"] == 7.0
        pages = room.fetch("lea")
        assert len(pages) == 2  # each submission has its own
        assert "Multipliez chaque nombre par deux." not in pages[-1].read_text(encoding="utf-8")
        assert room.klass.rows("lea")["double"] == (2.0, None, None, 0)
    assert live.of("stopped")
    assert not list((room.root / "submitted" / ".staging").iterdir())
    folder = room.folder / "petit" / "feedback"
    assert folder.stat().st_mode & 0o777 == 0o711  # nobody can list the names, which are the key


def test_a_lost_state_costs_no_grading(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    room.submit("lea")
    once(room.root)
    assert not [event for event in once(room.root) if event.kind == "graded"]
    for path in room.root.glob("watch.db*"):
        path.unlink()
    assert [event.data["fresh"] for event in once(room.root) if event.kind == "graded"] == [False]
    assert histories(room.root, ["lea"]) == {"lea": 1}


def test_killed_again_and_again_it_loses_nothing_and_grades_nothing_twice(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    students = [f"s{number}" for number in range(6)]
    for student in students:
        room.submit(student)
    for event in ("received", "graded"):
        with Watching(room.root) as watching:
            watching.until(event, count=2)
            watching.process.send_signal(signal.SIGKILL)
            watching.process.wait()
    with Watching(room.root, "--workers", "1") as watching:
        while len(histories(room.root, students)) < len(students) or not all(histories(room.root, students).values()):
            watching.until("graded", count=len(watching.of("graded")) + 1)
        with Watching(room.root, "--once") as second:
            code, said = second.ended()
        assert code == 4 and "another watcher" in said
        code, said = watching.stop()
        assert (code, said) == (0, "")
        assert watching.of("stopped")
    assert histories(room.root, students) == dict.fromkeys(students, 1)
    for student in students:
        assert room.klass.rows(student)["total"][0] == 3.0
        assert "provisoire" in room.page(student)


def test_what_is_still_being_written_is_waited_for(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    whole = room.submit("lea")
    stamp = (whole / "timestamp.txt").read_text()
    (whole / "timestamp.txt").write_text(stamp[:7])
    with Live(room.root, poll=0.2) as live:
        room.submit("noe")
        live.until("graded", "noe")
        assert not live.of("received", "lea")
        (whole / "timestamp.txt").write_text(stamp)
        assert live.until("graded", "lea").data["score"] == 7.0


def test_a_worker_that_is_killed_costs_nobody_a_grade(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    before = set(active_children())
    with Live(room.root) as live:
        (worker,) = set(active_children()) - before
        for student in ("lea", "noe"):
            room.submit(student, double=SLOW)
        live.until("received", count=2)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        live.until("graded", "lea")
        live.until("graded", "noe")
    assert histories(room.root, ["lea", "noe"]) == {"lea": 1, "noe": 1}


def test_the_course_may_change_while_it_watches(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "RELEASE_SECONDS", 0.5)  # it looks for a change as often
    room.configure(policy={"feedback": "by hand"})
    with Live(room.root) as live:
        room.submit("lea")
        assert not live.until("graded", "lea").data["released"]
        assert "sera publié par" in room.page("lea")
        room.configure(policy=AT_ONCE)
        check = "from coursegrader.checks import check, expect\n\n\n@check(points=2, message='Non.')\n"
        check += "def test_all(student):\n    expect.equal(student.double([1.0]), [2.0], what='double')\n"
        check += "    expect.equal(student.double([5.0]), [10.0], what='double')\n"
        (room.root / "grading_tests" / NAME / "test_double.py").write_text(check)
        live.until("released", "lea")
        assert "provisoire" in room.page("lea")
        room.submit("noe", double=WRONG)
        live.until("graded", "noe")
        assert room.klass.rows("noe")["double"][0] == 0.0  # by the checks of today: it had one point before
