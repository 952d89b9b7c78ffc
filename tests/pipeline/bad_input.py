"""A class in which everybody hands in something else that is broken, besides two who don't."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.pipeline.small_course import NAME, POINTS, Class, solution_of

Make = Callable[[Class, str], Any]
ALL = {**POINTS, "explain": None}
NOTHING = dict.fromkeys(POINTS, 0.0)


@dataclass(frozen=True)
class Case:
    """What is handed in, and what must come of it."""

    make: Make
    says: str = ""
    scores: dict[str, float | None] = field(default_factory=lambda: ALL)
    written_as: str = ""

    @property
    def rejected(self) -> bool:
        return self.scores is NOTHING


def raw(content: bytes) -> Make:
    return lambda klass, student: klass.hand_in(student, content)


def changed(change: Callable[[dict[str, Any]], Any]) -> Make:
    """A right notebook after `change`, which works in place or returns another."""

    def make(klass: Class, student: str) -> None:
        notebook = klass.notebook()
        klass.hand_in(student, change(notebook) or notebook)

    return make


def rejected(make: Make, says: str, written_as: str = "") -> Case:
    return Case(make, says, NOTHING, written_as)


def costs(**points: float) -> dict[str, float | None]:
    return {**ALL, **points}


def cell_of(notebook: dict[str, Any], exercise: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if solution_of(cell) == exercise)


def set_metadata(**fields: Any) -> Make:
    """Every cell's nbgrader metadata, as a student could edit it."""

    def change(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"] |= fields

    return changed(change)


def keep(wanted: Callable[[dict[str, Any]], bool]) -> Make:
    return changed(lambda n: {**n, "cells": [cell for cell in n["cells"] if wanted(cell)]})


def edit(exercise: str, **fields: Any) -> Make:
    return changed(lambda notebook: cell_of(notebook, exercise).update(fields))


def sparse(klass: Class, student: str) -> None:
    os.truncate(klass.hand_in(student, b"{"), 200 << 20)


def folder_of(klass: Class, student: str) -> Path:
    folder = klass.root / "submitted" / student / NAME
    folder.mkdir(parents=True)
    return folder


def only(*names: str) -> Make:
    def make(klass: Class, student: str) -> None:
        folder_of(klass, student)
        for name in names:
            klass.hand_in(student, name=name)

    return make


def linked_notebook(klass: Class, student: str) -> None:
    target = klass.root / "right.ipynb"
    target.write_text(json.dumps(klass.notebook()))
    (folder_of(klass, student) / f"{NAME}.ipynb").symlink_to(target)


def linked_folder(klass: Class, student: str) -> None:
    folder = folder_of(klass, student)
    folder.rmdir()
    folder.symlink_to(klass.hand_in(f"{student}-target").parent)


def linked_student(klass: Class, student: str) -> None:
    (klass.root / "submitted" / student).symlink_to(klass.hand_in(f"{student}-target").parents[1])


def file_for_folder(klass: Class, student: str) -> None:
    folder_of(klass, student).rmdir()
    (klass.root / "submitted" / student / NAME).write_text("hello")


def duplicate(klass: Class, student: str) -> None:
    """A wrong answer, then a copy of its cell with the right one: the last counts."""
    notebook = klass.notebook()
    cell = cell_of(notebook, "double")
    wrong = {**copy.deepcopy(cell), "source": "def double(values):\n    return values"}
    notebook["cells"].insert(notebook["cells"].index(cell), wrong)
    klass.hand_in(student, notebook)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


CASES: dict[str, Case] = {
    "aaa": Case(changed(lambda n: n)),
    "zzz": Case(changed(lambda n: n)),
    # the file
    "not-json": rejected(raw(b'{"cells": ['), "JSON invalide"),
    "empty-file": rejected(raw(b""), "JSON invalide"),
    "binary": rejected(raw(bytes(range(256))), "JSON invalide"),
    "utf-16": rejected(lambda k, s: k.hand_in(s, json.dumps(k.notebook()).encode("utf-16")), "JSON invalide"),
    "byte-order-mark": Case(lambda k, s: k.hand_in(s, b"\xef\xbb\xbf" + json.dumps(k.notebook()).encode())),
    "deep-json": rejected(raw(nested(1_000_000).encode()), "JSON invalide"),
    "huge-int": rejected(raw(b'{"nbformat": 4, "cells": [' + b"9" * 10_000 + b"]}"), "JSON invalide"),
    "huge": rejected(sparse, "pèse 200 Mo ; la limite est de 20 Mo"),
    "a-list": rejected(raw(b"[1, 2]"), "pas un notebook Jupyter"),
    "no-format": rejected(raw(b'{"cells": []}'), "pas un notebook Jupyter"),
    "old-format": rejected(raw(b'{"nbformat": 3, "worksheets": []}'), "nbformat 3"),
    "no-cells": rejected(changed(lambda n: {**n, "cells": []}), "aucune cellule"),
    "many-cells": rejected(changed(lambda n: {**n, "cells": [{}] * 50_000}), "50000 cellules"),
    "wrong-kernel": rejected(
        changed(lambda n: {**n, "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}), "langage « r »"
    ),
    # names and places
    "unknown": rejected(only("a.ipynb", "b\x1b[31m.ipynb"), r"b\x1b[31m.ipynb"),
    "renamed": Case(only("mon devoir (1).ipynb"), "mon devoir (1).ipynb"),
    "empty-folder": rejected(only(), "aucun notebook"),
    "with spaces in it": Case(changed(lambda n: n)),
    "élève-ñ-中": Case(changed(lambda n: n)),
    "'; DROP TABLE grade; --": Case(changed(lambda n: n)),
    "[a-z]*": Case(changed(lambda n: n)),
    "..x": rejected(changed(lambda n: n), "commence par un point"),
    "...": rejected(changed(lambda n: n), "commence par un point"),
    "bell\x07\x1b[2J": rejected(changed(lambda n: n), "caractères de contrôle", r"bell\x07\x1b[2J"),
    os.fsdecode(b"caf\xe9"): rejected(changed(lambda n: n), "caractères de contrôle", r"caf\udce9"),
    "link": rejected(linked_notebook, "pas un fichier ordinaire"),
    "fifo": rejected(lambda k, s: os.mkfifo(folder_of(k, s) / f"{NAME}.ipynb"), "pas un fichier ordinaire"),
    "a-folder": rejected(lambda k, s: (folder_of(k, s) / f"{NAME}.ipynb").mkdir(), "pas un fichier ordinaire"),
    "linked-folder": rejected(linked_folder, "pas un dossier ordinaire"),
    "linked-student": rejected(linked_student, "pas un dossier ordinaire"),
    "file-for-folder": rejected(file_for_folder, "pas un dossier ordinaire"),
    # the cells
    "surrogate": Case(edit("double", source="x = '\ud800'\ndef double(v):\n    return [2 * a for a in v]")),
    "nul-bytes": Case(edit("double", source="x = 1\0\ndef double(v): return v"), "", costs(double=0.0)),
    "no-source": Case(edit("double", source=None), "1 cellule(s) illisible(s)", costs(double=0.0)),
    "long-source": Case(edit("double", source="#" * (2 << 20)), "1 cellule(s) illisible(s)", costs(double=0.0)),
    "odd-cells": Case(changed(lambda n: n["cells"].extend([3, None, {"cell_type": "x"}])), "3 cellule(s) illisible(s)"),
    "odd-metadata": Case(changed(lambda n: [c.update(metadata=7) for c in n["cells"] if not c["metadata"]] and None)),
    "odd-outputs": Case(
        changed(lambda n: [c.update(outputs=[{"a": 1}], execution_count="x") for c in n["cells"]] and None)
    ),
    "same-cell-ids": Case(changed(lambda n: [cell.update(id="one") for cell in n["cells"]] and None)),
    "points-1e9": Case(set_metadata(points=1e9)),
    "grade-false": Case(set_metadata(grade=False)),
    "not-locked": Case(set_metadata(locked=False, schema_version=99, cell_type="code")),
    "same-grade-ids": Case(set_metadata(grade_id="double-solution"), "", {**NOTHING, "double": 2.0, "explain": None}),
    "retyped": Case(edit("double", cell_type="markdown")),
    "raw-cell": Case(edit("total", cell_type="raw")),
    "reordered": Case(changed(lambda n: {**n, "cells": n["cells"][::-1]})),
    "deleted": Case(keep(lambda cell: solution_of(cell) != "double"), "", costs(double=0.0)),
    "only-answers": Case(keep(lambda cell: solution_of(cell) is not None)),
    "duplicated": Case(duplicate),
    "untouched": Case(lambda k, s: k.hand_in(s, k.release), "", {**NOTHING, "explain": None}),
}


def fill(klass: Class) -> None:
    """Hand everything in."""
    for student, case in CASES.items():
        case.make(klass, student)
