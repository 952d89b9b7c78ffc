"""The command line: help, exit codes, what is printed; never a traceback."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from coursegrader import cli
from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import Mode
from tests.pipeline.small_course import NAME, Class, write_config

COMMANDS = (
    "build",
    "grade",
    "regrade",
    "policy",
    "explain",
    "gradebook",
    "export",
    "students",
    "report",
    "db",
    "data",
    "demo",
    "doctor",
)


def run(*arguments: str | Path) -> int:
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    shown = capsys.readouterr().out
    assert f"examples:\n  coursegrader {command}" in shown
    assert "{," not in shown  # a comma in a list of choices reads as a slip
    assert f"usage: coursegrader {command}" in shown.replace("cli.py", "coursegrader")


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(f" {command} " in shown for command in COMMANDS)
    assert "130 stopped with Ctrl-C" in shown
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("coursegrader ")


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("grade",), ("grade", NAME, "--workers", "many"), ("gradebook", "--nonsense")]
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == 2


@pytest.mark.parametrize(
    "command",
    [
        ("build",),
        ("grade",),
        ("regrade",),
        ("explain", "a"),
        ("gradebook",),
        ("export", "csv", "out", "--assignment"),
        ("policy",),
        ("demo",),
    ],
)
def test_an_assignment_that_the_course_does_not_have_is_wrong_usage_and_says_which_there_are(
    command: tuple[str, ...], klass: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, meant in (("01-petti", f'Did you mean "{NAME}"?'), ("99-nope", f"Known: {NAME}.")):
        assert run(*command, name, "--root", klass.root) == 2
        said = capsys.readouterr().err
        assert name in said
        assert meant in said
        assert "course_config.py" not in said


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many"])
@pytest.mark.parametrize("command", [("grade", NAME), ("regrade", NAME), ("report",), ("watch",), ("demo",)])
def test_workers_are_one_or_more(
    command: tuple[str, ...], number: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(*command, "--root", tmp_path, "--workers", number) == 2
    assert f"--workers: {number!r} is no number of processes: write 1 or more" in capsys.readouterr().err


def test_the_installed_command_starts(klass: Class) -> None:
    script = Path(sys.executable).parent / "coursegrader"
    done = subprocess.run(
        [script, "gradebook", NAME, "--root", klass.root, "--json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_grading_prints_a_table_then_nothing_new(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    klass.hand_in("zoé")
    klass.hand_in("bad", b"{")
    assert run("grade", NAME, "--root", klass.root, "--workers", "1") == 0
    shown = capsys.readouterr()
    assert "7/8" in shown.out
    assert "JSON invalide" in shown.out
    assert "for the teacher: explain" in shown.out
    assert str(klass.root / "feedback") in shown.out
    assert "grading 2/2" in shown.err
    assert run("grade", NAME, "--root", klass.root) == 0
    assert "2 unchanged since they were graded" in capsys.readouterr().out
    assert run("grade", NAME, "--root", klass.root, "--json") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {record["student"]: record["status"] for record in records} == {"zoé": "graded", "bad": "rejected"}


def test_no_submission_and_no_such_student(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("grade", NAME, "--root", klass.root) == 0
    assert f"No submission of {NAME}" in capsys.readouterr().out
    klass.hand_in("adele")
    assert run("grade", NAME, "--root", klass.root, "--workers", "1", "--student", "adele", "--student", "adelle") == 1
    unknown = capsys.readouterr().err
    assert 'adelle: is neither in the class list nor in submitted/. Did you mean "adele"?' in unknown
    with Gradebook(f"sqlite:///{klass.root / 'gradebook.db'}") as books:
        books.add_student("basile")
    assert run("grade", NAME, "--root", klass.root, "--student", "basile") == 1
    shown = capsys.readouterr()
    assert f"basile: has handed in nothing for {NAME}: there is no " in shown.err
    assert "No submission" not in shown.out


def test_a_course_that_needs_mending_is_3(klass: Class, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("grade", NAME, "--root", tmp_path / "nowhere") == 3
    (klass.root / "course_config.py").write_text("COURSE = {")
    for command in (("build",), ("grade", NAME), ("gradebook",), ("demo",)):
        assert run(*command, "--root", klass.root) == 3
        said = capsys.readouterr().err
        assert said.startswith("coursegrader: ")
        assert "Traceback" not in said


def test_a_machine_that_cannot_is_4(
    klass: Class, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    klass.hand_in("a")
    (klass.root / "verdicts.db").write_text("this is not a database, and long enough to be looked at")
    assert run("grade", NAME, "--root", klass.root, "--workers", "1") == 4
    (klass.root / "verdicts.db").unlink()
    write_config(klass.root, "c.CourseDirectory.db_url = 'sqlite:////nowhere/x.db'\n")
    assert run("grade", NAME, "--root", klass.root, "--workers", "1") == 4
    write_config(klass.root)
    assert run("gradebook", "--root", klass.root, "--csv", klass.root / "no" / "such" / "folder.csv") == 4
    monkeypatch.setattr("coursegrader.commands.isolation.best_mode", lambda: (Mode.NONE, "no namespaces here"))
    assert run("grade", NAME, "--root", klass.root) == 4
    said = capsys.readouterr().err
    assert "no namespaces here" in said
    assert "--no-isolation" in said
    assert "Traceback" not in said


def test_without_isolation_every_verdict_is_marked(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    klass.hand_in("a")
    assert run("grade", NAME, "--root", klass.root, "--no-isolation", "--workers", "1", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["isolation"] == "off"
    assert re.search(r"«\s*off\s*»", klass.page("a"))
    assert run("grade", NAME, "--root", klass.root, "--workers", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["isolation"] != "off"  # not taken for the same verdict


def test_faults_are_1_and_go_to_stderr(
    klass: Class, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    klass.hand_in("a")

    def fails(*_: object) -> None:
        raise MachineFault("no disk")

    monkeypatch.setattr("coursegrader.worker.grade_one", fails)
    assert run("grade", NAME, "--root", klass.root, "--workers", "1") == 1
    assert "a: not graded, the machine failed: no disk" in capsys.readouterr().err
    assert run("grade", NAME, "--root", klass.root, "--workers", "1", "--json") == 1
    assert json.loads(capsys.readouterr().out) == {"student": "a", "status": "fault", "reason": "no disk"}


def test_the_gradebook_as_table_file_and_json(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("gradebook", "--root", klass.root) == 0
    assert "No grades yet" in capsys.readouterr().out
    klass.hand_in("=cmd()")
    klass.hand_in("zoé", double=None)
    klass.grade()
    with Gradebook(klass.course.db_url, klass.course.id) as gradebook:
        gradebook.add_student("noé", first_name="Noé", last_name="Favre")  # has handed in nothing
    assert run("gradebook", NAME, "--root", klass.root) == 0
    shown = capsys.readouterr().out
    assert "zoé" in shown and "noé" in shown and "NaN" not in shown
    assert run("gradebook", "--root", klass.root, "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"student": "=cmd()", "name": "=cmd()", NAME: 87.5},
        {"student": "noé", "name": "Noé Favre", NAME: None},
        {"student": "zoé", "name": "zoé", NAME: 62.5},
    ]
    assert run("gradebook", NAME, "--root", klass.root, "--csv", klass.root / "grades.csv") == 0
    raw = (klass.root / "grades.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert [(row["student"], row["name"], row["double"], row["total of all"]) for row in rows] == [
        ("'=cmd()", "'=cmd()", "2.0", "7.0"),
        ("noé", "Noé Favre", "", ""),
        ("zoé", "zoé", "0.0", "5.0"),
    ]


def test_a_course_without_any_grading_yet_has_an_empty_gradebook(
    klass: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    (klass.root / "gradebook.db").unlink()
    for arguments in ((), (NAME,)):
        assert run("gradebook", *arguments, "--root", klass.root) == 0
        assert "No grades yet" in capsys.readouterr().out
    assert not (klass.root / "gradebook.db").exists()


def test_build_says_whether_the_release_is_current(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", "--check", "--root", klass.root) == 0
    source = klass.root / "source" / NAME / f"{NAME}.md"
    source.write_text(source.read_text().replace("# Un petit devoir", "# Un devoir"))
    assert run("build", "--check", "--root", klass.root) == 1
    assert "stale" in capsys.readouterr().out
    assert run("build", NAME, "--root", klass.root) == 0
    assert run("build", "--check", "--root", klass.root) == 0


def test_data_needs_a_course_with_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not (Path(path) / "reference").is_dir()])
    monkeypatch.delitem(sys.modules, "reference", raising=False)
    assert run("data", "figures", "--root", tmp_path) == 3
    assert "has no reference package" in capsys.readouterr().err
