"""The leak check behind `nbgrader generate_assignment` and formgrader's Generate button.

`coursegrader build` looks at a release before it counts. Who generates with nbgrader's own commands, from a source notebook that was changed by hand, gets
the same look: the error names the line, and nbgrader takes the folder away again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from coursegrader.build.leaks import check_files
from coursegrader.course import Course, load_course


def course_above(folder: Path | str, assignment: str) -> Course | None:
    """The course whose assignment lies in a folder; None when it is not one of a course's.

    Args:
        folder: where the notebook lies, somewhere under the course's root.
        assignment: nbgrader's name of the assignment.
    """
    for root in Path(folder).absolute().parents:
        if (root / "course_config.py").is_file():
            course = load_course(root, only=[])
            return course if any(known.id == assignment for known in course.assignments) else None
    return None


class CheckLeaks(NbGraderPreprocessor):  # type: ignore[misc]
    """The last of nbgrader's steps: a notebook and the files beside it that give something away are not released."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        names = resources["nbgrader"]
        course = course_above(resources["metadata"]["path"], names["assignment"])
        if course is not None:
            coursedir = self.parent.parent.coursedir  # of nbgrader's converter, whose exporter made this step
            folder = Path(coursedir.format_path(coursedir.release_directory, ".", names["assignment"]))
            notebook = (f"{names['notebook']}.ipynb", nbformat.writes(nb).encode())
            check_files(course, names["assignment"], [notebook, *_beside(folder)])
        return nb, resources


def _beside(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files that nbgrader copied already; it writes the notebooks one by one, each after its own check."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".ipynb":
            yield path.relative_to(folder).as_posix(), path.read_bytes()
