"""Planted leaks of every kind must be found, and an honest release must pass."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursegrader.build import build_release, check_leaks
from coursegrader.course import Course, load_course
from coursegrader.errors import CourseFault
from tests.build.tiny import CHECK_SCALE, SCALE, course_data, edit, write_config, write_course

TEXT = "source/01-mini/01-mini.md"
SOLUTION_LINE = "    scaled = [value * factor for value in values]"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course with its release built."""
    course = load_course(write_course(tmp_path_factory.mktemp("leaks") / "course"))
    build_release(course, "01-mini")
    return course


@pytest.fixture
def folder(course: Course, tmp_path: Path) -> Path:
    """A copy of the honest release, free to be spoiled."""
    return Path(shutil.copytree(course.release_dir("01-mini"), tmp_path / "01-mini"))


def change(folder: Path, spoil: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "01-mini.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    spoil(notebook)
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(cell for cell in notebook["cells"] if cell["id"] == name)
    return found


def leaks(course: Course, folder: Path) -> str:
    with pytest.raises(CourseFault) as caught:
        check_leaks(course, "01-mini", folder)
    return str(caught.value)


def test_an_honest_release_gives_nothing_away(course: Course, folder: Path) -> None:
    check_leaks(course, "01-mini", folder)


KEY = "sk-proj-" + 12 * "aB3c"  # of the form of a real one, and put together here so that no file holds one

SOURCES = {
    "a solution line": (SOLUTION_LINE, "solution of scale_all (reference/scale.py, line"),
    "in other clothes": ("scaled = [\n  value*factor\n  for value in values,\n]", "solution of scale_all"),
    "with other quotes": ('raise ValueError("un nombre est infini")', "solution of scale_all"),
    "a method's line": ("        return math.log( abs(self.factor) )", "solution of Scaler"),
    "a solution's comment": ("# Refuse? refuse infinities before anything is multiplied", "comment in the solution"),
    "a later assignment": ("return [value + offset for value in values]", "solution of shift"),
    "an author's cell": ('print("for the author\'s eyes only", scale_all([1.0]))', "cell for the author only"),
    "a model answer": ("Parce qu'il se souvient de son facteur entre deux appels.", "model answer of explain"),
    "a reference import": ("x = 1\nfrom reference.scale import scale_all", "import of reference"),
    "a reference module": ("importlib.import_module('reference.scale')", "mention of reference.scale"),
    "a reference file": ("voir reference/scale.py", "mention of reference/scale.py"),
    "an engine import": ("    import coursegrader", "import of coursegrader"),
    "a check's name": ("# test_scale_negative_numbers", "name of a hidden check"),
    "another's check": ("# test_shift_adds", "name of a hidden check (grading_tests/02-suite/test_shift.py"),
    "a check's message": ("Multipliez aussi les nombres négatifs de la liste.", "message of a hidden check"),
    "a check's line": ("assert student.scale_all(values) == expect.product(values, 2)", "hidden check (grading_tests"),
    "a hidden list": ("x = [-1.5, 2.25,\n -4.125, 8.0625]", "value in a hidden check"),
    "a hidden number": ("presque 6.2831853 !", "value in a hidden check"),
    "a misconception": ("Vous multipliez par le carré du facteur, une fois de trop.", "misconception squared"),
    "a solution marker": ("### BEGIN SOLUTION", "nbgrader marker BEGIN SOLUTION"),
    "a key": (f'client = OpenAI(api_key="{KEY}")', "key of a paid service; take it out, and revoke it"),
    "a key without a prefix": ("MISTRAL_API_KEY = '" + 8 * "a1B2" + "'", "key of a paid service"),
    "a test marker": ("# begin hidden tests", "nbgrader marker hidden tests"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_leaks_in_a_cell_are_named_with_file_cell_and_line(course: Course, folder: Path, kind: str) -> None:
    planted, expected = SOURCES[kind]
    change(folder, lambda nb: cell(nb, "start-3").update(source=f"## Titre\n\n{planted}\n"))
    text = leaks(course, folder)
    assert expected in text
    line = 4 if planted.startswith("x = 1\n") else 3
    assert f"01-mini.ipynb, cell 3 (start-3), line {line}: " in text


def output(text: str) -> Callable[[dict[str, Any]], Any]:
    stream = {"output_type": "stream", "name": "stdout", "text": ["un\n", text]}
    return lambda nb: cell(nb, "start-2")["outputs"].append(stream)


def picture(text: str) -> Callable[[dict[str, Any]], Any]:
    coded = base64.b64encode(f"<svg>{text}</svg>".encode()).decode()
    return lambda nb: cell(nb, "start-1").update(attachments={"a.svg": {"image/svg+xml": coded}})


NOTEBOOK_PLACES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "output": (output(SOLUTION_LINE), r"cell 2 \(start-2\), outputs\[0\]\.text, line 2"),
    "traceback": (
        lambda nb: cell(nb, "scale_all")["outputs"].append(
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a", "b", SOLUTION_LINE]}
        ),
        r"cell 5 \(scale_all\), outputs\[0\]\.traceback, line 3",
    ),
    "cell metadata": (
        lambda nb: cell(nb, "start-1")["metadata"].update(note={"old": [1, SOLUTION_LINE]}),
        r"cell 1 \(start-1\), metadata\.note\.old\[1\], line 1",
    ),
    "metadata key": (
        lambda nb: cell(nb, "start-1")["metadata"].update({SOLUTION_LINE: True}),
        r"cell 1 \(start-1\), metadata, line 1",
    ),
    "notebook metadata": (
        lambda nb: nb["metadata"].update(author=SOLUTION_LINE),
        r"notebook\.metadata\.author, line 1",
    ),
    "attachment": (picture(SOLUTION_LINE), r"cell 1 \(start-1\), attachments\.a\.svg\.image/svg\+xml, line 1"),
    "key in an output": (output(f"Incorrect key: {KEY}"), r"outputs\[0\]\.text, line 2: key of a paid service"),
    "hidden number in an output": (output("6.2831853"), r"outputs\[0\]\.text, line 2: value in a hidden check"),
}


@pytest.mark.parametrize("kind", NOTEBOOK_PLACES)
def test_leaks_are_found_everywhere_in_a_notebook(course: Course, folder: Path, kind: str) -> None:
    spoil, place = NOTEBOOK_PLACES[kind]
    change(folder, spoil)
    assert re.search(place, leaks(course, folder))


def test_the_author_s_own_key_is_found_whatever_it_looks_like(
    course: Course, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "q7" * 16)
    change(folder, output(f"connected with {'q7' * 16}"))
    assert "key of a paid service" in leaks(course, folder)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/solution.txt", SOLUTION_LINE)


FILE_PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "helper": (
        lambda f: (f / "selfcheck.py").write_text((f / "selfcheck.py").read_text() + "\n\n" + SOLUTION_LINE),
        r"selfcheck\.py, line \d+: solution of scale_all",
    ),
    "figure": (
        lambda f: (f / "figures/regle.svg").write_text(f"<svg>\n<!--{SOLUTION_LINE}--></svg>"),
        r"figures/regle\.svg, line 2: solution of scale_all",
    ),
    "data": (lambda f: (f / "mots.txt").write_text("un\n" + SOLUTION_LINE), r"mots\.txt, line 2: solution"),
    "check in data": (lambda f: (f / "mots.txt").write_text("test_shift_adds"), r"mots\.txt, line 1: name of a hidden"),
    "zip": (lambda f: zipped(f / "data.zip"), r"data\.zip/inner/solution\.txt, line 1: solution"),
    "gzip": (
        lambda f: (f / "data.csv.gz").write_bytes(gzip.compress(SOLUTION_LINE.encode())),
        r"data\.csv, line 1: solution",
    ),
    "reference file": (lambda f: (f / "scale.py").write_text("x = 1"), r"scale\.py, line 1: file with the name"),
    "renamed reference": (lambda f: (f / "a.txt").write_text(SCALE), r"a\.txt, line 1: copy of reference/scale\.py"),
    "renamed check": (
        lambda f: (f / "b.txt").write_text(CHECK_SCALE),
        r"b\.txt, line 1: copy of grading_tests/01-mini/",
    ),
    "check file": (lambda f: (f / "test_shift.py").write_text(""), r"test_shift\.py, line 1: file with the name"),
    "bytes": (lambda f: (f / "a.bin").write_bytes(b"\xff\xfe\x00" + SOLUTION_LINE.encode()), r"a\.bin, line 1"),
}


@pytest.mark.parametrize("kind", FILE_PLACES)
def test_leaks_are_found_in_every_file(course: Course, folder: Path, kind: str) -> None:
    spoil, place = FILE_PLACES[kind]
    spoil(folder)
    assert re.search(place, leaks(course, folder))


def test_all_leaks_are_reported_together(course: Course, folder: Path) -> None:
    change(folder, output(SOLUTION_LINE))
    (folder / "mots.txt").write_text("test_shift_adds")
    text = leaks(course, folder)
    assert "01-mini.ipynb" in text
    assert "mots.txt" in text


def test_values_in_data_files_are_no_leak(course: Course, folder: Path) -> None:
    (folder / "mots.txt").write_text("6.2831853\n[-1.5, 2.25, -4.125, 8.0625]\n")
    check_leaks(course, "01-mini", folder)


BUILDS = {
    "whole solution shown": (
        "Et maintenant un objet.",
        "Et maintenant :\n\n```python\nreturn [value + offset for value in values]\n```",
        "whole solution of shift",
    ),
    "import shown": (
        "import math\n",
        "import math\nfrom reference.scale import scale_all as s\n",
        "import of reference",
    ),
    "check named": ("Et maintenant", "Voyez test_scaler_keeps_factor et maintenant", "name of a hidden check"),
    "message shown": (
        "Et maintenant",
        "Votre objet ne garde pas son facteur. Et maintenant",
        "message of a hidden check",
    ),
    "marker shown": ("Et maintenant", "HIDDEN TESTS Et maintenant", "nbgrader marker HIDDEN TESTS"),
}


@pytest.mark.parametrize("kind", BUILDS)
def test_a_leak_planted_in_the_text_fails_the_build(root: Path, load: Callable[[], Course], kind: str) -> None:
    old, new, expected = BUILDS[kind]
    edit(root / TEXT, old, new)
    with pytest.raises(CourseFault, match="gives away") as caught:
        build_release(load(), "01-mini")
    assert expected in str(caught.value)
    assert not (root / "release").exists()
    assert not (root / "gradebook.db").exists()


def test_a_hidden_file_named_as_data_fails_the_build(root: Path, load: Callable[[], Course]) -> None:
    shutil.copy(root / "grading_tests/01-mini/test_scale_all.py", root / "data/exemples.txt")
    data = course_data()
    data["assignments"][0]["files"].append("data/exemples.txt")
    write_config(root, data, (root / "course_config.py").read_text().split("\n", 1)[1])
    with pytest.raises(CourseFault, match=r"copy of grading_tests/01-mini/test_scale_all\.py"):
        build_release(load(), "01-mini")


def test_a_figure_with_a_solution_fails_the_build(root: Path, load: Callable[[], Course]) -> None:
    edit(root / "source/01-mini/figures/regle.svg", "<svg", f"<!--{SOLUTION_LINE}-->\n<svg")
    with pytest.raises(CourseFault, match=r"figures/regle\.svg, line 1: solution of scale_all"):
        build_release(load(), "01-mini")


def test_a_line_that_the_text_shows_on_purpose_is_no_leak(root: Path, load: Callable[[], Course]) -> None:
    edit(root / TEXT, "Et maintenant un objet.", f"On écrit souvent `{SOLUTION_LINE.strip()}`, mais ce n'est pas tout.")
    build_release(load(), "01-mini")


def test_a_value_that_the_text_shows_on_purpose_is_no_leak(root: Path, load: Callable[[], Course]) -> None:
    edit(root / TEXT, "Et maintenant un objet.", "Essayez [-1.5, 2.25, -4.125, 8.0625] et 6.2831853.")
    build_release(load(), "01-mini")


def test_an_earlier_assignments_solution_may_be_given_later(root: Path, load: Callable[[], Course]) -> None:
    given = "scaled = [value * factor for value in values]\nscaled"
    edit(root / "source/02-suite/02-suite.md", "# La suite\n", f"# La suite\n\n```python\n{given}\n```\n")
    build_release(load(), "02-suite")


def test_part_of_a_written_answers_cell_may_be_shown(root: Path, load: Callable[[], Course]) -> None:
    answer = "Parce qu'il se souvient de son facteur entre deux appels."
    marked = f"Donnez une phrase entière, s'il vous plaît.\n\n<!-- BEGIN SOLUTION -->\n{answer}\n<!-- END SOLUTION -->"
    edit(root / TEXT, answer, marked)
    folder = build_release(load(), "01-mini")
    text = (folder / "01-mini.ipynb").read_text()
    assert "une phrase entière" in text
    assert "se souvient" not in text


def test_a_broken_check_file_is_the_authors_fault(root: Path, load: Callable[[], Course]) -> None:
    (root / "grading_tests/02-suite/test_shift.py").write_text("x = 1\ndef (:\n")
    with pytest.raises(CourseFault, match=r"grading_tests/02-suite/test_shift\.py, line 2"):
        build_release(load(), "01-mini")
