"""Ordinary nbgrader assignments in the sandbox: their cells run, their outputs come back, nbgrader scores them.

Tests that stand in the notebook run beside the student's code, which can read and sway them; checks in `grading_tests/` it cannot.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat

from coursegrader.allowance import Times
from coursegrader.sandbox.confinement import Limits, Mode, make_plan
from coursegrader.sandbox.warm import shared
from coursegrader.session import Cell, CellOutcome, Session

MAX_FILES_BYTES = 32 << 20


def run_classic(nb: Any, folder: Path, mode: Mode, timeout: int | None) -> Any:
    """Execute a notebook's code cells and put their outputs into it.

    Args:
        nb: the notebook, changed in place.
        folder: its directory; files beside it are there for the cells, and files they leave are copied back.
        mode: how the child is confined.
        timeout: seconds a cell; None for the longest that a submission may take.
    """
    before = _files(folder)
    times = Times(cell=float(timeout or 600), submission=3600.0, restarts=2)
    parent = shared()
    key = parent.register(make_plan(mode, Limits(), before))
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    with Session(parent, key, times) as session:
        runnable = [
            Cell(str(cell.metadata.get("nbgrader", {}).get("grade_id", n)), cell.source) for n, cell in enumerate(cells)
        ]
        outcomes = session.run(runnable)
        _write_back(folder, session.files(before))
    for cell, outcome in zip(cells, outcomes, strict=True):
        cell.outputs = [nbformat.from_dict(output) for output in _outputs(outcome)]
        cell.execution_count = outcome.count
    return nb


def _outputs(outcome: CellOutcome) -> list[dict[str, Any]]:
    """A cell's outputs, with an error where it ended in one and does not say so itself (a student can silence tracebacks)."""
    if outcome.status == "ok" or any(output["output_type"] == "error" for output in outcome.outputs):
        return outcome.outputs
    names = {"timeout": "CellTimeoutError", "stopped": "DeadKernelError", "skipped": "DeadKernelError"}
    name = names.get(outcome.status, "Error")
    error = {
        "output_type": "error",
        "ename": name,
        "evalue": "",
        "traceback": [f"{name}: the cell did not run to its end"],
    }
    return [*outcome.outputs, error]


def _files(folder: Path) -> dict[str, bytes]:
    """Regular files below a folder, up to a total size; notebooks and links are left out."""
    found: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.suffix == ".ipynb":
            continue
        total += path.stat().st_size
        if total > MAX_FILES_BYTES:
            break
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _write_back(folder: Path, files: dict[str, bytes]) -> None:
    """Files that the cells left, as data: never over an existing one, through a link, or outside the folder."""
    for name, content in files.items():
        path = folder / name
        if path.resolve().parent != folder.resolve() or path.suffix == ".ipynb":
            continue
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        except OSError:
            continue
        with os.fdopen(fd, "wb") as file:
            file.write(content)
