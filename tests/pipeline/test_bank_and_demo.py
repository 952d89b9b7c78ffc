"""Known submissions, and the demo that holds every verdict against the expected one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursegrader import demo
from coursegrader.bank import Known, load_bank, solutions_of
from coursegrader.build import build_source
from coursegrader.demo import class_work, hand_in, make_class_folder, run_demo
from coursegrader.errors import CourseFault
from coursegrader.sandbox.confinement import Mode
from coursegrader.submission import parse
from tests.pipeline.small_course import NAME, Class, scores, solution_of

WRONG = "# %% double\n\ndef double(values):\n    return values\n"


def add(klass: Class, label: str, expected: str, answers: str | None = None, notebook: bytes | None = None) -> Known:
    folder = klass.root / "tests" / "submissions" / NAME / label
    folder.mkdir(parents=True)
    (folder / "expected.toml").write_text(f'description = "{label}"\n{expected}')
    if answers is not None:
        (folder / "answers.py").write_text(answers)
    if notebook is not None:
        (folder / "notebook.ipynb").write_bytes(notebook)
    return next(known for known in load_bank(folder.parent) if known.label == label)


def cells(klass: Class, known: Known) -> list[tuple[str | None, str]]:
    solutions = solutions_of(build_source(klass.course, klass.course.assignment(NAME)))
    notebook = json.loads(known.notebook(klass.release, solutions))
    parse(json.dumps(notebook).encode())
    return [(solution_of(cell), "".join(cell["source"])) for cell in notebook["cells"]]


def test_what_is_not_answered_is_the_reference_or_the_stub(klass: Class) -> None:
    full = dict(cells(klass, add(klass, "full", "", WRONG)))
    assert full["double"] == "def double(values):\n    return values"
    assert "result += value" in full["total"]
    stub = dict(cells(klass, add(klass, "stub", 'default = "untouched"', WRONG)))
    assert "NotImplementedError" in stub["total"]
    assert stub["double"] == full["double"]


def test_extra_deleted_and_duplicated_cells(klass: Class) -> None:
    extra = f"{WRONG}# %% + after double\nx = 1\n# %% + after double\ny = 2\n"
    made = cells(klass, add(klass, "extra", "", extra))
    at = made.index(("double", "def double(values):\n    return values"))
    assert made[at + 1 : at + 3] == [(None, "x = 1"), (None, "y = 2")]
    deleted = cells(klass, add(klass, "deleted", 'delete = ["double-solution"]'))
    assert "double" not in dict(deleted)
    duplicated = cells(klass, add(klass, "duplicated", 'duplicate = ["double-solution"]'))
    assert [exercise for exercise, _ in duplicated].count("double") == 2


def test_an_unknown_exercise_is_the_author_s_mistake(klass: Class) -> None:
    with pytest.raises(CourseFault, match="unknown exercises: dubble"):
        cells(klass, add(klass, "typo", "", "# %% dubble\nx = 1\n"))


def test_every_difference_is_named(klass: Class) -> None:
    klass.hand_in("a", double="def double(values):\n    return values")
    verdict = klass.verdicts()["a"]
    right = add(klass, "right", "honest = false\n[score]\ndouble = 1\n[says]\ndouble = 'Multipliez chaque nombre'")
    assert not right.honest
    assert right.differences(verdict) == []
    (points,) = add(klass, "points", "").differences(verdict)
    assert points.startswith("double: 1.0 points, expected 2.0 (test_values: ")
    (words,) = add(klass, "words", "[score]\ndouble = 1\n[says]\ndouble = 'keepdim'").differences(verdict)
    assert words == "double: feedback does not say 'keepdim'"
    status, *_ = add(klass, "status", 'status = "rejected"').differences(verdict)
    assert status == "status graded, expected rejected"
    assert scores(verdict)["explain"] is None  # a written answer is expected to wait


def test_the_demo_grades_the_bank_in_a_folder_of_its_own(
    klass: Class,
    mode: Mode,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "_AGAIN", 1)
    add(klass, "wrong", "[score]\ndouble = 1\n", WRONG)
    add(klass, "right", "")
    add(klass, "broken", 'status = "rejected"', notebook=b"{")
    kept = tmp_path / "kept"
    assert run_demo(klass.course, klass.course.assignments, mode, kept, 1, students=4) == 0
    shown = capsys.readouterr().out
    assert "DIFFERS" not in shown
    assert shown.count(" ok ") == 4  # the fourth student hands in the first one's work
    assert "4 submissions in" in shown
    assert "4 submissions graded now, 0 unchanged" in shown
    assert (kept / "reports" / "classe.html").is_file()
    assert (kept / f"{NAME}.csv").is_file()
    assert not (klass.root / "submitted").exists()
    assert run_demo(klass.course, klass.course.assignments, mode, kept, 1, students=4) == 0  # the same folder again
    assert "1 submissions graded now, 3 unchanged" in capsys.readouterr().out
    add(klass, "unexpected", "", WRONG)
    assert run_demo(klass.course, klass.course.assignments, mode, kept, 1, students=4) == 1  # the same folder again
    assert "DIFFERS unexpected: double: 1.0 points, expected 2.0" in capsys.readouterr().out


def test_one_slow_submission_is_enough_for_a_demo(klass: Class) -> None:
    known = [add(klass, label, toml) for label, toml in (("a", ""), ("b", "slow = true"), ("c", "slow = true"))]
    dealt = class_work(known, 4, 1)
    assert [item.label for item in dealt.values()] == ["b", "a", "b", "a"]


def test_the_demo_wants_a_new_folder(klass: Class, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(CourseFault, match="is not empty"):
        make_class_folder(klass.root, tmp_path)
    root = make_class_folder(klass.root, tmp_path / "new")
    assert sorted(path.name for path in root.iterdir()) == [
        ".coursegrader-demo",
        "course_config.py",
        "grading_tests",
        "nbgrader_config.py",
        "reference",
        "source",
    ]


def test_handing_in_puts_notebooks_where_collect_would(klass: Class) -> None:
    known = add(klass, "someone", "", WRONG)
    hand_in(klass.course, klass.course.assignment(NAME), [known])
    assert (klass.root / "submitted" / "someone" / NAME / f"{NAME}.ipynb").is_file()
