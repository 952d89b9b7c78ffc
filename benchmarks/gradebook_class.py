"""A made-up class of any size, written by bulk inserts into nbgrader's own tables and the store of verdicts.

Nobody in it exists. A student has an ability, an exercise a difficulty, and a check is passed with the odds of their difference (the Rasch
model), so that what a report says can be compared with what was put in. The same seed gives the same class.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy
from nbgrader.api import Base

from coursegrader.course import Course, load_course
from coursegrader.store import VerdictStore
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict

FIRST = [
    "Zoé",
    "Anaïs",
    "Jean-Luc",
    "Noël",
    "Chloé",
    "Éloïse",
    "محمد",
    "فاطمة",
    "Siân",
    "Łukasz",
    "Ines",
    "Gaëtan",
    "Aya",
    "Léo",
]
LAST = [
    "D'Alembert",
    "O'Neill",
    "Müller",
    "de La Tour",
    "الحسن",
    "Nguyễn",
    "Šimić",
    "Favre",
    "Rochat",
    "Blanc",
    "N'Diaye",
    "Roux",
]
CONFIG = '''"""A made-up course."""

COURSE = {course!r}

c = get_config()
c.CourseDirectory.course_id = COURSE["id"]
'''
START = datetime(2026, 9, 7, 8, 0)


@dataclass(frozen=True)
class Size:
    """How large the class is; two checks an exercise, a point each."""

    students: int
    assignments: int = 12
    exercises: int = 8
    seed: int = 7
    milestones: int = 0


def write_config(root: Path, size: Size, db_url: str | None = None) -> Course:
    """Write course_config.py and load it; exercises are called e01_1, e01_2, ..."""
    assignments = [
        {
            "id": f"{number:02d}-devoir",
            "title": f"Devoir {number}",
            "release": f"{START + timedelta(weeks=number - 1):%Y-%m-%d %H:%M}",
            "due": f"{START + timedelta(weeks=number):%Y-%m-%d %H:%M}",
            "exercises": {f"e{number:02d}_{k}": 2 for k in range(1, size.exercises + 1)},
        }
        for number in range(1, size.assignments + 1)
    ]
    course = {
        "id": "classe",
        "title": "Une classe inventée",
        "language": "fr",
        "timezone": "Europe/Zurich",
        "seed": 1,
        "assignments": assignments,
        "milestones": [
            {"id": f"m{n}", "title": f"Jalon {n}", "due": f"{START + timedelta(weeks=4 * n):%Y-%m-%d %H:%M}"}
            for n in range(1, size.milestones + 1)
        ],
    }
    root.mkdir(parents=True, exist_ok=True)
    traits = f"c.CourseDirectory.db_url = {db_url!r}\n" if db_url else ""
    (root / "course_config.py").write_text(CONFIG.format(course=course) + traits, encoding="utf-8")
    for assignment in assignments:
        catalogue = root / "grading_tests" / "misconceptions" / f"{assignment['id']}.toml"
        catalogue.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write_text(
            "".join(
                f'[{name}]\ntitle = "Idée fausse de {name}"\ntext = "Ce n\'est pas cela."\nsee = ""\n'
                for name in assignment["exercises"]  # type: ignore[attr-defined]
            ),
            encoding="utf-8",
        )
    return load_course(root, only=[])


class MadeClass:
    """The class as arrays: `passed` is (students, assignments, exercises, 2), `handed_in` (students, assignments)."""

    def __init__(self, course: Course, size: Size) -> None:
        rng = np.random.default_rng(size.seed)
        self.course, self.size = course, size
        shape = (size.students, size.assignments, size.exercises, 2)
        ability = rng.normal(0.8, 1.0, shape[0])
        difficulty = rng.normal(0.0, 0.9, shape[1:])
        odds = 1 / (1 + np.exp(-(ability[:, None, None, None] - difficulty)))
        self.ability, self.difficulty = ability, difficulty
        self.passed = rng.random(shape) < odds
        self.handed_in = rng.random(shape[:2]) < 0.94
        self.late_hours = np.where(
            rng.random(shape[:2]) < 0.08, rng.exponential(20, shape[:2]), -rng.exponential(30, shape[:2])
        )
        self.students = [f"etu{number:05d}" for number in range(size.students)]
        self.names = [(FIRST[n % len(FIRST)], LAST[(n // len(FIRST) + n) % len(LAST)]) for n in range(size.students)]
        self.wrong = rng.random(shape[:3]) < 0.5  # of the failed: a known misconception

    @property
    def scores(self) -> np.ndarray[Any, Any]:
        """(students, assignments, exercises), points; 0 where nothing was handed in."""
        return self.passed.sum(axis=3) * self.handed_in[:, :, None]

    def write_gradebook(self, db_url: str | None = None) -> None:
        """Fill nbgrader's tables."""
        engine = sqlalchemy.create_engine(db_url or self.course.db_url)
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            for name, rows in self._rows():
                for start in range(0, len(rows), 100_000):
                    connection.execute(Base.metadata.tables[name].insert(), rows[start : start + 100_000])
        engine.dispose()

    def _rows(self) -> Any:
        course = self.course
        yield "course", [{"id": course.id}]
        yield (
            "student",
            [
                {"id": s, "first_name": first, "last_name": last, "email": f"{s}@exemple.org", "lms_user_id": str(n)}
                for n, (s, (first, last)) in enumerate(zip(self.students, self.names, strict=True))
            ],
        )
        due = [item.due.astimezone(course.tz) for item in course.assignments]
        utc = [
            date.astimezone(tz=None).replace(tzinfo=None)
            if date.tzinfo is None
            else (date - date.utcoffset()).replace(tzinfo=None)
            for date in due
        ]
        ids = [item.id for item in course.assignments]
        yield (
            "assignment",
            [
                {"id": f"a{n}", "name": i, "duedate": d, "course_id": course.id}
                for n, (i, d) in enumerate(zip(ids, utc, strict=True))
            ],
        )
        yield (
            "notebook",
            [{"id": f"n{n}", "name": i, "assignment_id": f"a{n}", "kernelspec": "{}"} for n, i in enumerate(ids)],
        )
        cells = [
            (a, e, item.exercises[e].id)
            for a, item in enumerate(course.assignments)
            for e in range(self.size.exercises)
        ]
        yield (
            "base_cell",
            [{"id": f"c{a}-{e}", "name": name, "notebook_id": f"n{a}", "type": "GradeCell"} for a, e, name in cells]
            + [
                {"id": f"s{a}-{e}", "name": f"{name}-solution", "notebook_id": f"n{a}", "type": "SolutionCell"}
                for a, e, name in cells
            ],
        )
        yield "grade_cells", [{"id": f"c{a}-{e}", "max_score": 2.0, "cell_type": "code"} for a, e, _ in cells]
        yield "solution_cells", [{"id": f"s{a}-{e}"} for a, e, _ in cells]
        given = [(s, a) for s, a in zip(*np.nonzero(self.handed_in), strict=True)]
        yield (
            "submitted_assignment",
            [
                {
                    "id": f"u{s}-{a}",
                    "assignment_id": f"a{a}",
                    "student_id": self.students[s],
                    "timestamp": utc[a] + timedelta(hours=float(self.late_hours[s, a])),
                    "extension": None,
                }
                for s, a in given
            ],
        )
        yield (
            "submitted_notebook",
            [
                {
                    "id": f"v{s}-{a}",
                    "assignment_id": f"u{s}-{a}",
                    "notebook_id": f"n{a}",
                    "flagged": False,
                    "late_submission_penalty": None,
                }
                for s, a in given
            ],
        )
        points = self.scores
        yield (
            "grade",
            [
                {
                    "id": f"g{s}-{a}-{e}",
                    "notebook_id": f"v{s}-{a}",
                    "cell_id": f"c{a}-{e}",
                    "auto_score": float(points[s, a, e]),
                    "manual_score": None,
                    "extra_credit": None,
                    "needs_manual_grade": False,
                }
                for s, a in given
                for e in range(self.size.exercises)
            ],
        )

    def write_verdicts(self) -> None:
        """Fill the store of verdicts, a row of history a submission."""
        path = self.course.root / "verdicts.db"
        with VerdictStore(path):
            pass
        db = sqlite3.connect(path)
        with db:
            for s, a in zip(*np.nonzero(self.handed_in), strict=True):
                verdict = self._verdict(int(s), int(a))
                key = json.dumps([verdict.student, verdict.assignment])
                packed = zlib.compress(verdict.to_json().encode(), 1)
                db.execute(
                    "INSERT INTO verdict (key, assignment, verdict, page) VALUES (?, ?, ?, ?)",
                    (key, verdict.assignment, packed, b""),
                )
                at = (START + timedelta(weeks=int(a) + 1)).isoformat() + "+00:00"
                row = (verdict.student, verdict.assignment, key, verdict.score, verdict.max_score, "graded", at)
                db.execute(
                    "INSERT INTO history (student, assignment, key, score, max_score, status, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
        db.close()

    def _verdict(self, s: int, a: int) -> Verdict:
        assignment = self.course.assignments[a]
        exercises = []
        for e, exercise in enumerate(assignment.exercises):
            checks = []
            for k in range(2):
                passed = bool(self.passed[s, a, e, k])
                known = exercise.id if not passed and self.wrong[s, a, e] else None
                message = "" if passed else f"La vérification {k + 1} de {exercise.id} n'est pas satisfaite."
                checks.append(CheckResult(f"test_{k + 1}", passed, 1.0, message, misconception=known))
            exercises.append(ExerciseResult(exercise.id, 2.0, tuple(checks)))
        return Verdict(self.students[s], assignment.id, "graded", "x", "x", "x", "full", tuple(exercises))


def make_class(root: Path, size: Size, db_url: str | None = None, *, verdicts: bool = True) -> MadeClass:
    """Write the whole class into a folder."""
    made = MadeClass(write_config(root, size, db_url), size)
    made.write_gradebook()
    if verdicts:
        made.write_verdicts()
    return made
