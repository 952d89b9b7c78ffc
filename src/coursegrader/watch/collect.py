"""From the exchange into `submitted/`: regular files within limits, copied without following a link, swapped in whole."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.submission import MAX_NOTEBOOK_BYTES, printable

MAX_FILE_BYTES = 50 << 20
MAX_TOTAL_BYTES = 200 << 20
MAX_COPIED = 1_000
MAX_DEPTH = 8
_BLOCK = 1 << 20


def collect(source: Path, course_root: Path, student: str, assignment: str) -> list[str]:
    """Put a submission where `nbgrader collect` would, in place of the one before.

    Returns:
        Names of what was left out: too large, too many, too deep, or no regular file.

    Raises:
        MachineFault: the disk is full, or a folder is not ours to write. The submission stays in the exchange.
    """
    target = course_root / "submitted" / student / assignment
    staging = staging_folder(course_root)
    fresh, old = staging / "new", staging / "old"
    try:
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        fresh.mkdir(parents=True)
        left_out = _Copy().run(source, fresh)
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            target.rename(old)
        fresh.rename(target)
    except OSError as error:
        if old.exists() and not os.path.lexists(target):
            with suppress(OSError):
                old.rename(target)
        shutil.rmtree(fresh, ignore_errors=True)
        raise MachineFault(
            f"{source.name} cannot be collected: {error.strerror or error}",
            hint="Nothing is lost: it stays in the exchange and is tried again.",
        ) from error
    shutil.rmtree(old, ignore_errors=True)
    return left_out


def staging_folder(course_root: Path) -> Path:
    """Where submissions lie while they are copied; on the same disk as `submitted/`."""
    return course_root / "submitted" / ".staging"


class _Copy:
    """One submission's copying, with what is left of its limits."""

    def __init__(self) -> None:
        self._bytes, self._files = MAX_TOTAL_BYTES, MAX_COPIED
        self._left_out: list[str] = []

    def run(self, source: Path, target: Path) -> list[str]:
        fd = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._folder(fd, target, "", 0)
        finally:
            os.close(fd)
        return self._left_out

    def _folder(self, fd: int, target: Path, above: str, depth: int) -> None:
        for name, info in _entries(fd, above == ""):
            shown = printable(above + name)[:80]
            if stat.S_ISDIR(info.st_mode) and depth < MAX_DEPTH and self._files > 0:
                self._files -= 1
                self._sub_folder(fd, name, target / name, f"{above}{name}/", depth)
            elif not stat.S_ISREG(info.st_mode) or self._files <= 0:
                self._left_out.append(shown)
            elif name.endswith(".ipynb") and above == "" and info.st_size > MAX_NOTEBOOK_BYTES:
                with (target / name).open("wb") as file:  # refused for its size, which a file of holes has as well
                    file.truncate(info.st_size)
            elif info.st_size > min(MAX_FILE_BYTES, self._bytes):
                self._left_out.append(shown)
            else:
                self._file(fd, name, target / name, info.st_size, shown)

    def _sub_folder(self, fd: int, name: str, target: Path, above: str, depth: int) -> None:
        try:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
        except OSError:  # it has changed under our hands, or is closed to us
            self._left_out.append(printable(above)[:80])
            return
        try:
            target.mkdir()
            self._folder(inner, target, above, depth + 1)
        finally:
            os.close(inner)

    def _file(self, fd: int, name: str, target: Path, size: int, shown: str) -> None:
        try:
            inner = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)
        except OSError:
            self._left_out.append(shown)
            return
        with os.fdopen(inner, "rb") as source, target.open("wb") as file:
            if not stat.S_ISREG(os.fstat(inner).st_mode):
                self._left_out.append(shown)
                return
            left = size  # a file that grows meanwhile is cut where it ended
            while left > 0 and (block := source.read(min(_BLOCK, left))):
                file.write(block)
                left -= len(block)
        self._files -= 1
        self._bytes -= size


def _entries(fd: int, top: bool) -> Iterator[tuple[str, os.stat_result]]:
    """Names and kinds, links not followed, notebooks and receipts first so that no neighbour uses up their room."""
    with os.scandir(fd) as entries:
        some = [entry.name for _, entry in zip(range(10 * MAX_COPIED), entries, strict=False)]
    ranked = sorted(some, key=lambda name: (not (top and name.endswith((".ipynb", ".txt"))), name))
    for name in ranked:
        with suppress(OSError):
            yield name, os.stat(name, dir_fd=fd, follow_symlinks=False)
