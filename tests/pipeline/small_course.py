"""A small course to grade for real: three exercises and a written answer, built once a session and copied for each test."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coursegrader.course import Course, load_course
from coursegrader.grade import Run, grade
from coursegrader.sandbox.choose import best_mode
from coursegrader.verdict import Verdict

NAME = "01-petit"
POINTS = {"double": 2.0, "total": 3.0, "Tally": 2.0, "explain": 1.0}
LIMITS = {"cell_seconds": 1.5, "call_seconds": 1.5, "memory_mb": 512, "output_kb": 64}

CONFIG = """
from coursegrader.nbgrader_traits import configure

COURSE = {course!r}

c = get_config()
configure(c)
c.CourseDirectory.course_id = COURSE["id"]
c.CourseDirectory.ignore = [".*", "*~", "__pycache__", "{name}.md"]
c.ClearSolutions.code_stub = {{"python": "# VOTRE CODE ICI\\nraise NotImplementedError('À compléter.')"}}
c.ClearSolutions.text_stub = "VOTRE RÉPONSE ICI"
"""

REFERENCE = '''"""Doubling, adding, counting."""


def double(values: list[float]) -> list[float]:
    """Double chaque nombre.

    Exemple
        >>> double([1.0])
        [2.0]
    """
    return [2 * value for value in values]


def total(values: list[float]) -> float:
    """Additionne les nombres."""
    result = 0.0
    for value in values:
        result += value
    return result


class Tally:
    """Compte les appels."""

    def __init__(self) -> None:
        """Commence à zéro."""
        self.count = 0

    def add(self, number: int) -> int:
        """Ajoute un nombre et renvoie le compte."""
        self.count += number
        return self.count
'''

CHECK_DOUBLE = """from coursegrader.checks import check, expect

SECRET = "canary-5d1f"  # hidden checks are told to nobody


@check(points=1, message="Multipliez chaque nombre par deux.")
def test_values(student):
    expect.equal(student.double([1.5, -2.0, 1234.5]), [3.0, -4.0, 2469.0], what="double")


@check(points=1, message="Une liste vide donne une liste vide, et la liste reçue reste comme elle est.")
def test_inputs(student):
    expect.equal(student.double([]), [], what="double")
    student.double([1.0])
    expect.unchanged(student, what="double")
    assert len(SECRET) == 11, SECRET
"""

CHECK_TOTAL = """import torch

from coursegrader.checks import check, expect
from reference.sums import total


@check(points=2, message="Additionnez tous les nombres.")
def test_sum(student, rng):
    values = [rng.randint(-9, 9) / 2 for _ in range(20)]
    expect.close(student.total(values), total(values), what="total")


@check(points=1, message="La somme d'un tenseur est un nombre aussi.")
def test_tensor(student):
    expect.close(student.total(torch.tensor([0.5, 0.25])), 0.75, what="total")
"""

CHECK_TALLY = """from coursegrader.checks import check, expect


@check(points=2, message="Votre compteur additionne ce qu'on lui donne.")
def test_tally(student):
    tally = student.Tally()
    expect.equal(tally.add(2), 2, what="add")
    expect.equal(tally.add(3), 5, what="add")
    expect.equal(tally.get("count"), 5, what="count")
"""

TEXT = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# Un petit devoir

```{code-cell} ipython3
import torch

import selfcheck
```

## Doubler

```{code-cell} ipython3
:exercise: double

from reference.sums import double
```

```{code-cell} ipython3
:check: double

selfcheck.equal(double([1.0]), [2.0], "double")
```

## Additionner

```{code-cell} ipython3
:exercise: total

from reference.sums import total
```

```{code-cell} ipython3
:check: total

selfcheck.close(total([1.0, 2.0]), 3.0, "total")
```

## Compter

```{code-cell} ipython3
:exercise: Tally

from reference.sums import Tally
```

```{code-cell} ipython3
:check: Tally

selfcheck.equal(Tally().add(1), 1, "Tally")
```

Expliquez.

+++ {"manual": "explain"}

Parce que.

+++

```{code-cell} ipython3
:free: true

# À vous.
```
"""

FILES = {
    "nbgrader_config.py": 'load_subconfig("course_config.py")\n',
    "reference/__init__.py": "",
    "reference/sums.py": REFERENCE,
    f"source/{NAME}/{NAME}.md": TEXT,
    "grading_tests/conftest.py": '"""Nothing shared."""\n',
    f"grading_tests/{NAME}/test_double.py": CHECK_DOUBLE,
    f"grading_tests/{NAME}/test_total.py": CHECK_TOTAL,
    f"grading_tests/{NAME}/test_Tally.py": CHECK_TALLY,
}

RIGHT = {
    "double": "def double(values):\n    return [v * 2 for v in values]",
    "total": "def total(values):\n    return float(sum(values))",
    "Tally": (
        "class Tally:\n    def __init__(self):\n        self.count = 0\n\n"
        "    def add(self, number):\n        self.count += number\n        return self.count"
    ),
    "explain": "Parce que c'est ainsi.",
}


def course_data(
    policy: Mapping[str, Any] | None = None,
    extensions: Mapping[str, str] | None = None,
    due: str = "2026-09-08 23:59",
    **limits: float,
) -> dict[str, Any]:
    """COURSE, with other limits, policies, deadline or extensions (student -> date)."""
    exercises = {**POINTS, "explain": {"points": 1, "manual": True}}
    assignment = {"id": NAME, "title": "Un petit devoir", "release": "2026-09-01 08:00", "due": due}
    return {
        "id": "petit",
        "title": "Un petit cours",
        "language": "fr",
        "timezone": "Europe/Zurich",
        "seed": 3,
        "assignments": [{**assignment, "exercises": exercises}],
        "limits": {**LIMITS, **limits},
        **({"policy": dict(policy)} if policy is not None else {}),
        **({"extensions": {who: {NAME: date} for who, date in extensions.items()}} if extensions is not None else {}),
    }


def write_config(root: Path, traits: str = "", **changes: Any) -> None:
    """Write `course_config.py`, with further traits below; `changes` as in `course_data`."""
    text = CONFIG.format(course=course_data(**changes), name=NAME) + traits
    (root / "course_config.py").write_text(text, encoding="utf-8")


def write_course(root: Path) -> Path:
    """Write the course's files; nothing is built."""
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    write_config(root)
    return root


class Class:
    """A course's folder and its students."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def copied(cls, built: Path, root: Path) -> Class:
        """The built course in a folder of its own."""
        shutil.copytree(built, root)
        return cls(root)

    @property
    def course(self) -> Course:
        """The course as its files are now."""
        return load_course(self.root, only=[])

    @property
    def release(self) -> dict[str, Any]:
        """The released notebook."""
        path = self.root / "release" / NAME / f"{NAME}.ipynb"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def notebook(self, answers: Mapping[str, str] = RIGHT, **changes: Any) -> dict[str, Any]:
        """The release with answers in it; right ones where none is given, and `double=None` for the stub."""
        notebook = copy.deepcopy(self.release)
        given = {**RIGHT, **answers, **changes}
        for cell in notebook["cells"]:
            exercise = solution_of(cell)
            if exercise is not None and given.get(exercise) is not None:
                cell["source"] = given[exercise]
        return notebook

    def hand_in(self, student: str, notebook: Any = None, *, name: str | None = None, **answers: Any) -> Path:
        """Put a notebook (JSON value, text or bytes; by default with right answers) where `nbgrader collect` would."""
        folder = self.root / "submitted" / student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        content = self.notebook(**answers) if notebook is None else notebook
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path = folder / (name or f"{NAME}.ipynb")
        path.write_bytes(content)
        return path

    def submit(self, student: str, at: str, notebook: Any = None, **answers: Any) -> Path:
        """Hand in at a time, such as "2026-09-08 23:59:00 Europe/Zurich", as `nbgrader collect` writes it down."""
        path = self.hand_in(student, notebook, **answers)
        (path.parent / "timestamp.txt").write_text(at)
        return path

    def standing(self, student: str) -> tuple[float | None, float | None, str | None]:
        """What the gradebook has: automatic points, late penalty, time of the submission (UTC)."""
        query = """
            SELECT (SELECT sum(auto_score) FROM grade WHERE grade.notebook_id = submitted_notebook.id),
                   submitted_notebook.late_submission_penalty, submitted_assignment.timestamp
            FROM submitted_notebook JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
            WHERE submitted_assignment.student_id = ?"""
        row = self.sql(query, student)[0]
        return row[0], row[1], None if row[2] is None else row[2][:19]

    def grade(self, **options: Any) -> Run:
        """Grade in this process, unless more workers are asked for."""
        return grade(self.course, NAME, best_mode()[0], **{"workers": 1, **options})

    def verdicts(self, **options: Any) -> dict[str, Verdict]:
        """Every student's verdict of a run."""
        run = self.grade(**options)
        assert not run.faults, run.faults
        return {verdict.student: verdict for verdict in (*run.verdicts, *run.unchanged)}

    def page(self, student: str) -> str:
        """A student's feedback page."""
        return (self.root / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")

    def autograded(self, student: str) -> Path:
        """Where a student's graded notebook lies."""
        return self.root / "autograded" / student / NAME / f"{NAME}.ipynb"

    def rows(self, student: str) -> dict[str, tuple[Any, ...]]:
        """exercise -> (auto_score, manual_score, extra_credit, needs_manual_grade), as the database has them."""
        query = """
            SELECT base_cell.name, grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade
            FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
            JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
            WHERE submitted_assignment.student_id = ?"""
        return {name: tuple(row) for name, *row in self.sql(query, student)}

    def comments(self, student: str) -> dict[str, tuple[str | None, str | None]]:
        """cell -> (automatic comment, teacher's comment)."""
        query = """
            SELECT base_cell.name, comment.auto_comment, comment.manual_comment
            FROM comment JOIN base_cell ON base_cell.id = comment.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
            JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
            WHERE submitted_assignment.student_id = ?"""
        return {name: (auto, manual) for name, auto, manual in self.sql(query, student)}

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Run SQL on the gradebook."""
        database = sqlite3.connect(self.root / "gradebook.db")
        try:
            with database:
                return database.execute(statement, values).fetchall()
        finally:
            database.close()


def solution_of(cell: Mapping[str, Any]) -> str | None:
    """The exercise that a cell is the answer of."""
    nbgrader = cell["metadata"].get("nbgrader", {})
    return str(nbgrader["grade_id"]).removesuffix("-solution") if nbgrader.get("solution") else None


def scores(verdict: Verdict) -> dict[str, float | None]:
    """exercise -> points."""
    return {exercise.id: exercise.score for exercise in verdict.exercises}


def says(verdict: Verdict, exercise: str) -> str:
    """What the failed checks of an exercise tell the student."""
    checks = next(found.checks for found in verdict.exercises if found.id == exercise)
    return " ".join(f"{check.message} {check.reason}" for check in checks if not check.passed)


def digests(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """student -> digest of the verdict."""
    return {verdict.student: verdict.digest for verdict in verdicts}
