"""Grades as columns: every row of nbgrader's `grade` with the codes of student, assignment and exercise that it belongs to.

The database is asked for plain columns only; what belongs to what is looked up here by code, which for a million grades is faster than five
joins on 32-letter keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coursegrader.gradebook.columns import Codes, codes_of, extensions, texts_of, utc
from coursegrader.gradebook.comments import read_comments
from coursegrader.gradebook.read import NUMBER, TEXT, TIME, WHOLE, Reader

_CELLS = """
SELECT base_cell.id, base_cell.name, assignment.name, COALESCE(grade_cells.max_score, task_cells.max_score, 0)
FROM base_cell
JOIN notebook ON notebook.id = base_cell.notebook_id
JOIN assignment ON assignment.id = notebook.assignment_id
LEFT JOIN grade_cells ON grade_cells.id = base_cell.id
LEFT JOIN task_cells ON task_cells.id = base_cell.id
WHERE grade_cells.id IS NOT NULL OR task_cells.id IS NOT NULL
ORDER BY assignment.name, base_cell.id
"""
_SUBMISSIONS = """
SELECT submitted_assignment.id, student_id, assignment.name, timestamp, extension, penalties.penalty
FROM submitted_assignment
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
LEFT JOIN (
    SELECT assignment_id AS submission, SUM(late_submission_penalty) AS penalty FROM submitted_notebook GROUP BY assignment_id
) AS penalties ON penalties.submission = submitted_assignment.id
"""
_NOTEBOOKS = "SELECT id, assignment_id FROM submitted_notebook"
_GRADES = """
SELECT notebook_id, cell_id, auto_score, manual_score, extra_credit, CASE WHEN needs_manual_grade THEN 1 ELSE 0 END FROM grade
"""
_SOME_SUBMISSIONS = f"{_SUBMISSIONS} WHERE student_id IN ({{values}})"
_SOME_NOTEBOOKS = (
    f"{_NOTEBOOKS} WHERE assignment_id IN (SELECT id FROM submitted_assignment WHERE student_id IN ({{values}}))"
)
_SOME_GRADES = f"{_GRADES} WHERE notebook_id IN ({_SOME_NOTEBOOKS.replace('id, assignment_id', 'id')})"

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Cells:
    """Graded cells: exercise name, assignment name, points."""

    exercise: list[str]
    assignment: list[str]
    max_score: Floats


@dataclass(frozen=True)
class Scores:
    """Submissions (frame: student, assignment as codes, at, extension, penalty) and grades (codes into submissions and cells, points)."""

    submissions: pd.DataFrame
    cells: Cells
    submission: Codes
    cell: Codes
    auto: Floats
    manual: Floats
    extra: Floats
    waiting: np.ndarray[Any, np.dtype[np.bool_]]
    comment: list[str]
    orphans: int

    @property
    def score(self) -> Floats:
        """Manual where there is one, else automatic, plus extra credit, as in nbgrader."""
        base = np.where(np.isnan(self.manual), np.nan_to_num(self.auto), self.manual)
        return np.asarray(base + np.nan_to_num(self.extra), dtype=np.float64)


def read_cells(db: Reader) -> tuple[list[str], Cells]:
    """The graded cells and their ids."""
    given = db.columns(_CELLS, {"id": TEXT, "exercise": TEXT, "assignment": TEXT, "max_score": NUMBER})
    points = np.asarray(given["max_score"].to_numpy(), dtype=np.float64)
    return texts_of(given["id"]), Cells(texts_of(given["exercise"]), texts_of(given["assignment"]), points)


def read_scores(
    db: Reader,
    students: list[str],
    assignments: list[str],
    places: Mapping[tuple[str, str], int],
    only: Sequence[str] = (),
) -> Scores:
    """Everything that was graded.

    Args:
        db: an open gradebook.
        students: ids, in the order that codes count.
        assignments: names, likewise.
        places: (assignment, exercise) -> its place in the course; others come after them.
        only: read these students' rows; everybody's when empty.

    Raises:
        MachineFault: the database does not answer, or holds something that is no grade.
    """
    ids, submissions = _submissions(db, students, assignments, only)
    cell_ids, cells = read_cells(db)
    notebooks = db.columns(_SOME_NOTEBOOKS if only else _NOTEBOOKS, {"notebook": TEXT, "submission": TEXT}, only)
    of_notebook = np.append(codes_of(notebooks["submission"], ids), -1)
    kinds = {"notebook": TEXT, "cell": TEXT, "auto_score": NUMBER, "manual_score": NUMBER, "extra_credit": NUMBER}
    given = db.columns(_SOME_GRADES if only else _GRADES, {**kinds, "needs_manual_grade": WHOLE}, only)
    submission = of_notebook[codes_of(given["notebook"], texts_of(notebooks["notebook"]))]
    cell = codes_of(given["cell"], cell_ids)
    whole = (submission >= 0) & (cell >= 0)
    # in the order of students, then of the course; cells are few, so that their order is one of small numbers
    keys = list(zip(cells.assignment, cells.exercise, strict=True))
    place = np.array([(assignments.index(key[0]), places.get(key, len(places))) for key in keys], dtype=np.int64)
    place = place.reshape(-1, 2)
    rank = np.empty(len(cell_ids) + 1, dtype=np.int64)
    rank[np.lexsort((np.arange(len(cell_ids)), place[:, 1], place[:, 0]))] = np.arange(len(cell_ids))
    rows = np.flatnonzero(whole)
    rows = rows[np.lexsort((rank[cell[rows]], submission[rows]))]
    auto, manual, extra = (
        np.asarray(given[name].to_numpy(), dtype=np.float64)[rows]
        for name in ("auto_score", "manual_score", "extra_credit")
    )
    waiting = np.asarray(given["needs_manual_grade"].to_numpy())[rows].astype(bool)
    said = _comments(read_comments(db, only), given["notebook"].take(pa.array(rows)), cell[rows], cells.exercise)
    orphans = int((~whole).sum())
    return Scores(submissions, cells, submission[rows], cell[rows], auto, manual, extra, waiting, said, orphans)


def _comments(
    found: Mapping[tuple[str, str], str], notebooks: pa.ChunkedArray, cell: Codes, exercises: Sequence[str]
) -> list[str]:
    """The teacher's comment of each row, "" where there is none; only rows of notebooks that have one are looked at."""
    texts = [""] * len(notebooks)
    if found:
        known = pa.array(sorted({notebook for notebook, _ in found}), pa.string())
        for row in np.flatnonzero(pc.is_in(notebooks, value_set=known).to_numpy()).tolist():
            texts[row] = found.get((notebooks[row].as_py(), exercises[cell[row]]), "")
    return texts


def _submissions(
    db: Reader, students: list[str], assignments: list[str], only: Sequence[str]
) -> tuple[list[str], pd.DataFrame]:
    """Submissions by student and course order, and their ids."""
    kinds = {"id": TEXT, "student": TEXT, "assignment": TEXT, "at": TIME, "extension": TIME, "penalty": NUMBER}
    given = db.columns(_SOME_SUBMISSIONS if only else _SUBMISSIONS, kinds, only)
    frame = pd.DataFrame(
        {
            "id": texts_of(given["id"]),
            "student": codes_of(given["student"], students),
            "assignment": codes_of(given["assignment"], assignments),
            "penalty": np.nan_to_num(np.asarray(given["penalty"].to_numpy(), dtype=np.float64)),
        }
    )
    frame["submitted_at"] = utc(
        given["at"].to_pylist(),
        "the time of a submission",
        lambda row: f"{given['student'][row]}, {given['assignment'][row]}",
    )
    frame["extension"] = extensions(given["extension"].to_pylist())
    frame = frame[frame["student"] >= 0].sort_values(["student", "assignment"], ignore_index=True)
    return frame.pop("id").tolist(), frame
