"""What a student handed in for a milestone, as data: the files of the folder and of the archives in it, within limits."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path

from coursegrader.errors import SubmissionFault
from coursegrader.milestones.archives import MAX_ARCHIVE, ONE, BadArchive, is_archive, read_archive
from coursegrader.student import HELPER, MORE_HELPERS
from coursegrader.submission import parse, printable, read_file

MAX_FILES = 2_000
MAX_DEPTH = 8
MAX_SLIDES = 60 << 20
MAX_ARCHIVES = 10
MAX_KEPT = 128 << 20  # bytes of a whole hand-in that are held in memory; of the rest the name and the size are known
SLIDES = (".pdf", ".pptx")
CODE = (".py", ".ipynb")
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "__MACOSX", "venv"}
GIVEN = {HELPER, *MORE_HELPERS, "timestamp.txt"}


@dataclass(frozen=True)
class File:
    """A file: path in the hand-in, bytes, and its content where that was small enough to be kept."""

    path: str
    size: int
    content: bytes | None = None
    on_disk: Path | None = None


@dataclass
class HandIn:
    """Everything in a hand-in.

    Attributes:
        answers: grade id -> text of the written answers, from the assignment's own notebook.
        files: what else is there, archives unpacked.
        problems: (file, key of the text that says what is wrong with it, its fields).
    """

    folder: Path
    answers: dict[str, str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    problems: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    digest: str = ""
    room: int = MAX_KEPT

    def ending(self, *endings: str) -> list[File]:
        """The files of these endings, lower case."""
        return [file for file in self.files if file.path.lower().endswith(endings)]


def read_hand_in(folder: Path, assignment: str) -> HandIn:
    """Read a folder of `submitted/<student>/<assignment>/`. Links and devices are left out, nothing is run."""
    found = HandIn(folder)
    found.digest = signature(folder, assignment)
    notebook = f"{assignment}.ipynb"
    paths = list(islice(_walk(folder, found), MAX_FILES + 1))
    for path in paths[MAX_FILES:]:
        name = printable(path.relative_to(folder).as_posix())
        found.problems.append((name, "milestones.too_many_files", {"limit": MAX_FILES}))
    # what is looked at goes before data, which may fill the room
    for path in sorted(paths[:MAX_FILES], key=lambda path: path.suffix.lower() not in (*SLIDES, *CODE, ".md")):
        name = printable(path.relative_to(folder).as_posix())
        info = path.lstat()
        if name == notebook:
            _answers(path, found)
        elif is_archive(name):
            _archive(path, name, info.st_size, found)
        elif name not in GIVEN:
            content = _content(path, name, info.st_size, found)
            found.files.append(File(name, info.st_size, content, path))
    return found


def signature(folder: Path, assignment: str) -> str:
    """A digest that changes with a new hand-in, without reading what may be large: names, sizes, the answers and nbgrader's timestamp."""
    digest = sha256()
    for count, path in enumerate(_walk(folder, HandIn(folder))):
        if count >= MAX_FILES:
            break
        name = path.relative_to(folder).as_posix()
        digest.update(f"{printable(name)}\0{path.lstat().st_size}\0".encode())
        if name in (f"{assignment}.ipynb", "timestamp.txt"):
            try:
                digest.update(read_file(path))
            except SubmissionFault:
                continue
    return digest.hexdigest()


def _walk(folder: Path, found: HandIn) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, followlinks=False):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(
            n for n in folders if not n.startswith(".") and n not in SKIPPED_FOLDERS and depth < MAX_DEPTH
        )
        for name in sorted(names):
            path = Path(where) / name
            if name.startswith("."):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
            else:
                found.problems.append((printable(name), "milestones.no_file", {}))


def _answers(path: Path, found: HandIn) -> None:
    try:
        cells = parse(read_file(path)).cells
    except SubmissionFault as fault:
        found.problems.append((path.name, "milestones.notebook_unreadable", {"reason": fault.message}))
        return
    found.answers = {cell.grade_id: cell.source for cell in cells if cell.grade_id and cell.kind == "markdown"}


def _archive(path: Path, name: str, size: int, found: HandIn) -> None:
    found.archives.append(name)
    if len(found.archives) > MAX_ARCHIVES:
        found.problems.append((name, "milestones.too_many_archives", {"limit": MAX_ARCHIVES}))
        return
    if size > MAX_ARCHIVE:
        found.problems.append((name, "milestones.archive_too_large", {"size": size >> 20, "limit": MAX_ARCHIVE >> 20}))
        return
    try:
        files, left_out = read_archive(path, found.room)
    except BadArchive as bad:
        found.problems.append((name, f"milestones.archive_{bad.reason}", {}))
        return
    except RecursionError:
        found.problems.append((name, "milestones.archive_damaged", {}))
        return
    for entry in left_out[:3]:
        found.problems.append((f"{name}: {printable(entry)[:80]}", "milestones.no_file", {}))
    there = [File(entry, length, content) for entry, (length, content) in files.items() if _of_interest(entry)]
    found.files += there
    found.room -= sum(len(file.content or b"") for file in there)


def _of_interest(entry: str) -> bool:
    parts = entry.split("/")
    return not any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts)


def _content(path: Path, name: str, size: int, found: HandIn) -> bytes | None:
    """The content, unless the file is larger than anything that is looked at: that is seen before it is read."""
    limit = MAX_SLIDES if name.lower().endswith(SLIDES) else ONE
    if size > limit:
        if name.lower().endswith((*SLIDES, *CODE)):
            fields: dict[str, object] = {"size": size >> 20, "limit": limit >> 20}
            found.problems.append((name, "milestones.file_too_large", fields))
        return None
    if size > found.room:
        if name.lower().endswith((*SLIDES, *CODE)):
            found.problems.append((name, "milestones.too_much", {"limit": MAX_KEPT >> 20}))
        return None
    try:
        content = read_file(path, limit=limit)
        found.room -= len(content)
        return content
    except SubmissionFault:
        found.problems.append((name, "milestones.no_file", {}))
        return None


def sources(found: HandIn) -> tuple[dict[str, str], list[str]]:
    """The code: path -> Python (a notebook's cells as "name.ipynb#number"), and the notebooks that cannot be read."""
    texts: dict[str, str] = {}
    broken: list[str] = []
    for file in found.ending(*CODE):
        if file.content is None:
            continue
        if file.path.lower().endswith(".py"):
            texts[file.path] = file.content.decode("utf-8", "replace")
            continue
        try:
            cells = parse(file.content).cells
        except SubmissionFault:
            broken.append(file.path)
            continue
        texts |= {f"{file.path}#{n}": c.source for n, c in enumerate(cells, 1) if c.kind == "code" and c.source.strip()}
    return texts, broken


def markdown(content: bytes) -> list[str]:
    """The texts of a notebook's markdown cells; empty where it cannot be read."""
    try:
        return [cell.source for cell in parse(content).cells if cell.kind == "markdown"]
    except (SubmissionFault, json.JSONDecodeError):
        return []
