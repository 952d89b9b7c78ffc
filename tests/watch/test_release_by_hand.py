"""nbgrader's own collect and release_feedback around `coursegrader grade`."""

from __future__ import annotations

from tests.watch.exchange import Room


def test_what_was_graded_by_command_is_released_by_nbgrader(room: Room) -> None:
    room.submit("lea", double="def double(v):\n    return v")
    room.teacher("Collect")
    assert room.klass.verdicts()["lea"].score == 6.0
    room.teacher("ReleaseFeedback")
    assert room.page("lea") == room.klass.page("lea")
