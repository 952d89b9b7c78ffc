"""Endless submissions do not hold up a class: who takes long yields, and never has all workers."""

from __future__ import annotations

import pytest

from coursegrader.watch import turns as turns_module
from coursegrader.watch.turns import LEAST, USUAL, Turns
from tests.pipeline.small_course import course_data
from tests.watch.exchange import Room
from tests.watch.watching import Live, histories

LONG = "import time\ntime.sleep(4)\ndef double(values):\n    return [v * 2 for v in values]"


def test_who_takes_long_yields_twice_and_then_has_all_its_time_where_a_worker_can_be_spared() -> None:
    turns = Turns()
    first = turns.patience("loop", "01", room=True)
    turns.yielded("loop", "01")
    second = turns.patience("loop", "01", room=True)
    assert first is not None and second is not None and 0 < first < second
    turns.yielded("loop", "01")
    assert turns.tries("loop") == 2 and turns.tries("another") == 0
    assert turns.patience("loop", "01", room=True) is None
    assert turns.patience("loop", "01", room=False) == 0  # it waits


def test_nobody_yields_to_nobody_unless_it_would_take_the_last_worker() -> None:
    turns = Turns()
    assert turns.patience("alone", "01", room=True, others=False) is None
    bounded = turns.patience("alone", "01", room=False, others=False)
    assert bounded is not None and bounded > 0


def test_what_is_usual_is_learnt_for_each_assignment() -> None:
    turns = Turns()
    unknown = turns.patience("a", "02", room=True)
    for number in range(10):
        turns.took(f"s{number}", "01", 4.0)
        turns.took(f"s{number}", "03", 0.01)
    assert turns.patience("a", "01", room=True) == 4.0 * USUAL
    assert turns.patience("a", "03", room=True) == LEAST  # not the noise of a busy machine
    assert turns.patience("a", "02", room=True) == unknown


def test_where_everybody_takes_long_all_get_more() -> None:
    turns = Turns()
    before = turns.patience("b", "01", room=True)
    turns.yielded("a", "01")
    after = turns.patience("b", "01", room=True)
    assert before is not None and after is not None and after > before


def test_the_quick_are_graded_before_one_that_came_first_and_takes_long(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "FIRST_PATIENCE", 2.0)
    room.configure(policy={"feedback": "at once"}, limits=course_data(cell_seconds=20.0)["limits"])
    students = ["lea", "mia", "noe"]
    room.submit("lea", double=LONG)
    room.submit("mia")
    room.submit("noe")
    with Live(room.root) as live:
        live.until("graded", "lea")
        order = [event.student for event in live.of("graded")]
        assert live.of("yielded", "lea")
    assert order[-1] == "lea"
    assert histories(room.root, students) == dict.fromkeys(students, 1)
    assert room.klass.rows("lea")["total"][0] == room.klass.rows("mia")["total"][0]
