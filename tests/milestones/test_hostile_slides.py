"""Slides that were written to harm: they end in words, within limits of memory and time, and touch nothing of anybody else's."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursegrader.course import Course
from coursegrader.milestones import slides
from tests.milestones import hostile_slides as hostile
from tests.milestones.conftest import said

DAMAGED = "False diapos.pptx : le fichier ne s'ouvre pas"
MEMORY = "False diapos.pptx : le fichier demande trop de mémoire"
OPENED = "True diapos.pptx s'ouvre : 6 diapositives."
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a slide of 3 GB in 3 MB": (hostile.bomb, MEMORY),
    "a slide that just fills the memory": (lambda: hostile.bomb(500), MEMORY),
    "a billion laughs": (hostile.laughs, DAMAGED),
    "a slide that breaks off": (lambda: hostile.deck({hostile.SLIDE: b"<p:sld"}), DAMAGED),
    "no deck": (lambda: hostile.deck({hostile.DECK: b""}), DAMAGED),
    "no types": (lambda: hostile.deck({"[Content_Types].xml": b"<x/>"}), DAMAGED),
    "groups in groups": (hostile.deep, DAMAGED),
    "a slide shown 50,000 times": (hostile.endless, "False diapos.pptx : 10000 diapositives pour dix minutes"),
    "a file of the machine": (lambda: hostile.outside("file:///etc/passwd"), OPENED),
    "parts that lead out": (lambda: hostile.leading_out("/etc/passwd"), OPENED),
}


def peak_kb() -> int:
    """The largest memory of this process since it was last asked for."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return peak


@pytest.mark.parametrize("name", CASES)
def test_hostile_slides_end_in_words(look: Any, course: Course, name: str) -> None:
    make, expected = CASES[name]
    content = make()
    peak_kb()
    before = peak_kb()
    shown = said(look({"diapos.pptx": content}))
    assert peak_kb() - before < 100_000  # kilobytes: what unpacks to gigabytes does not do so here
    assert expected in shown
    assert "Traceback" not in shown and "root:" not in shown and "evil" not in shown
    assert [path.name for path in course.root.rglob("*") if path.is_file()].count("evil.py") == 0
    submitted = {path.name for path in (course.root / "submitted").rglob("*") if path.is_file()}
    assert submitted == {"diapos.pptx"}


def test_slides_that_take_too_long_are_broken_off(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides, "SECONDS", 0.1)  # less than unpacking it takes on any machine
    shown = said(look({"diapos.pptx": hostile.bomb(300)}))
    assert "False diapos.pptx : le fichier demande trop de temps" in shown


def test_nobody_learns_that_slides_were_opened(look: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        for content in (hostile.external(address), hostile.outside(f"{address}/entity")):
            assert OPENED in said(look({"diapos.pptx": content}))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
