"""Find and read submissions as data. Nothing in them is executed, imported or followed here."""

from __future__ import annotations

import json
import os
import stat
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from coursegrader.errors import SubmissionFault
from coursegrader.messages import text
from coursegrader.student.keycheck import without_keys

MAX_NOTEBOOK_BYTES = 20 << 20
MAX_CELLS = 2_000
MAX_SOURCE = 1 << 20
MAX_FILES = 10_000
MAX_SHOWN_NAME = 80
MAX_STAMP = 100  # characters of a time


@dataclass(frozen=True)
class Submission:
    """One student's work for one assignment, as bytes.

    Attributes:
        student: name of the folder; where it cannot be written down as it is, with `\\x1b` for what is not printable.
        notebook: the file's bytes; None when there is no usable file.
        problem: why not, French, for the student.
        warnings: what was odd but harmless, French.
    """

    student: str
    assignment: str
    notebook: bytes | None
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what was handed in."""
        return sha256(self.notebook if self.notebook is not None else self.problem.encode()).hexdigest()


@dataclass(frozen=True)
class StudentCell:
    """A cell as the student handed it in, reduced to what grading uses."""

    kind: str
    source: str
    grade_id: str | None


@dataclass(frozen=True)
class StudentNotebook:
    """The cells of a submission, bounded and of exact types."""

    cells: tuple[StudentCell, ...]
    warnings: tuple[str, ...] = field(default=())


def names(submitted: Path, assignment: str, students: Collection[str] | None = None) -> list[str]:
    """Who has handed in an assignment: names of folders under `submitted/<student>/<assignment>/`, sorted; nothing is read."""
    if not submitted.is_dir():
        return []
    return [
        name
        for name in sorted(os.listdir(submitted))
        if (students is None or name in students) and os.path.lexists(submitted / name / assignment)
    ]


def find(submitted: Path, assignment: str, students: Collection[str] | None = None) -> Iterator[Submission]:
    """Every submission of an assignment, in the order of names, each read when it is asked for.

    A folder that cannot be used still gives a `Submission`, with its problem, so that nobody is silently left out.
    """
    for name in names(submitted, assignment, students):
        yield read(submitted / name / assignment, name, assignment)


def read(folder: Path, student: str, assignment: str) -> Submission:
    """The submission in a folder: its notebook's bytes, or the problem with it."""
    try:
        if printable(student) != student:
            raise SubmissionFault("submission.name", text("submission.name"))
        if student.startswith("."):  # hidden: nbgrader and formgrader would not see it
            raise SubmissionFault("submission.hidden", text("submission.hidden"))
        path, warnings = _notebook_path(folder, assignment)
        notebook, keys = without_secrets(read_file(path))
        if keys:
            warnings = (*warnings, text("submission.keys", count=keys))
        return Submission(student, assignment, notebook, warnings=warnings)
    except SubmissionFault as fault:
        return Submission(printable(student), assignment, None, fault.message)
    except OSError as error:
        reason = text("submission.unreadable", error=error.strerror or type(error).__name__)
        return Submission(printable(student), assignment, None, reason)


def printable(name: str) -> str:
    """A file's name as it can be shown and stored: control characters and bytes that are no UTF-8 are spelled out.

    Example:
        >>> printable("Zoé"), printable("a\\x1b[2J")
        ('Zoé', 'a\\\\x1b[2J')
    """
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char).startswith("C") else char for char in name
    )


def _shown(name: str) -> str:
    return printable(name)[:MAX_SHOWN_NAME]


def _notebook_path(folder: Path, assignment: str) -> tuple[Path, tuple[str, ...]]:
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        raise SubmissionFault("submission.no_folder", text("submission.no_folder"))
    expected = folder / f"{assignment}.ipynb"
    if os.path.lexists(expected):
        return expected, ()
    with os.scandir(folder) as entries:
        found = sorted(
            entry.name
            for _, entry in zip(range(MAX_FILES), entries, strict=False)
            if entry.name.lower().endswith(".ipynb")
        )
    if not found:
        raise SubmissionFault("submission.empty", text("submission.empty", expected=expected.name))
    if len(found) > 1:
        raise SubmissionFault(
            "submission.unknown",
            text("submission.unknown", expected=expected.name, found=", ".join(map(_shown, found[:3]))),
        )
    return folder / found[0], (text("submission.renamed", expected=expected.name, found=_shown(found[0])),)


def read_file(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a regular file within the limit (that of notebooks); a link, pipe or device is refused before it is read.

    Raises:
        SubmissionFault: no such file, not a regular one, or too large.
    """
    limit = MAX_NOTEBOOK_BYTES if limit is None else limit
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionFault("submission.not_a_file", text("submission.not_a_file", name=_shown(path.name))) from error
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        os.close(fd)
        raise SubmissionFault("submission.not_a_file", text("submission.not_a_file", name=_shown(path.name)))
    with os.fdopen(fd, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise SubmissionFault(
            "submission.too_large",
            text("submission.too_large", size=-(-info.st_size >> 20), limit=limit >> 20),
        )
    return data


def read_stamp(text: str) -> datetime | None:
    """The time that a text says, UTC; None for anything else. It may be the student's: anything may stand in it.

    Example:
        >>> read_stamp("2026-09-08 12:00:00 UTC"), read_stamp("3:" + 29 * "1")
        (datetime.datetime(2026, 9, 8, 12, 0, tzinfo=datetime.timezone.utc), None)
    """
    from nbgrader.utils import parse_utc

    if len(text) > MAX_STAMP:
        return None
    try:
        stamp: datetime = parse_utc(text.strip())
        return stamp.replace(tzinfo=UTC) if 1970 <= stamp.year < 3000 else None  # others do not bear a time zone
    except Exception:  # dateutil's are of more kinds than it says, decimal's among them
        return None


def handed_in_at(folder: Path) -> datetime | None:
    """When, UTC, by nbgrader's timestamp.txt in a folder of submitted/; None where nobody knows."""
    try:
        return read_stamp(read_file(folder / "timestamp.txt", limit=1000).decode())
    except (SubmissionFault, OSError, UnicodeDecodeError):
        return None


def without_secrets(data: bytes) -> tuple[bytes, int]:
    """A file's bytes without the keys of paid services in it, and how many there were: none goes further than this.

    Example:
        >>> without_secrets(b"%env OPENAI_API_KEY=" + 8 * b"a1B2")
        (b'%env OPENAI_API_KEY=CLE-RETIREE', 1)
    """
    clean, count = without_keys(data.decode("latin-1"))  # a key is ASCII, and every other byte stays what it is
    return (clean.encode("latin-1") if count else data), count


def parse(data: bytes) -> StudentNotebook:
    """The cells of a notebook file.

    Raises:
        SubmissionFault: not JSON, not a notebook of nbformat 4, no cells, too many, or of another language than Python.
    """
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SubmissionFault("submission.not_json", text("submission.not_json")) from error
    if type(notebook) is not dict or type(notebook.get("nbformat")) is not int:
        raise SubmissionFault("submission.not_a_notebook", text("submission.not_a_notebook"))
    if notebook["nbformat"] != 4:
        raise SubmissionFault(
            "submission.old_format", text("submission.old_format", version=str(notebook["nbformat"])[:10])
        )
    language = _language(notebook.get("metadata"))
    if language and "python" not in language:  # some write "python3", or "ipython"
        raise SubmissionFault("submission.kernel", text("submission.kernel", language=language))
    cells = notebook.get("cells")
    if type(cells) is not list or not cells:
        raise SubmissionFault("submission.no_cells", text("submission.no_cells"))
    if len(cells) > MAX_CELLS:
        raise SubmissionFault(
            "submission.too_many_cells", text("submission.too_many_cells", count=len(cells), limit=MAX_CELLS)
        )
    read_cells = [_cell(cell) for cell in cells]
    dropped = sum(cell is None for cell in read_cells)
    warnings = (text("submission.cells_dropped", count=dropped),) if dropped else ()
    return StudentNotebook(tuple(cell for cell in read_cells if cell is not None), warnings)


def _language(metadata: Any) -> str:
    """The notebook's language, lower case; empty when it does not say."""
    if type(metadata) is not dict:
        return ""
    for place, key in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(place)
        if type(part) is dict and type(part.get(key)) is str:
            return str(part[key]).lower()[:40]
    return ""


def _cell(cell: Any) -> StudentCell | None:
    if type(cell) is not dict or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source")
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str or len(source) > MAX_SOURCE:
        return None
    source = source.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be compiled nor written
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if type(metadata) is dict else None
    grade_id = nbgrader.get("grade_id") if type(nbgrader) is dict else None
    return StudentCell(cell["cell_type"], source, grade_id if type(grade_id) is str else None)
