"""How long the clock waits on a machine that does not keep up."""

from __future__ import annotations

import os

import pytest

from coursegrader import overload


def test_a_machine_that_keeps_up_gives_no_more_time() -> None:
    assert overload.factor(0.0, 2) == overload.factor(4.0, 2) == 1.0


def test_the_factor_follows_the_load_and_ends() -> None:
    assert overload.factor(8.0, 2) == 2.0
    assert overload.factor(40.0, 20) == 1.0
    assert overload.factor(1e9, 2) == overload.MOST


def test_the_load_is_read_again_after_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = os.cpu_count() or 1
    monkeypatch.setattr(overload, "_read_at", float("-inf"))
    monkeypatch.setattr(overload, "_factor", 1.0)
    monkeypatch.setattr(os, "getloadavg", lambda: (4.0 * cores, 0.0, 0.0))
    assert overload.stretch() == 2.0
    monkeypatch.setattr(os, "getloadavg", lambda: (6.0 * cores, 0.0, 0.0))
    assert overload.stretch() == 2.0  # read a moment ago
    monkeypatch.setattr(overload, "_read_at", overload._read_at - 6.0)
    assert overload.stretch() == 3.0
