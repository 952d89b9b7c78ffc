"""What is said of a cluster's workers: who died with how much, and what is waited for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursegrader import logs
from coursegrader.cluster import roll
from coursegrader.cluster.roll import RollCall

A, B = "tcp://10.0.0.2:40001", "tcp://10.0.0.3:40001"


def gone(worker: str, *tasks: str, expected: bool = False) -> tuple[float, dict[str, object]]:
    return (0.0, {"action": "remove-worker", "worker": worker, "processing-tasks": tasks, "expected": expected})


def test_a_death_is_said_once_and_logged_with_what_it_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_logger", None)
    logs.start(tmp_path / "log")
    said: list[str] = []
    calls = RollCall("tcp://s:8786", said.append, lambda tasks: len(set(tasks) & {"grade-1", "grade-2"}))
    calls.present([A])
    calls.event((0.0, {"action": "add-worker", "worker": B}))
    calls.event((0.0, "a line of somebody else's"))
    assert not said
    calls.event(gone(A, "grade-1", "grade-2", "another-client's"))
    calls.event(gone(B, expected=True))
    assert said == [
        f"worker {A} is gone (it died or was stopped); submissions it had, graded again by others: 2; workers left: 1",
        f"worker {B} left; no worker is left: waiting for one",
    ]
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["area"], line["event"], line["worker"], line["submissions"], line["left"]) for line in lines] == [
        ("cluster", "worker gone", A, 2, 1),
        ("cluster", "worker gone", B, 0, 0),
    ]


def test_what_is_waited_for_is_said_once_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(roll.time, "monotonic", lambda: now[0])
    said: list[str] = []
    calls = RollCall("tcp://s:8786", said.append, len)
    for second in range(10):
        now[0] = 100.0 + second
        calls.waiting([] if second < 6 else [A], 180)
        assert len(said) == (second >= 3) + (second >= 6)
    assert said == [
        "tcp://s:8786 has no worker: waiting for one, 180 s at most",
        "the workers of tcp://s:8786 (1) prepare the course: waiting for the first, 180 s at most",
    ]
