"""Every misconception of a catalogue is asserted by a wrong answer of the bank: a name that no answer gets may never be told to a student."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursegrader.bank import load_bank
from coursegrader.course import load_course
from coursegrader.feedback.misconceptions import load_misconceptions

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT, only=[])
# How many entries of each catalogue no answer of the bank asserts yet. A number may only fall.
WITHOUT_AN_ANSWER = {
    "01-compter-generer": 3,
    "02-contexte-plus-long": 10,
    "03-un-neurone": 21,
    "04-plongements": 19,
    "05-entrainer": 12,
    "06-plus-de-couches": 15,
    "08-jetons": 22,
    "10-classement": 11,
}


@pytest.mark.parametrize("name", [assignment.id for assignment in COURSE.assignments if not assignment.written])
def test_misconceptions_without_an_answer_in_the_bank_only_become_fewer(name: str) -> None:
    said = {words for item in load_bank(ROOT / "tests" / "submissions" / name) for words in item.says.values()}
    left = [entry for entry in load_misconceptions(COURSE.misconceptions_file(name)) if entry not in said]
    bound = WITHOUT_AN_ANSWER.get(name, 0)
    assert len(left) <= bound, f"give each new entry a wrong answer that asserts it, among {', '.join(left)}"
    assert len(left) == bound, f"write {len(left)} for {name}: fewer entries are without an answer than {bound}"
