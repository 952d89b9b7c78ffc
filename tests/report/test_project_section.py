"""Milestones in the report: a line a person in a small class, counts in a large one, the student's own on their page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from benchmarks.gradebook_class import Size, make_class
from coursegrader.milestones.ledger import Ledger
from coursegrader.report import write_report

NOW = datetime(2026, 10, 20, tzinfo=UTC)  # the first milestone is due on 5 October, the second on 2 November


@pytest.mark.parametrize("students", [12, 60])
def test_states_dates_and_what_is_overdue(students: int, tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(students, 2, 2, milestones=2))
    with Ledger(made.course, clock=lambda: datetime(2026, 9, 30, tzinfo=UTC)) as ledger:
        for student in made.students[:5]:
            ledger.change(student, "m1", "submitted", by="prof", why="remis en classe")
        ledger.change("etu00000", "m1", "validated", by="prof", why="bon choix")
    write_report(made.course, now=NOW)
    folder = made.course.root / "reports"
    soup = BeautifulSoup((folder / "classe.html").read_text(encoding="utf-8"), "html.parser")
    label = str(soup.select_one("#jalons .chart")["aria-label"])  # type: ignore[index]
    assert label == f"{students} personnes, {students - 5} jalons en retard."
    figure = json.loads(soup.select_one("#figures").string)["jalons-figure"]["figure"]  # type: ignore[union-attr, arg-type]
    shown = {part["name"]: sum(part["x"]) if students > 40 else len(part["x"]) for part in figure["data"]}
    done = {"remis": 4, "validé": 1} if students > 40 else {"franchi ou remis": 5}
    still = "pas commencé" if students > 40 else "à faire"
    assert shown == {**done, still: students, "en retard": students - 5}
    counts = {cell.get_text() for cell in soup.select("#jalons-etats thead th")}
    assert {"validé", "remis", "pas commencé"} <= counts
    assert len(soup.select("#jalons-retards tbody tr")) == students - 5
    assert bool(soup.select("#jalons-etudiants")) == (students == 12)
    own = (folder / "etudiants" / "etu00000.html").read_text(encoding="utf-8")
    assert "Jalon 1" in own and "validé" in own and "en retard" not in own.partition("mes-jalons")[2]
    other = (folder / "etudiants" / "etu00007.html").read_text(encoding="utf-8")
    assert "pas commencé (en retard)" in other and "validé" not in other
    write_report(made.course, now=NOW, audience="class")
    assert "jalons" not in (folder / "classe-partagee.html").read_text(encoding="utf-8").partition("<script")[0]
