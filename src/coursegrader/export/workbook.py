"""The gradebook as an Excel workbook: a sheet of the course, a sheet an assignment, frozen heads, and messages as notes on their cells.

Every text is written as text (type "s", with the quote-prefix that keeps it text when somebody edits the cell); there is no formula in the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coursegrader.course import Course
from coursegrader.export.comments import commented
from coursegrader.gradebook.frames import Frames
from coursegrader.messages import text

MOST_CELLS = 150_000  # of exercises; a larger class gets the course's sheet alone, and the frames as Parquet
MOST_NOTES = 3_000  # a spreadsheet draws each of them when it opens
CELL_CHARS = 32_767  # Excel's limit
NOTE_CHARS = 1_000


def write_workbook(course: Course, frames: Frames, path: Path, assignment: str | None = None) -> list[str]:
    """Write the workbook.

    Returns:
        What was left out, in words.

    Raises:
        CourseFault: the course has no such assignment.
    """
    with path.open("wb") as file:  # first: a place that cannot be written is known before anything is drawn
        book, left_out = _workbook(course, frames, assignment)
        book.save(file)
    return left_out


def _workbook(course: Course, frames: Frames, assignment: str | None) -> tuple[Any, list[str]]:
    from openpyxl import Workbook

    chosen = [course.assignment(assignment)] if assignment else list(course.assignments)
    book, left_out = Workbook(write_only=True), []
    if assignment is None:
        _course_sheet(book, frames)
    cells = len(frames.students) * sum(len(item.exercises) for item in chosen)
    if cells > MOST_CELLS:
        left_out.append(
            f"{cells} cells of exercises are too many for a workbook; use --assignment, or the format parquet"
        )
        return book, left_out
    messages = {key: said for key, said in _messages(frames).items() if assignment in (None, key[1])}
    noted = len(messages) <= MOST_NOTES
    for item in chosen:
        _assignment_sheet(book, course, frames, item.id, messages if noted else {})
    if not noted:
        left_out.append(
            f"{len(messages)} notes are more than a spreadsheet draws well; they are in the sheet of messages"
        )
        head = [text(key) for key in ("export.id", "export.assignment", "export.exercise", "export.message")]
        _sheet(book, text("export.messages"), head, ((*key, said) for key, said in messages.items()))
    return book, left_out


def _course_sheet(book: Any, frames: Frames) -> None:
    points = frames.submissions.pivot(index="student", columns="assignment", values="score")
    points = points.reindex(index=frames.students["student"], columns=frames.assignments["assignment"])
    head = [text(key) for key in ("export.last_name", "export.first_name", "export.id", "export.email")]
    head += [f"{t} (/ {p:g})" for t, p in zip(frames.assignments["title"], frames.assignments["points"], strict=True)]
    people = frames.students[["last_name", "first_name", "student", "email"]].to_numpy().tolist()
    values = points.to_numpy(dtype=float).tolist()
    total = points.sum(axis=1).tolist()
    rows = ([*who, *own, sum_] for who, own, sum_ in zip(people, values, total, strict=True))
    _sheet(book, text("export.course"), [*head, text("export.total")], rows, frozen=4)


def _assignment_sheet(
    book: Any, course: Course, frames: Frames, name: str, messages: dict[tuple[str, str, str], str]
) -> None:
    exercises = course.assignment(name).exercises
    frame = frames.exercises[frames.exercises["assignment"] == name]
    table = frame.pivot(index="student", columns="exercise", values="score").reindex(columns=[e.id for e in exercises])
    submissions = frames.submissions[frames.submissions["assignment"] == name].set_index("student")
    people = frames.students.set_index("student")[["last_name", "first_name"]].loc[table.index].to_numpy().tolist()
    head = [text(key) for key in ("export.last_name", "export.first_name", "export.id")]
    head += [f"{exercise.id} (/ {exercise.points:g})" for exercise in exercises]
    head += [text("export.penalty"), text("export.total")]
    notes = {
        (row, 3 + n): messages.get((s, name, e.id), "")
        for row, s in enumerate(table.index)
        for n, e in enumerate(exercises)
    }
    ends = submissions.loc[table.index, ["penalty", "score"]].to_numpy(dtype=float).tolist()
    values = table.to_numpy(dtype=float).tolist()
    rows = ([*who, s, *own, *end] for who, s, own, end in zip(people, table.index, values, ends, strict=True))
    _sheet(book, name[:31], head, rows, frozen=3, notes=notes)


def _sheet(
    book: Any,
    title: str,
    head: Sequence[str],
    rows: Iterable[Sequence[Any]],
    frozen: int = 1,
    notes: dict[tuple[int, int], str] | None = None,
) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}2"
    for number, name in enumerate(head, 1):
        sheet.column_dimensions[get_column_letter(number)].width = min(40, max(12, len(name) + 2))
    titles = []
    for name in head:
        cell = _text_cell(sheet, name)
        cell.font = Font(bold=True)
        titles.append(cell)
    sheet.append(titles)
    for place, row in enumerate(rows):
        cells: list[Any] = []
        for column, value in enumerate(row):
            note = notes.get((place, column), "") if notes else ""
            if isinstance(value, str):
                # openpyxl takes "=..." for a formula and "#..." for an error; other printable text it writes as it is
                plain = not notes and value[:1] not in "=+-@'#" and value.isprintable() and len(value) <= CELL_CHARS
                cells.append(value if plain and value else _text_cell(sheet, value) if value else None)
            elif value is None or math.isnan(value):
                cells.append(None)
            elif notes:  # every one a cell of its own: openpyxl would use one with a note again for the value after it
                cell = WriteOnlyCell(sheet, value)
                if note:
                    cell.comment = _note(note)
                cells.append(cell)
            else:
                cells.append(value)
        sheet.append(cells)


def _text_cell(sheet: Any, value: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, "")
    cell._value = _clean(value)[:CELL_CHARS]  # the setter would make a formula of "=..."
    cell.data_type = "s"
    if value[:1] in "=+-@'":
        cell.quotePrefix = True
    return cell


def _note(value: str) -> Any:
    from openpyxl.comments import Comment

    return Comment(_clean(value)[:NOTE_CHARS], "coursegrader", height=120, width=320)


def _clean(value: str) -> str:
    """What XML 1.0 can hold: Excel calls a file with a control character in it damaged."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    clean: str = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
    return clean.encode("utf-8", "replace").decode("utf-8")


def _messages(frames: Frames) -> dict[tuple[str, str, str], str]:
    failed: pd.DataFrame = frames.checks[frames.checks["message"] != ""]
    found: dict[tuple[str, str, str], str] = {}
    columns = (failed[name].tolist() for name in ("student", "assignment", "exercise", "message"))
    for student, assignment, exercise, message in zip(*columns, strict=True):
        key = (student, assignment, exercise)
        found[key] = f"{found[key]}\n{message}" if key in found else message
    for *place, comment in commented(frames):
        key, said = (place[0], place[1], place[2]), text("export.comment", comment=comment)
        found[key] = f"{found[key]}\n{said}" if key in found else said
    return found
