"""Search every file of a release for what must stay hidden: the last line of defence before students see it."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coursegrader.build.read import read_source
from coursegrader.build.secrets import NUMBER, Secrets, collect_secrets
from coursegrader.build.text import Squeezed
from coursegrader.course import Assignment, Course
from coursegrader.course.mistakes import Mistakes
from coursegrader.errors import CourseFault
from coursegrader.student.keycheck import count_keys

MARKERS = re.compile(r"(?:BEGIN|END)\s+(?:SOLUTION|MARK\s+SCHEME)|HIDDEN\s+TESTS?", re.IGNORECASE)
IMPORTS = re.compile(r"^[\s>.]*(?:from|import)\s+(reference|grading_tests|coursegrader)\b", re.MULTILINE)
PATHS = re.compile(r"\b(?:reference|grading_tests)/[\w./-]+\.(?:py|toml)\b")
LARGEST_ARCHIVE_MEMBER = 64 << 20


@dataclass(frozen=True)
class Piece:
    """Some text of a release: a whole file, a cell, or one string in a notebook's outputs or metadata."""

    file: str
    text: str
    place: str = ""
    data: bool = False


@dataclass(frozen=True)
class Leak:
    """Something that must not be in a release, and where it is.

    Example:
        >>> print(Leak("01.ipynb", "cell 7 (f-solution)", 2, "solution of f"))
        01.ipynb, cell 7 (f-solution), line 2: solution of f
    """

    file: str
    place: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{', '.join(part for part in (self.file, self.place, f'line {self.line}') if part)}: {self.what}"


def check_leaks(course: Course, assignment: Assignment | str, folder: Path) -> None:
    """Raise if a released folder gives something away.

    Args:
        course: the course.
        assignment: the assignment or its id.
        folder: the released folder.

    Raises:
        CourseFault: with every leak in `mistakes`, each naming file, cell and line.
    """
    check_files(course, assignment, _files(folder))


def check_files(course: Course, assignment: Assignment | str, files: Iterable[tuple[str, bytes]]) -> None:
    """The same for files that need not lie anywhere yet: their names, relative to the released folder, and contents."""
    chosen = course.assignment(assignment) if isinstance(assignment, str) else assignment
    leaks = _leaks(course, chosen, files)
    if leaks:
        hint = "Remove it there, or reword the text, the reference or the check that says the same."
        raise CourseFault.collected(f"The release of {chosen.id} gives away:", [str(leak) for leak in leaks], hint=hint)


def find_leaks(course: Course, assignment: Assignment, folder: Path) -> list[Leak]:
    """All leaks of a released folder, in the order of its files."""
    return _leaks(course, assignment, _files(folder))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _leaks(course: Course, assignment: Assignment, files: Iterable[tuple[str, bytes]]) -> list[Leak]:
    secrets = collect_secrets(course, assignment, read_source(course, assignment, Mistakes()))
    data = {Path(name).name for name in assignment.files}
    leaks: list[Leak] = []
    for name, content in files:
        leaks += _file_leaks(name, content, secrets)
        pieces = [(piece, Squeezed(piece.text)) for piece in _pieces(name, content, name in data)]
        near = _in_file(secrets, "\0".join(squeezed.text for _, squeezed in pieces))
        for piece, squeezed in pieces:
            leaks += _piece_leaks(piece, squeezed, near)
    return list(dict.fromkeys(leaks))


def _in_file(secrets: Secrets, text: str) -> Secrets:
    """Those secrets that stand somewhere in a file: a few at most, and the only ones to look for in each of its many pieces."""
    lines = [secret for secret in secrets.lines if secret.needle in text]
    bodies = [(what, needles) for what, needles in secrets.bodies if all(needle in text for needle in needles)]
    return replace(secrets, lines=lines, bodies=bodies)


def _file_leaks(name: str, content: bytes, secrets: Secrets) -> Iterator[Leak]:
    original = secrets.digests.get(hashlib.sha256(content).hexdigest())
    if original is not None:
        yield Leak(name, "", 1, f"copy of {original}")
    elif Path(name).name in secrets.names:
        yield Leak(name, "", 1, "file with the name of a reference or hidden check file")


def _piece_leaks(piece: Piece, squeezed: Squeezed, secrets: Secrets) -> Iterator[Leak]:
    for secret in secrets.lines:
        if not (piece.data and secret.value) and (line := squeezed.line_of(secret.needle)):
            yield Leak(piece.file, piece.place, line, secret.what)
    for what, needles in secrets.bodies:
        lines = [squeezed.line_of(needle) for needle in needles]
        if all(lines):
            yield Leak(piece.file, piece.place, lines[0] or 1, what)
    words = re.finditer(r"\btest_\w+", piece.text) if piece.data else _words(piece.text)
    for match in words:
        if match[0] in secrets.words:
            yield Leak(piece.file, piece.place, _line(piece.text, match.start()), secrets.words[match[0]])
    if count_keys(piece.text):
        for number, text in enumerate(piece.text.splitlines(), start=1):
            if count_keys(text):
                yield Leak(piece.file, piece.place, number, "key of a paid service; take it out, and revoke it")
    for match in MARKERS.finditer(piece.text):
        yield Leak(piece.file, piece.place, _line(piece.text, match.start()), f"nbgrader marker {match[0]}")
    for match in IMPORTS.finditer(piece.text):
        yield Leak(piece.file, piece.place, _line(piece.text, match.start(1)), f"import of {match[1]}")
    for match in re.finditer(r"\b(?:reference|grading_tests)\.\w+|" + PATHS.pattern, piece.text):
        if match[0] in secrets.modules or "/" in match[0]:
            yield Leak(piece.file, piece.place, _line(piece.text, match.start()), f"mention of {match[0]}")


def _words(text: str) -> Iterator[re.Match[str]]:
    yield from re.finditer(r"\btest_\w+", text)
    yield from NUMBER.finditer(text)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _pieces(name: str, content: bytes, data: bool) -> Iterator[Piece]:
    """The texts in a file: cells of a notebook, members of an archive, or everything at once."""
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    yield from _pieces(f"{name}/{member.filename}", stream.read(LARGEST_ARCHIVE_MEMBER), data)
        return
    if content[:2] == b"\x1f\x8b":
        with gzip.open(io.BytesIO(content)) as stream:
            yield from _pieces(name.removesuffix(".gz"), stream.read(LARGEST_ARCHIVE_MEMBER), data)
        return
    text = content.decode("utf-8", "ignore")
    if name.endswith(".ipynb"):
        yield from _notebook_pieces(name, json.loads(text))
    else:
        yield Piece(name, text, data=data)


def _notebook_pieces(name: str, notebook: dict[str, Any]) -> Iterator[Piece]:
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        place = f"cell {number} ({cell.get('id', 'no id')})"
        yield Piece(name, _joined(cell.get("source", "")), place)
        for key in sorted(set(cell) - {"source", "id"}):
            for path, text in _strings(cell[key]):
                yield Piece(name, text, f"{place}, {key}{path}")
    for path, text in _strings({key: value for key, value in notebook.items() if key != "cells"}):
        yield Piece(name, text, f"notebook{path}")


def _strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a JSON value, keys and decoded base64 included; lists of lines are joined as Jupyter does."""
    if isinstance(value, str):
        yield path, value
        if decoded := _decoded(value):
            yield path, decoded
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield path, _joined(value)
        yield path, "\n".join(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _strings(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield path, str(key)
            yield from _strings(item, f"{path}.{key}")
    elif isinstance(value, int | float):
        yield path, repr(value)


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _decoded(value: str) -> str:
    compact = "".join(value.split())
    if len(compact) < 24:
        return ""
    try:
        return base64.b64decode(compact, validate=True).decode("utf-8", "ignore")
    except (binascii.Error, ValueError):
        return ""
