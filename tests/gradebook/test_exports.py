"""Exports: nothing runs in a spreadsheet, and what was written can be read back."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader import cli
from coursegrader.export import read_csv_table
from coursegrader.export.files import NAMES
from coursegrader.gradebook import Frames, defuse
from coursegrader.gradebook.export import undo_defuse
from tests.gradebook.conftest import HARMLESS, VECTORS

STARTERS = "=+-@\t\r\n|%＝＋－＠"


def export(made: MadeClass, *arguments: str | Path) -> None:
    assert cli.main(["export", "--root", str(made.course.root), *map(str, arguments)]) == 0


def cells_as(path: Path, separator: str) -> list[str]:
    """Every cell as a spreadsheet that takes this separator sees it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cell for row in csv.reader(file, delimiter=separator) for cell in row]


@pytest.mark.parametrize("value", VECTORS + HARMLESS)
def test_defusing_can_be_undone(value: str) -> None:
    assert undo_defuse(defuse(value)) == value
    assert undo_defuse(defuse(defuse(value))) == defuse(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_harmless_text_stays(value: str) -> None:
    assert defuse(value) == value


@pytest.mark.parametrize("kind", ["csv", "moodle", "canvas"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_no_cell_of_a_csv_starts_a_formula(made: MadeClass, tmp_path: Path, kind: str, separator: str) -> None:
    export(made, kind, tmp_path / "out", "--separator", separator)
    paths = list((tmp_path / "out").glob("*.csv")) if kind == "csv" else [tmp_path / "out"]
    own = separator if kind != "canvas" else ","
    cells = [cell for path in paths for cell in cells_as(path, own)]
    assert any("1+1" in cell for cell in cells)  # they are there
    number = re.compile(r"-?[0-9.]+(e-?[0-9]+)?")
    allowed = {"    Points Possible"}
    bad = [
        c
        for c in cells
        if c.lstrip(" \u00a0\u200b\u200e\u202e\ufeff")[:1] in STARTERS
        and c.strip()
        and not number.fullmatch(c)
        and c not in allowed
    ]
    assert not bad


def test_a_french_spreadsheet_finds_no_formula_in_a_file_with_commas(made: MadeClass, tmp_path: Path) -> None:
    export(made, "csv", tmp_path)
    for cell in cells_as(tmp_path / "students.csv", ";"):
        assert not re.match(r"[ \"]*[=+@]", cell), cell


def test_csv_round_trip(made: MadeClass, tmp_path: Path) -> None:
    export(made, "csv", tmp_path)
    frames = Frames(made.course)
    for name in NAMES[:6]:
        frame, again = getattr(frames, name), read_csv_table(tmp_path / f"{name}.csv")
        assert list(again.columns) == list(frame.columns)
        for column in frame.columns:
            if frame[column].dtype == "str":
                assert again[column].tolist() == frame[column].tolist(), column
            elif frame[column].dtype.kind in "fi":
                pd.testing.assert_series_equal(
                    pd.to_numeric(again[column]).astype("float64"), frame[column].astype("float64")
                )
            elif column in ("due", "submitted_at", "at"):
                assert (pd.to_datetime(again[column], utc=True) == frame[column]).all()


def test_parquet_round_trip_keeps_every_type(made: MadeClass, tmp_path: Path) -> None:
    export(made, "parquet", tmp_path)
    frames = Frames(made.course)
    for name in NAMES[:6]:
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), getattr(frames, name))


def test_the_workbook_has_texts_and_numbers_and_no_formula(made: MadeClass, tmp_path: Path) -> None:
    path = tmp_path / "notes.xlsx"
    export(made, "xlsx", path)
    with zipfile.ZipFile(path) as file:
        sheets = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets and not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet]
    book = openpyxl.load_workbook(path)
    sheet = book["Notes"]
    assert sheet.freeze_panes == "E2"
    first = [row[1].value or "" for row in sheet.iter_rows(min_row=2)]
    clean = [name.replace("\r", "\n") for name in VECTORS + HARMLESS]  # XML has one end of line
    assert [name.replace("\r", "\n").replace("_x000D_", "\n") for name in first[: len(clean)]] == clean
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n"}
    points = [[cell.value for cell in row[4:7]] for row in sheet.iter_rows(min_row=2)]
    expected = made.scores.sum(axis=2)
    assert points == [[float(expected[s, a]) if made.handed_in[s, a] else None for a in range(3)] for s in range(40)]


def test_messages_are_notes_on_their_cells(made: MadeClass, tmp_path: Path) -> None:
    path = tmp_path / "notes.xlsx"
    export(made, "xlsx", path, "--assignment", "01-devoir")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["01-devoir"]
    sheet = book["01-devoir"]
    rows = {row[2].value: row for row in sheet.iter_rows(min_row=2)}
    for s, student in enumerate(made.students):
        if not made.handed_in[s, 0]:
            assert student not in rows
            continue
        for e in range(2):
            cell = rows[student][3 + e]
            assert cell.value == made.scores[s, 0, e]
            failed = [k + 1 for k in range(2) if not made.passed[s, 0, e, k]]
            note = cell.comment.text if cell.comment else ""
            assert note == "\n".join(f"La vérification {k} de e01_{e + 1} n'est pas satisfaite." for k in failed)


def test_moodle_and_canvas_take_the_points_back(made: MadeClass, tmp_path: Path) -> None:
    expected = made.scores.sum(axis=2)
    export(made, "moodle", tmp_path / "moodle.csv")
    moodle = pd.read_csv(tmp_path / "moodle.csv", encoding="utf-8-sig")
    assert list(moodle.columns[:5]) == ["Username", "ID number", "Email address", "First name", "Last name"]
    export(made, "canvas", tmp_path / "canvas.csv")
    canvas = pd.read_csv(tmp_path / "canvas.csv", encoding="utf-8-sig")
    assert list(canvas.columns[:5]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas.loc[0, "Student"] == "    Points Possible" and canvas.loc[0, "Devoir 1"] == 4
    assert canvas["ID"].tolist()[1:] == list(range(40))
    for a in range(3):
        want = pd.Series([float(expected[s, a]) if made.handed_in[s, a] else float("nan") for s in range(40)])
        for values in (moodle[f"Devoir {a + 1}"], canvas[f"Devoir {a + 1}"][1:].reset_index(drop=True)):
            pd.testing.assert_series_equal(values.astype("float64"), want, check_names=False)
    late = made.handed_in[:, 0] & (made.late_hours[:, 0] > 0)
    assert (moodle["Devoir 1 (feedback)"].str.contains("retard").fillna(False).astype(bool) == late).all()


def test_results_json_is_what_gradescope_reads(made: MadeClass, tmp_path: Path) -> None:
    export(made, "results", tmp_path, "--assignment", "02-devoir")
    for s, student in enumerate(made.students):
        path = tmp_path / student / "02-devoir" / "results.json"
        assert path.is_file() == bool(made.handed_in[s, 1])
        if not path.is_file():
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        assert result["score"] == made.scores[s, 1].sum() == sum(test["score"] for test in result["tests"])
        assert [test["name"] for test in result["tests"]] == ["e02_1", "e02_2"]
        assert {test["status"] for test in result["tests"]} <= {"passed", "failed"}
        for e, test in enumerate(result["tests"]):
            assert (test["output"] == "") == bool(made.passed[s, 1, e].all())
        assert "test_1" not in path.read_text(encoding="utf-8")  # names of checks are nobody's business


def test_a_place_that_cannot_be_written_is_told(
    made: MadeClass, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for kind in ("csv", "xlsx", "results", "parquet", "moodle"):
        assert cli.main(["export", kind, str(tmp_path / "file" / "x"), "--root", str(made.course.root)]) == 4
        assert "cannot be written" in capsys.readouterr().err
    assert cli.main(["export", "csv", str(tmp_path), "--root", str(made.course.root), "--assignment", "99"]) == 2


def test_what_a_teacher_wrote_is_in_the_frame_and_in_every_export(tmp_path: Path) -> None:
    """Of an exercise with tests the comment hangs on the answer's cell, of another on the one cell; neither runs anywhere."""
    made = make_class(tmp_path / "course", Size(8, 1, 2))
    s = int(made.handed_in[:, 0].nonzero()[0][0])
    student, bad = made.students[s], '=HYPERLINK("http://example.org")\n;=1+1'
    with closing(sqlite3.connect(made.course.root / "gradebook.db")) as db, db:
        insert = "INSERT INTO comment (id, notebook_id, cell_id, manual_comment) VALUES (?, ?, ?, ?)"
        db.execute(insert, ("k1", f"v{s}-0", "s0-0", "Très bien.\nContinuez."))
        db.execute(insert, ("k2", f"v{s}-0", "s0-1", bad))
    frames = Frames(made.course)
    comments = frames.exercises.set_index(["student", "exercise"])["comment"]
    assert comments[student].to_dict() == {"e01_1": "Très bien.\nContinuez.", "e01_2": bad}
    assert (comments.drop(student) == "").all()
    assert Frames(made.course, [student]).exercises["comment"].tolist() == ["Très bien.\nContinuez.", bad]
    export(made, "csv", tmp_path / "csv")
    again = read_csv_table(tmp_path / "csv" / "exercises.csv")
    assert again["comment"].tolist() == frames.exercises["comment"].tolist()
    export(made, "moodle", tmp_path / "moodle.csv")
    for separator in ",;":
        cells = cells_as(tmp_path / "moodle.csv", separator)
        assert not [cell for cell in cells if cell.lstrip(" \"'")[:1] == "=" and not cell.startswith("'")]
    feedback = pd.read_csv(tmp_path / "moodle.csv", encoding="utf-8-sig").set_index("Username")["Devoir 1 (feedback)"]
    assert "e01_1 : Très bien. Continuez. · e01_2 : =HYPERLINK" in feedback[student]
    export(made, "results", tmp_path / "results")
    result = json.loads((tmp_path / "results" / student / "01-devoir" / "results.json").read_text(encoding="utf-8"))
    assert result["tests"][0]["output"].splitlines()[-1] == "L'enseignant·e : Très bien. Continuez."
    export(made, "xlsx", tmp_path / "notes.xlsx")
    notes = [
        c.comment.text for row in openpyxl.load_workbook(tmp_path / "notes.xlsx")["01-devoir"] for c in row if c.comment
    ]
    assert sum("Très bien. Continuez." in note for note in notes) == 1
