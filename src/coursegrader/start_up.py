"""What a command does first, so that grading begins soon: the warm parent starts before the rest is imported, and that import is not held up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from coursegrader.course import Course
from coursegrader.sandbox.late_imports import used_by
from coursegrader.sandbox.warm import shared


def start_warm_parent(course: Course, assignment: str, *, confined: bool) -> None:
    """Start this process's warm parent with what the notebook of an assignment imports.

    Args:
        confined: have it find out, too, which isolation this machine offers.
    """
    try:
        text = (course.release_dir(assignment) / f"{assignment}.ipynb").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""  # not built yet; or a fault that is told where the release is read
    shared(used_by([text]), modes=confined)


@contextmanager
def quick_imports() -> Iterator[None]:
    """No garbage is looked for meanwhile: what modules make stays, and looking for it takes a tenth of the time, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
