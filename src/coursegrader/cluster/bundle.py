"""What grading one assignment needs of a course, as one archive known by its content.

The configuration in it is COURSE alone: neither nbgrader's traits nor the address of the gradebook, which may hold a password, leave the
coordinator. Equal courses give equal bytes, so a worker that has a bundle already is sent nothing.
"""

from __future__ import annotations

import ast
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from coursegrader.course import Course
from coursegrader.course.version import tracked_files
from coursegrader.errors import CourseFault, MachineFault


@dataclass(frozen=True)
class Bundle:
    """An archive (tar, xz) and its SHA-256."""

    digest: str
    content: bytes


def pack(course: Course, assignment_id: str) -> Bundle:
    """The bundle of an assignment.

    Raises:
        CourseFault: the release is not built, or COURSE holds something else than plain data.
    """
    text = f"COURSE = {dict(course.data)!r}\n"
    try:
        same = ast.literal_eval(text.removeprefix("COURSE = ")) == course.data
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise CourseFault(
            "COURSE holds more than plain data", hint="Write text, numbers, True, False, None, lists and dicts."
        )
    if not course.release_dir(assignment_id).is_dir():
        raise CourseFault(f"{assignment_id} is not built", hint=f"run `coursegrader build {assignment_id}`")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", preset=1, format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "course_config.py", text.encode())
        for path in _paths(course, assignment_id):
            _add(archive, path.relative_to(course.root).as_posix(), path.read_bytes())
    content = buffer.getvalue()
    return Bundle(sha256(content).hexdigest(), content)


def _paths(course: Course, assignment_id: str) -> Iterator[Path]:
    """Files that decide a verdict or the page that shows it, in a fixed order."""
    checks = course.root / "grading_tests"
    assignment = course.assignment(assignment_id)
    found = {
        course.source_text(assignment_id),
        course.misconceptions_file(assignment_id),
        *(path for path in checks.glob("*.py") if path.is_file()),
        *tracked_files(course.checks_dir(assignment_id)),
        *tracked_files(course.reference_dir),
        *tracked_files(course.release_dir(assignment_id)),
        *(course.root / name for name in assignment.files),
    }
    yield from sorted(path for path in found if path.is_file())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    # No time, owner or mode of this machine: they would change the digest.
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    archive.addfile(info, io.BytesIO(content))


def unpack(bundle: Bundle, place: Path) -> Path:
    """The course's folder on this machine, made if it is not there yet: whole or not at all.

    Args:
        bundle: from `pack`.
        place: a folder of this process's user.

    Raises:
        MachineFault: the bytes are not what the digest says, or the disk does not take them.
    """
    if sha256(bundle.content).hexdigest() != bundle.digest:
        raise MachineFault("the course arrived damaged: its bytes are not what their digest says")
    folder = place / bundle.digest
    if folder.is_dir():
        return folder
    try:
        place.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=place, prefix="."))
        try:
            _extract(bundle.content, making)
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # another worker of this machine may have been first
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except (OSError, tarfile.TarError) as error:
        raise MachineFault(f"the course cannot be unpacked in {place}: {error}") from error
    return folder


def _extract(content: bytes, folder: Path) -> None:
    # Not extractall: that of Python 3.11.2 would also make links, devices and files elsewhere.
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:xz") as archive:
        for member in archive:
            path, file = PurePosixPath(member.name), archive.extractfile(member) if member.isreg() else None
            if file is None or path.is_absolute() or ".." in path.parts:
                raise MachineFault(f"the course's bundle holds {member.name!r}, which is no plain file")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.read())
