"""Files that are there whole or not at all: a reader never meets half of one, whatever happens to the writer."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from coursegrader.errors import MachineFault


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, its folder too where there is none.

    Raises:
        OSError: the disk is full, or the place is not ours to write; what was there is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_changed(path: Path, text: str) -> None:
    """Write a file unless it says the same already.

    Raises:
        OSError: as `write_whole`.
    """
    data = text.encode("utf-8")
    if not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
        write_whole(path, data)


def write_file(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        MachineFault: the disk is full, or the place is not ours to write.
    """
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise _not_written(path, error) from error


def remove_file(path: Path) -> None:
    """Remove a file that may be there.

    Raises:
        MachineFault: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> MachineFault:
    return MachineFault(
        f"{path} cannot be written: {error.strerror or error}", hint="Mend that, then run the same command."
    )
