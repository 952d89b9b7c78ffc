"""A project's notebooks, run in the same sandbox as every other submission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from coursegrader.allowance import Times
from coursegrader.course import Limits as CourseLimits
from coursegrader.errors import SubmissionFault
from coursegrader.milestones.handin import File, HandIn
from coursegrader.sandbox.confinement import Limits, Mode, make_plan
from coursegrader.sandbox.warm import WarmParent
from coursegrader.session import Cell, CellOutcome, Session
from coursegrader.submission import parse

MOST = 3
LONGEST = 255  # bytes of a file's name
NETWORK = {
    "URLError",
    "ConnectionError",
    "gaierror",
    "ConnectError",
    "APIConnectionError",
    "MaxRetryError",
    "NewConnectionError",
}
NETWORK |= {
    "NameResolutionError",
    "ConnectTimeout",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "ProxyError",
    "SSLError",
}


@dataclass(frozen=True)
class Ran:
    """How a notebook went: status "ran", "error", "stopped", "timeout", "network", "missing" (a module); the cell (from 1) and the error."""

    name: str
    status: str
    cell: int = 0
    error: str = ""


def run_notebooks(found: HandIn, limits: CourseLimits, mode: Mode, parent: WarmParent) -> Iterator[Ran]:
    """Run up to MOST notebooks of a hand-in, each in a child of its own that has the other files beside it and no network."""
    notebooks = [file for file in found.ending(".ipynb") if file.content is not None]
    for notebook in sorted(notebooks, key=lambda file: (file.path.count("/"), file.path))[:MOST]:
        try:
            cells = parse(notebook.content or b"").cells
        except SubmissionFault:
            continue  # told elsewhere
        code = [Cell(f"cell-{n}", c.source) for n, c in enumerate(cells, 1) if c.kind == "code" and c.source.strip()]
        if code:
            yield _run(notebook, code, found, limits, mode, parent)


def _run(notebook: File, code: list[Cell], found: HandIn, limits: CourseLimits, mode: Mode, parent: WarmParent) -> Ran:
    plan = make_plan(
        mode,
        Limits(
            memory_bytes=limits.memory_mb << 20,
            processes=limits.processes,
            open_files=limits.open_files,
            file_bytes=limits.disk_mb << 20,
            disk_bytes=limits.disk_mb << 20,
            cpu_seconds=int(limits.submission_cpu_seconds),
        ),
        _beside(notebook, found, limits.disk_mb << 19),
    )
    times = Times(
        cell=limits.cell_seconds,
        cell_cpu=limits.cell_cpu_seconds,
        submission=limits.submission_seconds,
        output_bytes=limits.output_kb << 10,
        restarts=0,
    )
    with Session(parent, parent.register(plan), times) as session:
        outcomes = session.run(code)
    return next((bad for o in outcomes if (bad := _bad(notebook.path, o)) is not None), Ran(notebook.path, "ran"))


def _beside(notebook: File, found: HandIn, room: int) -> dict[str, bytes]:
    """The files of the notebook's own folder and below, as seen from there, until the room is used up."""
    base = notebook.path.rpartition("/")[0]
    prefix = f"{base}/" if base else ""
    files: dict[str, bytes] = {}
    folders: set[str] = set()
    for file in sorted(found.files, key=lambda one: one.size):
        name = file.path.removeprefix(prefix)
        if file.content is None or not file.path.startswith(prefix) or file.size > room or "\\" in name:
            continue
        above = {str(folder) for folder in PurePosixPath(name).parents} - {"."}
        if name in folders or above & files.keys() or any(len(part.encode()) > LONGEST for part in name.split("/")):
            continue  # an archive may hold what no folder can: a file that is a folder as well, a name too long
        files[name] = file.content
        folders |= above
        room -= file.size
    return files


def _bad(name: str, outcome: CellOutcome) -> Ran | None:
    cell = int(outcome.name.rpartition("-")[2])
    if outcome.status == "ok":
        return None
    if outcome.status != "error":
        return Ran(name, "timeout" if outcome.status in ("timeout", "skipped") else "stopped", cell)
    said = [output for output in outcome.outputs if output.get("output_type") == "error"]
    kind = said[-1]["ename"] if said else "?"
    value = said[-1]["evalue"] if said else ""
    if kind in NETWORK or "Network is unreachable" in value or "name resolution" in value:
        return Ran(name, "network", cell, kind)
    if kind == "ModuleNotFoundError":
        return Ran(name, "missing", cell, value[:80])
    return Ran(name, "error", cell, kind)
