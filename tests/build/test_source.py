"""The notebook with solutions, made from text and reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursegrader.build import build_source
from coursegrader.build.free_names import plain_python
from coursegrader.course import Course, load_course
from coursegrader.errors import CourseFault
from tests.build.tiny import edit

TEXT = "source/01-mini/01-mini.md"


def by_id(notebook: Any) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells}


def mistakes_of(root: Path) -> str:
    with pytest.raises(CourseFault) as caught:
        build_source(load_course(root, only=[]), "01-mini")
    return str(caught.value)


def test_cells_and_their_nbgrader_ids(load: Callable[[], Course]) -> None:
    cells = by_id(build_source(load(), "01-mini"))
    assert list(cells) == [
        "start-1",
        "start-2",
        "start-3",
        "scale_all-solution",
        "scale_all",
        "after-scale_all-1",
        "Scaler-solution",
        "Scaler",
        "after-Scaler-1",
        "explain",
        "after-explain-1",
    ]
    roles = {name: cell.metadata.get("nbgrader") for name, cell in cells.items()}
    flags = {n: (m["grade"], m["solution"], m["locked"], m.get("points")) for n, m in roles.items() if m}
    assert flags["start-1"] == (False, False, True, None)
    assert flags["scale_all-solution"] == (False, True, False, None)
    assert flags["scale_all"] == (True, False, True, 2)
    assert flags["Scaler"] == (True, False, True, 3.5)
    assert flags["explain"] == (True, True, False, 1)
    assert roles["after-explain-1"] is None, "a free cell is the student's own"
    assert cells["Scaler"].metadata["tags"] == ["demo"]
    assert all(meta["grade_id"] == name and meta["schema_version"] == 3 for name, meta in roles.items() if meta)


def test_the_solution_is_there_and_the_import_is_not(load: Callable[[], Course]) -> None:
    text = json.dumps(build_source(load(), "01-mini"), ensure_ascii=False)
    assert "### BEGIN SOLUTION" in text
    assert "value * factor for value in values" in text
    assert "from reference" not in text
    assert "for the author's eyes only" not in text


def test_the_notebook_runs_and_its_checks_pass(load: Callable[[], Course]) -> None:
    class Selfcheck:
        seen: list[str] = []  # noqa: RUF012

        @classmethod
        def equal(cls, value: object, expected: object, what: str) -> None:
            assert value == expected
            cls.seen.append(what)

    space: dict[str, Any] = {}
    for cell in build_source(load(), "01-mini").cells:
        if cell.cell_type == "code":
            code = plain_python(cell.source).replace("import selfcheck", "").replace("mots = ", "# mots = ")
            exec(code, space)
            space["selfcheck"] = Selfcheck
    assert Selfcheck.seen == ["scale_all", "Scaler"]


def test_the_same_course_gives_the_same_notebook(load: Callable[[], Course]) -> None:
    course = load()
    assert build_source(course, "01-mini") == build_source(course, course.assignments[0])


def test_ids_survive_edits_of_the_text(root: Path, load: Callable[[], Course]) -> None:
    before = [cell.id for cell in build_source(load(), "01-mini").cells]
    edit(root / TEXT, "Et maintenant un objet.", "Et maintenant, enfin, un objet.")
    assert [cell.id for cell in build_source(load(), "01-mini").cells] == before
    edit(root / TEXT, "Et maintenant, enfin, un objet.", "Et maintenant.\n\n+++\n\nUn objet.")
    after = [cell.id for cell in build_source(load(), "01-mini").cells]
    assert set(after) - set(before) == {"after-scale_all-2"}, "a new cell changes no id of another"


def test_several_names_in_one_cell(root: Path, load: Callable[[], Course]) -> None:
    source = (root / "reference/scale.py").read_text()
    (root / "reference/scale.py").write_text(
        source + '\n\ndef half(x: float) -> float:\n    """Moitié."""\n    return x / 2\n'
    )
    edit(root / TEXT, "import scale_all", "import half, scale_all")
    cell = by_id(build_source(load(), "01-mini"))["scale_all-solution"]
    assert cell.source.index("def half") < cell.source.index("def scale_all")
    assert cell.source.count("### BEGIN SOLUTION") == 2


def test_a_given_cell_shows_definitions_in_full_and_locked(root: Path, load: Callable[[], Course]) -> None:
    cell = "```{code-cell} ipython3\n:given: true\nfrom reference.scale import Scaler, scale_all\n```\n"
    edit(root / "source/02-suite/02-suite.md", "# La suite\n", f"# La suite\n\n{cell}\n")
    edit(
        root / "reference/scale.py",
        "        self.factor = factor\n",
        "        self.factor = factor  # type: ignore[x]\n",
    )
    given = build_source(load(), "02-suite").cells[1]
    assert given.metadata["nbgrader"]["locked"] and not given.metadata["nbgrader"]["solution"]
    assert "BEGIN SOLUTION" not in given.source
    assert "        self.factor = factor\n" in given.source
    assert given.source.index("class Scaler") < given.source.index("    scaled = [value * factor for value in values]")


def test_a_given_cell_cannot_give_away_what_is_still_to_be_solved(root: Path, load: Callable[[], Course]) -> None:
    cell = "```{code-cell} ipython3\n:given: true\nfrom reference.scale import Scaler, scale_all\n```\n"
    text = (root / TEXT).read_text()
    (root / TEXT).write_text(text + f"\n{cell}")
    with pytest.raises(CourseFault) as told:
        build_source(load(), "01-mini")
    assert "this given cell shows the solution of Scaler, an exercise of 01-mini" in str(told.value)
    assert "this given cell shows the solution of scale_all" in str(told.value)
    (root / TEXT).write_text(text)
    build_source(load(), "01-mini")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (":tags: [demo]", ":tag: [demo]", 'unknown cell option "tag"'),
        (":free: true", ":fre: true", 'Did you mean "free"?'),
        (":free: true", ":free: maybe", "write true"),
        (":check: Scaler", ":check: Scaler\n:free: true", "only one of check, free"),
        (":free: true", ":given: true", "write exactly: from reference.<module> import <name>"),
        ('+++ {"manual": "explain"}', '+++ {"manual": "explain", "check": "Scaler"}', "only one of check, manual"),
        ("from reference.scale import Scaler", "import reference.scale", "write exactly"),
        ("from reference.scale import Scaler", "from reference.scale import Scaler as S", "write exactly"),
        ("from reference.scale import Scaler", "from reference.scale import scale_all", "import Scaler"),
        ("from reference.scale import Scaler", "from reference.other import Scaler", "there is no reference/other.py"),
        ("from reference.scale import Scaler", "from reference.scale import Scalar, Scaler", "defines Scalar 0 times"),
        ("import math\n", "", "uses math, which no earlier cell defines"),
        ("import selfcheck", "import = 1", "line 5 of the cell"),
    ],
)
def test_mistakes_in_the_text_name_their_line(root: Path, old: str, new: str, expected: str) -> None:
    edit(root / TEXT, old, new)
    text = mistakes_of(root)
    assert expected in text
    assert f"{TEXT}, line " in text


def test_mistakes_are_reported_together(root: Path) -> None:
    edit(root / TEXT, "import math\n", "")
    edit(root / TEXT, ":free: true", ":fre: true")
    text = mistakes_of(root)
    assert "uses math" in text
    assert 'Did you mean "free"?' in text


def test_a_check_above_its_exercise_is_refused(root: Path) -> None:
    edit(root / TEXT, ":exercise: scale_all\n\nfrom reference.scale import scale_all", ":check: scale_all\n\npass")
    edit(
        root / TEXT, ":check: scale_all\n\nselfcheck", ":exercise: scale_all\n\nfrom reference.scale import scale_all #"
    )
    assert "stands above its exercise" in mistakes_of(root)


@pytest.mark.parametrize(
    ("old", "new"),
    [(":free: true", ":free: ["), ("  display_name: Python 3 (ipykernel)\n", "")],
)
def test_an_unreadable_text_is_the_authors_fault(root: Path, old: str, new: str) -> None:
    edit(root / TEXT, old, new)
    assert f"{TEXT} cannot be read" in mistakes_of(root)


def test_a_later_exercise_is_no_name_for_an_earlier_one(root: Path) -> None:
    edit(root / "reference/scale.py", "    return scaled\n", "    return Scaler(factor)(values)\n")
    assert "scale_all uses Scaler, which no earlier cell defines" in mistakes_of(root)
