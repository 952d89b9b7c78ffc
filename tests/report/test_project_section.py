"""Milestones in the report: a line a person in a small class, counts in a large one, the student's own on their page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader.course import load_course
from coursegrader.gradebook import Frames
from coursegrader.milestones.collecting import note_hand_ins
from coursegrader.milestones.ledger import Ledger
from coursegrader.report import write_report

NOW = datetime(2026, 10, 20, tzinfo=UTC)  # the first milestone is due on 5 October, the second on 2 November


@pytest.mark.parametrize("students", [12, 60])
def test_what_is_not_handed_in_waits_after_its_date_for_the_teacher(students: int, tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(students, 2, 2, milestones=2))
    with Ledger(made.course, clock=lambda: datetime(2026, 9, 30, tzinfo=UTC)) as ledger:
        for student in made.students[:5]:
            ledger.change(student, "m1", "submitted", by="prof", why="remis en classe")
        ledger.change("etu00000", "m1", "validated", by="prof", why="bon choix")
    write_report(made.course, now=NOW)
    folder = made.course.root / "reports"
    soup = BeautifulSoup((folder / "classe.html").read_text(encoding="utf-8"), "html.parser")
    label = str(soup.select_one("#jalons .chart")["aria-label"])  # type: ignore[index]
    assert label == f"{students} personnes, 0 jalons en retard, {students - 5} à décider par l'équipe."
    figure = json.loads(soup.select_one("#figures").string)["jalons-figure"]["figure"]  # type: ignore[union-attr, arg-type]
    shown = {part["name"]: sum(part["x"]) if students > 40 else len(part["x"]) for part in figure["data"]}
    done = {"remis": 4, "validé": 1} if students > 40 else {"franchi ou remis": 5}
    still = "pas commencé" if students > 40 else "à faire"
    decide = "attend la décision de l'équipe" if students > 40 else "à décider par l'équipe"
    assert shown == {**done, still: students, decide: students - 5}
    lines = table(folder / "classe.html", "#jalons-etats")
    counts = dict(zip(lines["Jalon"], lines["Jalon 1"], strict=True))
    del counts["pas commencé"]
    assert counts == {
        "validé": "1",
        "remis": "4",
        "attend la décision de l'équipe": str(students - 5),
        "en retard": "0",
    }
    assert not soup.select("#jalons-retards")
    assert bool(soup.select("#jalons-etudiants")) == (students == 12)
    own = (folder / "etudiants" / "etu00000.html").read_text(encoding="utf-8")
    assert "Jalon 1" in own and "validé" in own and "en retard" not in own.partition("mes-jalons")[2]
    other = (folder / "etudiants" / "etu00007.html").read_text(encoding="utf-8")
    assert "en retard" not in other.partition("mes-jalons")[2] and "validé" not in other
    cells = table(folder / "etudiants" / "etu00007.html", "#mes-jalons ~ div")["Jalon 1"]
    assert cells[1:] == ["attend la décision de l'équipe", "Rien à remettre ici : c'est à l'enseignant·e de décider."]
    assert 'class="bad"' not in other.partition("mes-jalons")[2].partition("</section>")[0]
    write_report(made.course, now=NOW, audience="class")
    assert "jalons" not in (folder / "classe-partagee.html").read_text(encoding="utf-8").partition("<script")[0]


STEP = """COURSE['assignments'].append({'id': 'projet-1', 'title': 'Étape 1', 'exercises': {'but': 2}})
COURSE['assignments'][-1].update(release='2026-09-08 08:00', due='2026-10-05 08:00')
COURSE['milestones'].append({'id': 'etape', 'title': 'Première étape', 'assignment': 'projet-1'})
"""


def with_a_step(root: Path, students: int) -> MadeClass:
    """A class whose project has a step that is handed in, and nobody's is graded."""
    made = make_class(root, Size(students, 2, 2, milestones=1))
    config = root / "course_config.py"
    config.write_text(config.read_text().replace("c = get_config()", STEP + "c = get_config()"))
    made.course = load_course(root, only=[])
    return made


def table(page: Path, place: str) -> dict[str, list[str]]:
    """The lines of a page's table by their first cell."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    rows = [
        [cell.get_text().replace("\xa0", " ") for cell in row.select("td, th")] for row in soup.select(f"{place} tr")
    ]
    return {cells[0]: cells[1:] for cells in rows}


def test_a_step_that_waits_for_its_teacher_is_handed_in_wherever_it_is_told(tmp_path: Path) -> None:
    """In the folder and not noted, in the folder and noted, said by a teacher alone, and not there."""
    made = with_a_step(tmp_path / "course", 6)
    for student, at in ((0, "2026-10-01 10:00:00 UTC"), (1, "2026-10-06 06:00:00 UTC")):
        folder = made.course.root / "submitted" / made.students[student] / "projet-1"
        folder.mkdir(parents=True)
        (folder / "projet-1.ipynb").write_text("{}")
        (folder / "timestamp.txt").write_text(at)
    with Ledger(made.course, clock=lambda: datetime(2026, 10, 6, 7, tzinfo=UTC)) as ledger:
        note_hand_ins(made.course, ledger, [made.students[1]])
        ledger.change(made.students[2], "etape", "submitted", by="prof", why="reçu sur papier")
    write_report(made.course, now=NOW)
    reports = made.course.root / "reports"
    said = {}
    for student in made.students[:4]:
        page = reports / "etudiants" / f"{student}.html"
        assignments, project = table(page, "#mes-devoirs ~ div"), table(page, "#mes-jalons ~ div")
        said[student] = (assignments["Étape 1"][1:], project["Première étape"][1])
    assert list(said.values()) == [
        (["01.10.2026 12:00", "–", "–", "remis à l'heure, pas encore noté"], "remis"),
        (["06.10.2026 08:00", "–", "–", "remis avec 24 h de retard, pas encore noté"], "remis en retard"),
        (["–", "–", "–", "remis, pas encore noté"], "remis"),
        (["–", "–", "–", "manquant"], "pas commencé (en retard)"),
    ]
    line = table(reports / "classe.html", "#devoirs")["Étape 1"]
    assert line[1:6] == ["3", "2", "1", "3", "3"]  # handed in, in time, late, missing, for the teacher
    assert line[6:] == ["–", "–"]
    shown = BeautifulSoup((reports / "classe.html").read_text(encoding="utf-8"), "html.parser").select_one(
        "#jalons .chart"
    )
    assert str(shown["aria-label"]) == "6 personnes, 3 jalons en retard, 6 à décider par l'équipe."  # type: ignore[index]
    late = table(reports / "classe.html", "#jalons-retards")
    assert len(late) == 4 and {cells[0] for cells in late.values()} == {"Jalon", "Première étape"}
    missing = {
        name: int(cells[1]) for name, cells in table(reports / "classe.html", "#a-contacter").items() if name != "Nom"
    }
    whole = made.handed_in.sum(axis=1)
    names = dict(zip(made.students, Frames(made.course).students["name"], strict=True))
    for number, student in enumerate(made.students):
        assert missing.get(names[student], 0) == 2 - whole[number] + (number > 2)
