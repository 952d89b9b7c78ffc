"""Source notebook, data and helper -> nbgrader's generate_assignment -> `release/<a>/`.

Everything is made and checked in a scratch folder first: a build that fails leaves the last good release, and the
gradebook, as they were.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from coursegrader.build.generate import generate, stub
from coursegrader.build.leaks import check_leaks
from coursegrader.build.source import build_source
from coursegrader.build.validate import check_release
from coursegrader.course import Assignment, Course
from coursegrader.course.version import tracked_files
from coursegrader.errors import MachineFault
from coursegrader.student import HELPER, MORE_HELPERS


def build_release(
    course: Course, assignment: Assignment | str, *, db_url: str | None = None, out: Path | None = None
) -> Path:
    """Build what students receive and record the assignment in nbgrader's database.

    Args:
        course: the course.
        assignment: the assignment or its id.
        db_url: nbgrader's database; None takes the course's.
        out: folder that receives `source/<a>/` and `release/<a>/`; None takes the course root.

    Returns:
        The released folder. The same course gives the same bytes.

    Raises:
        CourseFault: the text, the reference or the result is wrong, or nbgrader refuses it.
        MachineFault: the helper module is not installed, or the database does not answer.

    Example:
        >>> build_release(course, "01-compter-generer")                 # doctest: +SKIP
        PosixPath('/courses/ia/release/01-compter-generer')
    """
    chosen = course.assignment(assignment) if isinstance(assignment, str) else assignment
    target = course.root if out is None else out
    with _scratch() as scratch:
        _make(course, chosen, scratch)
        generate(course, chosen, scratch, db_url or course.db_url)
        shutil.copytree(scratch / "source" / chosen.id, target / "source" / chosen.id, dirs_exist_ok=True)
        return _replace(scratch / "release" / chosen.id, target / "release" / chosen.id)


def release_differences(course: Course, assignment: Assignment | str, built: Path | None = None) -> tuple[str, ...]:
    """Files of `release/<a>/` that differ from what a build would make now; nothing in the course is written.

    Args:
        course: the course.
        assignment: the assignment or its id.
        built: a folder that a build has just made elsewhere; None to build once more.

    Example:
        >>> release_differences(course, "01-compter-generer")           # doctest: +SKIP
        ('01-compter-generer.ipynb',)
    """
    chosen = course.assignment(assignment) if isinstance(assignment, str) else assignment
    if built is None:
        with _scratch() as scratch:
            return release_differences(course, chosen, _make(course, chosen, scratch))
    released = course.release_dir(chosen.id)
    names = {path.relative_to(built).as_posix() for path in tracked_files(built)}
    names |= {path.relative_to(released).as_posix() for path in tracked_files(released)}
    return tuple(sorted(name for name in names if not _same(built / name, released / name)))


def release_is_current(course: Course, assignment: Assignment | str) -> bool:
    """Whether the released folder is what a build would make now."""
    return not release_differences(course, assignment)


def _make(course: Course, assignment: Assignment, scratch: Path) -> Path:
    """Build and check in a scratch folder, without a database; the released folder."""
    notebook = build_source(course, assignment)
    names = _write_source(course, assignment, notebook, scratch / "source" / assignment.id)
    generate(course, assignment, scratch, None)
    folder = scratch / "release" / assignment.id
    check_release(assignment, folder, notebook, names, stub(course))
    check_leaks(course, assignment, folder)
    return folder


def helper_path(name: str = HELPER) -> Path:
    """Where a helper module for students lies in this installation."""
    return Path(str(resources.files("coursegrader"))) / "student" / name


def _helpers(notebook: Any) -> list[str]:
    """Names of the helper modules that a notebook needs: the usual one, and others that it imports."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return [HELPER, *(name for name in MORE_HELPERS if re.search(rf"^import {name.removesuffix('.py')}$", code, re.M))]


def _write_source(course: Course, assignment: Assignment, notebook: Any, folder: Path) -> set[str]:
    """Write the folder that nbgrader reads; the names of all files that students are to receive."""
    import nbformat

    files = {name: helper_path(name) for name in _helpers(notebook)}
    for path in files.values():
        if not path.is_file():
            hint = "Install coursegrader again."
            raise MachineFault(f"The helper module for students is missing: {path}", hint=hint)
    files |= {Path(name).name: course.root / name for name in assignment.files}
    figures = course.source_text(assignment.id).parent / "figures"
    files |= {f"figures/{path.relative_to(figures).as_posix()}": path for path in tracked_files(figures)}
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    nbformat.write(notebook, folder / f"{assignment.id}.ipynb")
    return {*files, f"{assignment.id}.ipynb"}


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="coursegrader-") as name:
        yield Path(name).resolve()


def _replace(new: Path, old: Path) -> Path:
    """Put a folder in the place of another, so that the old one is only gone when the new one is complete."""
    old.parent.mkdir(parents=True, exist_ok=True)
    waiting = old.with_name(f".{old.name}.new")
    shutil.rmtree(waiting, ignore_errors=True)
    shutil.copytree(new, waiting)
    if old.exists():
        shutil.rmtree(old)
    return waiting.rename(old)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
