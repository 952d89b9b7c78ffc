"""Grades for a learning platform to import: Moodle ("Grades > Import > CSV file") and Canvas ("Grades > Import").

Both are CSV. Names are defused as everywhere; addresses and ids, by which the platform finds a person, are written as they are unless a spreadsheet
would run them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coursegrader.export.comments import commented
from coursegrader.feedback.plain import decimal
from coursegrader.gradebook.columns import rows_of
from coursegrader.gradebook.export import defuse
from coursegrader.gradebook.frames import Frames
from coursegrader.messages import text

MOODLE_HEAD = ("Username", "ID number", "Email address", "First name", "Last name")
CANVAS_HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
CANVAS_POINTS = "    Points Possible"  # Canvas knows the row by these four spaces


def write_moodle(frames: Frames, path: Path, assignment: str | None = None, separator: str = ",") -> None:
    """A row a student, a column of points an assignment, and one with what a person may want to know (late, penalty, still to be read, comments).

    In Moodle map "Email address" (or "ID number", "Username") to the user field, each title to its grade item and "... (feedback)" to that item's
    feedback. An empty cell leaves the grade as it is.
    """
    chosen = _assignments(frames, assignment)
    points, notes = _wide(frames, "score"), _notes(frames)
    head = [*MOODLE_HEAD]
    for title in chosen["title"]:
        head += [title, f"{title} (feedback)"]
    rows = []
    for person in rows_of(frames.students):
        row: list[Any] = [person.student, person.student, person.email, person.first_name, person.last_name]
        for name in chosen["assignment"]:
            key = (person.student, name)
            row += [_number(points.get(key)), notes.get(key, "")]
        rows.append(row)
    _write(path, head, rows, separator)


def write_canvas(frames: Frames, path: Path, assignment: str | None = None) -> None:
    """Canvas's own gradebook format: the row of possible points, then a row a student; `ID` is nbgrader's lms_user_id, which Canvas needs."""
    chosen = _assignments(frames, assignment)
    points = _wide(frames, "score")
    head = [*CANVAS_HEAD, *chosen["title"]]
    rows: list[list[Any]] = [[CANVAS_POINTS, "", "", "", "", *(_number(value) for value in chosen["points"])]]
    for person in rows_of(frames.students):
        name = ", ".join(part for part in (person.last_name, person.first_name) if part) or person.student
        own = [_number(points.get((person.student, item))) for item in chosen["assignment"]]
        rows.append([name, person.lms_user_id, person.student, person.email or person.student, "", *own])
    _write(path, head, rows, ",", keep=CANVAS_POINTS)


def _assignments(frames: Frames, assignment: str | None) -> pd.DataFrame:
    """Those to export, their titles made unique: a platform tells columns apart by them."""
    frame = frames.assignments if assignment is None else frames.assignments.query("assignment == @assignment")
    same = frame["title"].duplicated(keep=False)
    return frame.assign(title=frame["title"].where(~same, frame["title"] + " (" + frame["assignment"] + ")"))


def _wide(frames: Frames, column: str) -> dict[tuple[str, str], float]:
    frame = frames.submissions
    keys = zip(frame["student"].tolist(), frame["assignment"].tolist(), strict=True)
    return dict(zip(keys, frame[column].tolist(), strict=True))


def _notes(frames: Frames) -> dict[tuple[str, str], str]:
    comments: dict[tuple[str, str], list[str]] = {}
    for student, name, exercise, said in commented(frames):
        comments.setdefault((student, name), []).append(f"{exercise} : {said}")
    frame = frames.submissions
    written = pd.Series(
        [key in comments for key in zip(frame["student"], frame["assignment"], strict=True)], frame.index
    )
    frame = frame[
        written.astype(bool) | (frame["late_hours"] > 0) | (frame["penalty"] > 0) | frame["needs_manual_grade"]
    ]
    notes = {}
    columns = ("student", "assignment", "late_hours", "penalty", "needs_manual_grade")
    for student, name, late, penalty, waiting in zip(*(frame[column].tolist() for column in columns), strict=True):
        parts = [text("export.late", hours=math.ceil(late))] if late > 0 else []
        parts += [text("export.penalty_note", points=decimal(penalty))] if penalty > 0 else []
        parts += [text("export.waiting")] if waiting else []
        notes[student, name] = " · ".join([", ".join(parts)] * bool(parts) + comments.get((student, name), []))
    return notes


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.6f}".rstrip("0").rstrip(".")


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]], separator: str, keep: str = "") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
        writer.writerow([defuse(name) for name in head])
        for row in rows:
            writer.writerow([value if value == keep else defuse(value) for value in row])
