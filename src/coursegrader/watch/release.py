"""Into the exchange's feedback folder, in nbgrader's own layout: one page a notebook, named by a secret that only its student has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.files import write_file


def release(course_folder: Path, pages: Sequence[str], html: str) -> None:
    """Put a page where nbgrader's fetch_feedback looks for it; an older one is replaced in one step.

    Args:
        course_folder: of the course in the exchange.
        pages: names, as `Arrival.pages`.
        html: the page.

    Raises:
        MachineFault: the disk is full, or the folder not ours to write.
    """
    folder = course_folder / "feedback"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(
                0o711
            )  # as nbgrader makes it: a page can be read by whoever knows its name, and nobody can list them
        elif not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not ours to write")
    except OSError as error:
        raise MachineFault(f"{folder}: {error.strerror or error}", hint="Run as the course's owner.") from error
    for name in pages:
        write_file(folder / f"{name}.html", html)
