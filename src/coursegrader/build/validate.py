"""Is a released folder complete, well formed and sufficient by itself?"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from coursegrader.build.free_names import plain_python
from coursegrader.course import Assignment
from coursegrader.course.mistakes import Mistakes
from coursegrader.errors import CourseFault

SHOWN = 5  # cells that are named
IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)>\s]+)|<img[^>]+src=[\"']([^\"']+)")


def check_release(assignment: Assignment, folder: Path, source: Any, expected: set[str], stub: str) -> None:
    """Raise if a released folder is not what the source promises.

    Args:
        assignment: the assignment.
        folder: the released folder.
        source: the notebook with solutions.
        expected: paths of all files, relative to the folder.
        stub: what stands in place of a solution.

    Raises:
        CourseFault: with everything that is wrong in `mistakes`.
    """
    import nbformat
    from nbgrader.nbgraderformat import MetadataValidator

    mistakes = Mistakes()
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(expected - found):
        mistakes.add(name, "missing")
    for name in sorted(found - expected):
        mistakes.add(name, "not named in COURSE")
    name = f"{assignment.id}.ipynb"
    if name in found:
        notebook = nbformat.read(folder / name, as_version=4)
        try:
            nbformat.validate(notebook)
            MetadataValidator().validate_nb(notebook)
        except Exception as error:
            mistakes.add(name, f"not a valid nbgrader notebook: {error}")
        _note_cells(notebook, source, stub, mistakes)
        _note_points(assignment, notebook, mistakes)
        _note_images(notebook, found, mistakes)
    if mistakes.items:
        raise CourseFault.collected(f"The release of {assignment.id} is not right:", mistakes.items)


def _note_cells(notebook: Any, source: Any, stub: str, mistakes: Mistakes) -> None:
    released, wanted = [cell.id for cell in notebook.cells], [cell.id for cell in source.cells]
    if released != wanted:
        odd = [f"{name} is missing" for name in wanted if name not in released]
        odd += [f"{name} is not in it" for name in released if name not in wanted]
        more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
        why = f"{', '.join(odd[:SHOWN])}{more}" if odd else "their order is another"
        mistakes.add("notebook", f"its cells are not those of the source: {why}")
    stub_lines = [line.strip() for line in stub.splitlines()]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.outputs or cell.execution_count is not None:
            mistakes.add(f"cell {cell.id}", "it has outputs")
        try:
            ast.parse(plain_python(cell.source))
        except SyntaxError as error:
            mistakes.add(f"cell {cell.id}, line {error.lineno}", f"{error.msg}")
        lines = [line.strip() for line in cell.source.splitlines()]
        if cell.metadata.get("nbgrader", {}).get("solution") and not all(line in lines for line in stub_lines):
            mistakes.add(f"cell {cell.id}", f"nothing to fill in: {stub_lines[-1]!r} is not there")


def _note_points(assignment: Assignment, notebook: Any, mistakes: Mistakes) -> None:
    cells = [cell.metadata.nbgrader for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    points = {cell.grade_id: float(cell.points) for cell in cells}
    wanted = {exercise.id: exercise.points for exercise in assignment.exercises}
    if points != wanted:
        mistakes.add("notebook", f"its graded cells are {points}, COURSE says {wanted}")


def _note_images(notebook: Any, found: set[str], mistakes: Mistakes) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for match in IMAGE.finditer(cell.source):
            link = match[1] or match[2]
            attached = link.removeprefix("attachment:")
            if link.startswith(("http://", "https://", "data:")) or attached in cell.get("attachments", {}):
                continue
            if unquote(link).removeprefix("./") not in found:
                text = f'the image "{link}" is not released; put it into figures/ beside the text or name it in "files"'
                mistakes.add(f"cell {cell.id}", text)
