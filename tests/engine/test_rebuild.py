"""The graded notebook: everything from the release, only the answers from the submission."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.rebuild import RebuiltCell, rebuild, unanswered
from coursegrader.submission import StudentCell, StudentNotebook, parse


def cell(kind: str, source: str, grade_id: str | None = None, **nbgrader: Any) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id, **nbgrader}} if grade_id else {}
    return {"cell_type": kind, "source": source, "metadata": metadata}


RELEASE = {
    "cells": [
        cell("markdown", "# Title", "cell-0", locked=True),
        cell("code", "raise NotImplementedError", "f-solution", solution=True),
        cell("code", "check(f)", "f", grade=True, points=2),
        cell("code", "raise NotImplementedError", "g-solution", solution=True),
        cell("code", "check(g)", "g", grade=True, points=3),
        cell("markdown", "VOTRE RÉPONSE", "why", solution=True, grade=True, points=1),
        cell("code", "# free"),
    ]
}
GIVEN = [("cell-0", "# Title"), ("f", "check(f)"), ("g", "check(g)")]


def student(*cells: tuple[str, str | None, str]) -> StudentNotebook:
    """A notebook of (kind, grade_id, source)."""
    return StudentNotebook(tuple(StudentCell(kind, source, grade_id) for kind, grade_id, source in cells))


ANSWERED = [
    ("markdown", "cell-0", "# Title"),
    ("code", "f-solution", "def f(): 1"),
    ("code", "f", "check(f)"),
    ("code", "g-solution", "def g(): 2"),
    ("code", "g", "check(g)"),
    ("markdown", "why", "Because"),
    ("code", None, "mine"),
]


def outline(cells: list[RebuiltCell]) -> list[tuple[str, str | None, str]]:
    return [(c.role, c.exercise, c.source) for c in cells]


def test_the_release_alone_is_the_release() -> None:
    cells = rebuild(RELEASE, None)
    assert [c.source for c in cells] == [c["source"] for c in RELEASE["cells"]]
    assert [c.role for c in cells] == ["given", "solution", "check", "solution", "check", "solution", "given"]
    assert unanswered(cells) == {"f", "g", "why"}


def test_answers_take_the_places_of_the_stubs() -> None:
    cells = rebuild(RELEASE, student(*ANSWERED))
    assert outline(cells) == [
        ("given", None, "# Title"),
        ("solution", "f", "def f(): 1"),
        ("check", "f", "check(f)"),
        ("solution", "g", "def g(): 2"),
        ("check", "g", "check(g)"),
        ("solution", "why", "Because"),
        ("extra", None, "mine"),
    ]
    assert unanswered(cells) == set()


def test_given_cells_and_checks_cannot_be_changed() -> None:
    changed = [(kind, name, "hacked" if name in ("cell-0", "f", "g") else source) for kind, name, source in ANSWERED]
    assert outline(rebuild(RELEASE, student(*changed))) == outline(rebuild(RELEASE, student(*ANSWERED)))


def test_deleted_cells_come_back_as_released() -> None:
    cells = rebuild(RELEASE, student(("code", "g-solution", "def g(): 2")))
    assert [(c.grade_id, c.source) for c in cells if c.role in ("given", "check")] == GIVEN
    assert unanswered(cells) == {"f", "why"}


def test_of_copies_the_last_counts_and_the_others_still_run() -> None:
    copies = student(*ANSWERED[:2], ("code", "f-solution", "def f(): 9"), *ANSWERED[2:])
    cells = rebuild(RELEASE, copies)
    assert [(c.role, c.source) for c in cells[:3]] == [
        ("given", "# Title"),
        ("extra", "def f(): 1"),
        ("solution", "def f(): 9"),
    ]


def test_a_solution_that_became_text_is_code_again() -> None:
    cells = rebuild(RELEASE, student(("markdown", "f-solution", "def f(): 1"), ("code", "why", "Because")))
    kinds = {c.exercise: c.kind for c in cells if c.role == "solution"}
    assert kinds == {"f": "code", "g": "code", "why": "markdown"}


def test_extra_cells_stay_behind_the_cell_they_stood_behind() -> None:
    first, helper = ("code", None, "import math"), ("code", None, "def helper(): 3")
    unknown = ("code", "invented-id", "x = 1")
    cells = rebuild(RELEASE, student(first, *ANSWERED[:3], helper, unknown, *ANSWERED[3:]))
    sources = [c.source for c in cells]
    assert sources[0] == "import math"
    assert sources[sources.index("check(f)") + 1 :][:2] == ["def helper(): 3", "x = 1"]
    assert sum(c.role == "extra" for c in cells) == 4


def test_only_spaces_added_is_no_answer() -> None:
    cells = rebuild(RELEASE, student(("code", "f-solution", "\nraise NotImplementedError  \n")))
    assert "f" in unanswered(cells)


ids = st.sampled_from([None, "cell-0", "f-solution", "f", "g-solution", "g", "why", "other"])


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), ids, st.text(max_size=5)), max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_is_handed_in_the_release_s_cells_are_there_once_and_in_order(cells: Any) -> None:
    rebuilt = rebuild(RELEASE, student(*cells))
    named = [c for c in rebuilt if c.grade_id is not None]
    assert [c.grade_id for c in named] == ["cell-0", "f-solution", "f", "g-solution", "g", "why"]
    assert [(c.grade_id, c.source) for c in named if c.role != "solution"] == GIVEN
    assert all(c.metadata is None for c in rebuilt if c.role == "extra")


def test_the_order_of_the_cells_does_not_change_the_answers() -> None:
    rng = random.Random(1)
    for _ in range(20):
        shuffled = rng.sample(ANSWERED, len(ANSWERED))
        cells = rebuild(RELEASE, student(*shuffled))
        assert {c.exercise: c.source for c in cells if c.role == "solution"} == {
            "f": "def f(): 1",
            "g": "def g(): 2",
            "why": "Because",
        }


def test_what_parse_reads_can_be_rebuilt() -> None:
    notebook = {
        "nbformat": 4,
        "metadata": {},
        "cells": [{**c, "source": c["source"].split()} for c in RELEASE["cells"]],
    }
    assert len(rebuild(RELEASE, parse(json.dumps(notebook).encode()))) == len(RELEASE["cells"])
