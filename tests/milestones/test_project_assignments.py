"""The course's own milestones and templates: declared as the outline says, handed in, graded and released like any assignment."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from coursegrader.build import build_release
from coursegrader.cli import main
from coursegrader.course import Course, load_course
from coursegrader.grade import grade
from coursegrader.gradebook import exercise_frame
from coursegrader.milestones import milestone_frame, milestone_history_frame
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from tests.milestones import hand_ins as made
from tests.milestones import hostile_slides

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [assignment.id for assignment in load_course(ROOT, only=[]).assignments if assignment.written]


def test_the_milestones_are_those_of_the_outline() -> None:
    course = load_course(ROOT, only=[])
    found = {milestone.id: milestone for milestone in course.milestones}
    assert list(found) == ["analyse", "but", "travail", "presentation", "remise", "decision"]
    goal = found["but"]
    assert goal.decide_by is not None and goal.decides == "teacher"
    assert (goal.due.year, goal.due.month) == (goal.decide_by.year, goal.decide_by.month)  # before the end of the month
    assert (goal.decide_by + timedelta(days=1)).month != goal.decide_by.month
    assert found["travail"].hours == (20, 40) and "hours" in found["travail"].evidence
    assert [name for name, one in found.items() if one.decides == "precheck"] == ["travail", "remise"]  # what adds up
    assert found["presentation"].outcome == "presented" and "slides" in found["presentation"].evidence
    later = found["remise"].due - found["presentation"].due
    assert timedelta(days=28) <= later <= timedelta(days=32)  # with the presentation or one month later
    assert set(found["remise"].evidence) == {"answers", "slides", "code"}
    assert found["decision"].outcome == "accepted" and not found["decision"].assignment
    assert sum(milestone.weight for milestone in course.milestones) == 100
    handed_in = {milestone.assignment for milestone in course.milestones} - {""}
    assert handed_in == set(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_template_shows_its_rubric_and_leaves_every_answer_open(name: str) -> None:
    notebook = json.loads((ROOT / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    assignment = load_course(ROOT, only=[]).assignment(name)
    assert "| question | points | ce que nous regardons |" in text
    points = [float(line.split("|")[2]) for line in text.splitlines() if line[:3] in [f"| {n}" for n in range(1, 9)]]
    assert points == [exercise.points for exercise in assignment.exercises]
    assert text.count("VOTRE RÉPONSE ICI") - text.count("« VOTRE RÉPONSE ICI »") == len(assignment.exercises)
    assert all(cell["cell_type"] == "markdown" for cell in notebook["cells"])


def test_the_proposal_asks_what_it_must() -> None:
    text = "".join((ROOT / "source" / name / f"{name}.md").read_text(encoding="utf-8") for name in WRITTEN).lower()
    for word in ("confidentiel", "coût", "mesure", "référence", "partage", "modèle entraîné", "évaluation", "risques"):
        assert word in text, word
    assert "la **démarche compte plus que le résultat**" in text


@pytest.fixture(scope="module")
def mode() -> Mode:
    found, why = best_mode()
    if found is Mode.NONE:
        pytest.skip(f"this machine offers no isolation: {why}")
    return found


@pytest.fixture(scope="module")
def project(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A class in which lea hands in her project, step by step."""
    root = tmp_path_factory.mktemp("project") / "class"
    root.mkdir()
    for name in ("course_config.py", "nbgrader_config.py"):
        shutil.copy2(ROOT / name, root / name)
    for name in ("projet-3-journal", "projet-5-remise"):
        shutil.copytree(ROOT / "source" / name, root / "source" / name, ignore=shutil.ignore_patterns("*.ipynb"))
    (root / "reference").mkdir()
    (root / "grading_tests").mkdir()
    course = load_course(root, only=[])
    for name in ("projet-3-journal", "projet-5-remise"):
        build_release(course, name)
    yield course


def answered(course: Course, name: str, **answers: str) -> bytes:
    """The released notebook with an answer to every question."""
    notebook = json.loads((course.release_dir(name) / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        if nbgrader.get("solution"):
            own = answers.get(nbgrader["grade_id"], "Une réponse assez longue pour être lue avec profit par quelqu'un.")
            cell["source"] = "".join(cell["source"]).replace("VOTRE RÉPONSE ICI", own)
    return json.dumps(notebook).encode()


def run(course: Course, *arguments: str) -> int:
    return main([*arguments, "--root", str(course.root)])


def test_a_project_from_hand_in_to_acceptance(project: Course, mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
    course, name = project, "projet-5-remise"
    link = "Tout est là : https://github.com/lea/urgences, et dans l'archive jointe."
    files = {f"{name}.ipynb": answered(course, name, remise_contenu=link), "diapos.pptx": made.pptx()}
    files |= {"code.zip": made.zipped(made.project())}
    made.put(course.root, "lea", name, files, at="2027-04-20 10:00:00 UTC")
    # graded like any other: points wait for the teacher, answers are in the notebook
    graded = grade(course, name, mode, workers=1)
    assert not graded.faults and [verdict.student for verdict in graded.verdicts] == ["lea"]
    rows = exercise_frame(course.db_url)
    assert rows["needs_manual_grade"].all() and len(rows) == 6
    database = sqlite3.connect(course.root / "gradebook.db")
    penalties = database.execute("SELECT late_submission_penalty FROM submitted_notebook").fetchall()
    database.close()
    assert len(penalties) == 1 and not penalties[0][0]  # a day late, and nothing is taken off by itself
    # late by one morning: the state says so, and an extension with its reason makes it good for the next hand-in
    assert run(course, "milestones") == 0
    shown = capsys.readouterr().out
    assert "lea" in shown and "late" in shown
    assert run(course, "milestones", "check", "lea", "remise") == 0
    said = capsys.readouterr().out
    assert "remise: 0 missing, 0 flagged" in said and "ok       Le code entraîne un modèle." in said
    page = (course.root / "feedback" / "lea" / name / "etape-remise.html").read_text(encoding="utf-8")
    assert "Il ne manque rien" in page and "remis après la date" in page and "19 avril 2027 à 23 h 59" in page
    assert (course.root / "feedback" / "lea" / name / f"{name}.html").is_file()  # beside the other feedback
    signed = ["--by", "M. Rochat", "--why", "Démarche claire."]
    assert run(course, "milestones", "set", "lea", "remise", "validated", *signed) == 0
    assert run(course, "milestones", "set", "lea", "decision", "accepted", *signed) == 0
    row = milestone_frame(course).set_index(["student", "milestone"]).loc[("lea", "remise")]
    assert (row["state"], row["missing"], row["flags"]) == ("validated", 0, 0)
    history = milestone_history_frame(course)
    assert list(history["state"]) == ["late", "validated", "accepted"]
    assert history["submitted_at"][0] == pd.Timestamp("2027-04-20 10:00", tz="UTC")
    capsys.readouterr()
    assert run(course, "milestones", "history", "--student", "lea", "--json") == 0
    assert [entry["by"] for entry in json.loads(capsys.readouterr().out)] == ["nbgrader", "M. Rochat", "M. Rochat"]


def test_an_empty_log_is_told_to_the_student(project: Course, capsys: pytest.CaptureFixture[str]) -> None:
    course, name = project, "projet-3-journal"
    release = (course.release_dir(name) / f"{name}.ipynb").read_bytes()
    made.put(course.root, "noé", name, {f"{name}.ipynb": release})
    assert run(course, "milestones", "check", "noé") == 1
    said = capsys.readouterr().out
    assert said.count("Il manque une réponse") == 3 and "Le journal de travail est vide" in said
    assert "Il manque une réponse : « 1. Les heures »." in said and "journal_heures" not in said
    log = "\n".join(f"| {n} mars | 2,5 | une séance de travail ordinaire |" for n in range(1, 11))
    made.put(course.root, "noé", name, {f"{name}.ipynb": answered(course, name, journal_heures=log)})
    assert run(course, "milestones", "check", "noé", "travail", "--json") == 0
    decided = milestone_history_frame(course)
    decided = decided[(decided["student"] == "noé") & (decided["milestone"] == "travail")]
    assert list(decided["state"]) == ["submitted", "submitted", "validated"] and decided["by"].iloc[-1] == "automatic"
    findings = json.loads(capsys.readouterr().out)["travail"]
    assert next(f["said"] for f in findings if f["check"] == "hours").startswith("Journal : 25 heures en 10 lignes")
    page = (course.root / "feedback" / "noé" / name / "etape-travail.html").read_text(encoding="utf-8")
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")


def test_everybody_who_waits_is_looked_at_once(project: Course, capsys: pytest.CaptureFixture[str]) -> None:
    name = "projet-3-journal"
    log = "\n".join(f"| {n} mars | 2,5 | une séance de travail ordinaire |" for n in range(1, 11))
    whole = answered(project, name, journal_heures=log)
    for student, content in (("ada", whole), ("bob", answered(project, name))):
        made.put(project.root, student, name, {f"{name}.ipynb": content}, at="2027-03-01 10:00:00 UTC")
    made.put(project.root, "cy", name, {f"{name}.ipynb": whole}, at="2027-03-18 10:00:00 UTC")
    assert run(project, "milestones", "check") == 1  # something is missing in bob's
    said = capsys.readouterr().out
    assert "ada, travail: 0 missing, 0 flagged for the teacher; validated by this check" in said
    assert "cy, travail: 0 missing, 0 flagged for the teacher\n" in said and "bob, travail: 1 missing" in said
    states = milestone_frame(project).set_index(["student", "milestone"])["state"]
    assert [states[s, "travail"] for s in ("ada", "bob", "cy")] == ["validated", "submitted", "late"]
    assert run(project, "milestones", "check") == 0
    assert capsys.readouterr().out == "Nothing that was handed in waits to be looked at.\n"
    page = (project.root / "feedback" / "ada" / name / "etape-travail.html").read_text(encoding="utf-8")
    assert "validé" in page and "est validé aussitôt" in page and "Ce que l'enseignant" not in page


def test_hostile_slides_touch_nobody_else(project: Course, capsys: pytest.CaptureFixture[str]) -> None:
    name = "projet-5-remise"
    files = {f"{name}.ipynb": answered(project, name), "code.zip": made.zipped(made.project())}
    made.put(project.root, "eve", name, files | {"diapos.pptx": hostile_slides.bomb()})
    made.put(project.root, "fay", name, files | {"diapos.pptx": made.pptx()})
    assert run(project, "milestones", "check", "fay") == 0
    before = milestone_frame(project).set_index("student")
    grades = exercise_frame(project.db_url)
    capsys.readouterr()
    assert run(project, "milestones", "check", "eve") == 1
    said = capsys.readouterr()
    assert "MISSING  diapos.pptx : le fichier demande trop de mémoire" in said.out and not said.err
    after = milestone_frame(project).set_index("student")
    others = [student for student in before.index.unique() if student != "eve"]
    pd.testing.assert_frame_equal(after.loc[others], before.loc[others])
    assert after.loc["fay"].set_index("milestone")["state"]["remise"] == "validated"
    assert after.loc["eve"].set_index("milestone")["state"]["remise"] == "submitted"  # a teacher will see it
    pd.testing.assert_frame_equal(exercise_frame(project.db_url), grades)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["set", "lae", "but", "validated"], 2, "There is no student 'lae'.\nDid you mean \"lea\"?"),
        (["set", "lea", "but", "presented"], 2, "it is not_started and cannot become presented"),
        (["set", "lea", "butt", "validated"], 2, 'Did you mean "but"?'),
        (["set", "lea", "but", "validated", "--by", ""], 2, "--by: '' is no name."),
        (["set", "lea", "but", "validated", "--why", " "], 2, "There is no reason."),
        (["extend", "lea", "butt", "2099-01-01 12:00"], 2, 'Did you mean "but"?'),
        (["check", "lea", "butt"], 2, 'Did you mean "but"?'),
        (["extend", "lea", "but", "demain"], 2, 'lea, but, DATE: "demain" is no date; write "2026-12-07 23:59"'),
        (["extend", "lea", "but", "2020-01-01 12:00"], 2, "lea, but: 2020-01-01 12:00 is past already."),
        (["history", "--student", "lae"], 2, "There is no student 'lae'."),
        (["check", "lea", "decision"], 2, "decision is not handed in"),
        (["check", "lea", "but"], 1, ""),
    ],
)
def test_what_is_asked_for_wrongly_ends_in_words(
    project: Course, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    (project.root / "submitted" / "lea").mkdir(parents=True, exist_ok=True)
    signed = ["--by", "R", "--why", "x"] if arguments[0] in ("set", "extend") else []
    assert run(project, "milestones", *arguments[:2], *signed, *arguments[2:]) == code
    assert message in capsys.readouterr().err


def test_an_extension_is_for_one_student(project: Course, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / "submitted" / "lea").mkdir(parents=True, exist_ok=True)
    signed = ["--by", "R", "--why", "malade"]
    assert run(project, "milestones", "extend", "lea", "but", "2099-02-08 23:59", *signed) == 0
    capsys.readouterr()
    assert run(project, "milestones", "--student", "lea") == 0
    assert "due 2099-02-08 23:59 (own date)" in capsys.readouterr().out


def test_nbgraders_own_autograding_takes_a_step_of_the_project(project: Course) -> None:
    name = "projet-3-journal"
    made.put(project.root, "zoé", name, {f"{name}.ipynb": answered(project, name)}, at="2027-03-01 10:00:00 UTC")
    config = project.nbgrader.copy()
    config.CourseDirectory.root = str(project.root)
    done = NbGraderAPI(CourseDirectory(config=config), config=config).autograde(name, "zoé")
    assert done["success"], done
    rows = exercise_frame(project.db_url)
    rows = rows[rows["student"] == "zoé"]
    assert len(rows) == 3 and rows["needs_manual_grade"].all()


def test_a_decision_says_what_it_passes_over(project: Course, capsys: pytest.CaptureFixture[str]) -> None:
    name = "projet-5-remise"
    wrapper = made.zipped({"app.py": b"import openai\nprint(openai.chat.completions.create(model='x', messages=[]))\n"})
    made.put(project.root, "gil", name, {f"{name}.ipynb": answered(project, name), "code.zip": wrapper})
    assert run(project, "milestones", "check", "gil", "remise") == 1
    signed = ["--by", "M. Rochat", "--why", "Démarche claire."]
    for step in ("analyse", "but"):
        capsys.readouterr()
        assert run(project, "milestones", "set", "gil", step, "validated", *signed) == 0
        assert capsys.readouterr().err == ""
    assert run(project, "milestones", "set", "gil", "presentation", "needs_work", *signed) == 0
    assert capsys.readouterr().err == ""  # nothing is ended by it
    assert run(project, "milestones", "set", "gil", "decision", "accepted", *signed) == 0
    said = capsys.readouterr().err.splitlines()
    assert (
        said[0]
        == "note: earlier steps are still open: travail (not_started), presentation (needs_work), remise (submitted)"
    )
    assert len(said) == 2 and said[1].startswith("note: remise is flagged: À regarder : un modèle hébergé répond")
    history = milestone_history_frame(project)
    assert history["why"].iloc[-1] == "Démarche claire."  # the student reads it, and flags are the teacher's


def test_a_course_without_milestones_says_what_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.build.tiny import course_data, write_config, write_course

    root = write_course(tmp_path / "course")
    data = course_data()
    data["milestones"] = []
    write_config(root, data)
    assert main(["milestones", "--root", str(root)]) == 3
    assert 'Write "milestones": [...] in course_config.py.' in capsys.readouterr().err
