"""Honest notebooks pass unharmed: what they do besides answering costs nothing, is shown, and gives a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coursegrader.verdict import Verdict
from tests.pipeline.honest_work import WORK, Work
from tests.pipeline.small_course import POINTS, Class, scores, write_config

ROOMY = {"cell_seconds": 60, "cell_cpu_seconds": 120, "call_seconds": 10, "memory_mb": 2048, "output_kb": 1024}
CASES = [(student, name) for student, works in WORK.items() for name in works]


@pytest.fixture(scope="module")
def graded(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, dict[str, Verdict]]:
    klass = Class.copied(built_course, tmp_path_factory.mktemp("honest") / "course")
    write_config(klass.root, **ROOMY)
    for student, works in WORK.items():
        notebook = klass.notebook()
        first = next(n for n, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code") + 1
        notebook["cells"][first:first] = [cell(name, work) for name, work in works.items()]
        klass.hand_in(student, notebook)
    return klass, klass.verdicts()


def cell(name: str, work: Work) -> dict[str, Any]:
    source = f"# travail : {name}\n{work.source}" if not work.source.startswith("%%") else work.source
    return {
        "cell_type": "code",
        "id": name[:60],
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


@pytest.fixture(scope="module")
def outputs(graded: tuple[Class, dict[str, Verdict]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The outputs of each cell of work, in its student's graded notebook."""
    found = {}
    for student, works in WORK.items():
        cells = json.loads(graded[0].autograded(student).read_text(encoding="utf-8"))["cells"]
        extra = [c for c in cells if c["cell_type"] == "code" and "nbgrader" not in c["metadata"]]
        found |= {(student, name): c["outputs"] for name, c in zip(works, extra, strict=False)}
    return found


@pytest.mark.parametrize(("student", "name"), CASES, ids=[f"{s}-{n}" for s, n in CASES])
def test_the_cell_runs_and_is_shown(
    student: str, name: str, outputs: dict[tuple[str, str], list[dict[str, Any]]]
) -> None:
    of_cell = outputs[student, name]
    assert [output for output in of_cell if output["output_type"] == "error"] == []
    assert WORK[student][name].shown in json.dumps(of_cell, ensure_ascii=False)


@pytest.mark.parametrize("student", WORK)
def test_all_points_are_given_and_the_page_says_so(student: str, graded: tuple[Class, dict[str, Verdict]]) -> None:
    klass, verdicts = graded
    assert scores(verdicts[student]) == {**POINTS, "explain": None}
    page = klass.page(student)
    assert page.count("réussi") >= len(POINTS) - 1
    assert "Ce qui est à corriger" not in page
    assert len(page) < 16 << 20
