"""Class lists as Moodle, Excel and people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gradebook_class import Size, write_config
from coursegrader import cli
from coursegrader.errors import CourseFault
from coursegrader.gradebook import student_frame
from coursegrader.gradebook.classlist import plan_import, read_class_list

PLAIN = "id,last name,first name,email\nzoe,D'Alembert,Zoé,zoe@exemple.org\nmoh,الحسن,محمد,moh@exemple.org\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "class.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


MOODLE = 'Prénom,"Nom de famille","Numéro d\'identification","Adresse de courriel"\nZoé,D\'Alembert,zoe,zoe@exemple.org\nمحمد,الحسن,moh,moh@exemple.org\n'
EXCEL = (
    "Identifiant;Nom;Prénom;Courriel\r\nzoe;D'Alembert;Zoé;zoe@exemple.org\r\nmoh;الحسن;محمد;moh@exemple.org\r\n;;;\r\n"
)
WESTERN = "id;nom;prénom\nzoe;D’Alembert;Zoé\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        MOODLE,
        EXCEL,
        "sep=;\r\n" + EXCEL,
        EXCEL.replace(";", "\t").encode("utf-16"),
        PLAIN.replace("Zoé", "Zoe\u0301"),  # as macOS writes it
        PLAIN.replace("zoe,", " zoe\u00a0,").replace("الحسن", "\u200bالحسن "),
    ],
)
def test_every_dialect_gives_the_same_people(content: str | bytes, tmp_path: Path) -> None:
    people, mistakes = read_class_list(write(tmp_path, content))
    assert not mistakes
    assert [(p.student, p.last_name, p.first_name, p.email) for p in people] == [
        ("zoe", "D'Alembert", "Zoé", "zoe@exemple.org"),
        ("moh", "الحسن", "محمد", "moh@exemple.org"),
    ]


def test_windows_western_encoding_is_read(tmp_path: Path) -> None:
    (person,), mistakes = read_class_list(write(tmp_path, WESTERN.encode("cp1252")))
    assert (person.last_name, person.first_name, mistakes) == ("D’Alembert", "Zoé", [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("PK\x03\x04...", "no CSV"),
        ("a,b\n1,2\n", "no column of ids"),
        (b"\x00\x01\x02" * 9, "no text"),
        ('id,nom\nzoe,"D\n', "no CSV file"),
    ],
)
def test_what_is_no_class_list_is_told(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(CourseFault, match=said):
        read_class_list(write(tmp_path, content))
    with pytest.raises(CourseFault, match="cannot be read"):
        read_class_list(tmp_path / "none.csv")


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    lines = [
        "id,nom,prénom,email",
        "a,Un,A,a@x.org",
        "a,Deux,A,a@x.org",
        ",Sans,Id,",
        "../b,B,B,",
        "c,C,C,nowhere",
        "d,D,D,d@x.org,zu,viel",
    ]
    lines += [f"e,{'E' * 200},E,", "g+h,G,G,"]
    plan = plan_import(write(tmp_path, "\n".join(lines)), {})
    for said in (
        "line 3: a stands there 2 times",
        "line 4: Id Sans has no id",
        "line 5: '../b'",
        "line 6: 'nowhere'",
        "line 7: 6 cells",
        "line 8: last_name has 200",
        "line 9: 'g+h'",
    ):
        assert any(mistake.startswith(said) for mistake in plan.mistakes), (said, plan.mistakes)


def test_what_deserves_a_look_is_said(tmp_path: Path) -> None:
    lines = [
        "id,nom,prénom,email",
        "a,Favre,Zoé,x@x.org",
        "b,FAVRE,Zoe,x@x.org",
        "c,,,",
        "a,Favre,Zoé,x@x.org",
        "C,Blanc,Léo,",
    ]
    plan = plan_import(write(tmp_path, "\n".join(lines)), {})
    assert not plan.mistakes
    said = "\n".join(plan.warnings)
    for part in (
        "a, b have the same name",
        "c has no name",
        "repeat another one",
        "2 people have the address x@x.org",
        "C and c differ only",
    ):
        assert part in said


def test_a_dry_run_writes_nothing_and_the_import_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = write_config(tmp_path / "course", Size(0, 1, 1))
    root = str(course.root)
    path = write(tmp_path, PLAIN + "x,=1+1,'=2,\n")
    assert cli.main(["students", "import", str(path), "--dry-run", "--root", root]) == 0
    assert "3 new, 0 changed" in capsys.readouterr().out
    assert not (course.root / "gradebook.db").exists()
    assert cli.main(["students", "import", str(path), "--root", root]) == 0
    frame = student_frame(course).set_index("student")
    assert frame.loc["moh", "name"] == "محمد الحسن"
    assert frame.loc["x", "last_name"] == "=1+1" and frame.loc["x", "first_name"] == "=2"
    path = write(tmp_path, PLAIN.replace("zoe@exemple.org", "z@exemple.org").replace("محمد", ""))
    capsys.readouterr()
    assert cli.main(["students", "import", str(path), "--root", root]) == 0
    assert "changed  zoe  email zoe@exemple.org -> z@exemple.org" in capsys.readouterr().out
    again = student_frame(course).set_index("student")
    assert (again.loc["moh", "first_name"], again.loc["zoe", "email"], len(again)) == ("محمد", "z@exemple.org", 3)
    path = write(tmp_path, PLAIN + ",Sans,Id,\nn,Neu,N,\n")
    assert cli.main(["students", "import", str(path), "--root", root]) == 3
    assert "line 4" in capsys.readouterr().err
    assert len(student_frame(course)) == 3
