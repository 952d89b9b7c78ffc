"""The trusted side's whole way for a submission, without running it: read, parse, rebuild, outputs as claimed, notebook, page."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

from mutants import Mutator

from coursegrader import submission, worker
from coursegrader.allowance import Allowance, Times
from coursegrader.autograded import autograded_notebook
from coursegrader.course import Course
from coursegrader.engine import Graded
from coursegrader.errors import SubmissionFault
from coursegrader.messages import text
from coursegrader.outputs import clean_outputs
from coursegrader.rebuild import RebuiltCell, rebuild
from coursegrader.session import CellOutcome
from coursegrader.snapshot import CallFailed, Snapshot
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict

# A page with any of these in a tag would run what a student wrote.
EXECUTABLE = re.compile(
    r"<(script|iframe|object|embed|svg)|<[a-z][^<>]*\son\w+\s*=|(href|src)\s*=\s*['\"]?\s*javascript", re.IGNORECASE
)


class Gauntlet:
    """Takes notebooks through everything that the trusted side does with them.

    Args:
        course: with a released assignment.
        assignment: its id.
        folder: where submissions are put, as `nbgrader collect` would.
    """

    def __init__(self, course: Course, assignment: str, folder: Path) -> None:
        self.course, self.assignment = course, course.assignment(assignment)
        path = course.release_dir(assignment) / f"{assignment}.ipynb"
        self.release: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._submitted = folder
        self._file = folder / "fuzz" / assignment / f"{assignment}.ipynb"
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def run(self, data: bytes, mutator: Mutator) -> str:
        """What became of a file: "graded" or "rejected". Anything raised is a crash of the trusted side."""
        self._file.write_bytes(data)
        (item,) = submission.find(self._submitted, self.assignment.id)
        try:
            parsed = submission.parse(item.notebook or b"")
        except SubmissionFault as fault:
            worker.student_page(self.course, Graded(self._verdict(item, "rejected", reason=fault.message)))
            return "rejected"
        cells = rebuild(self.release, parsed)
        self._same_cells(cells)
        outcomes = [self._outcome(cell, mutator) if cell.kind == "code" else None for cell in cells]
        graded = Graded(self._verdict(item, "graded", warnings=parsed.warnings), tuple(cells), tuple(outcomes))
        made = json.loads(autograded_notebook(graded, self.release["metadata"]).encode("utf-8"))
        self._same_points(made)
        page = worker.student_page(self.course, graded)
        page.encode("utf-8")
        found = EXECUTABLE.search(page)
        assert found is None, found
        return "graded"

    def _outcome(self, cell: RebuiltCell, mutator: Mutator) -> CellOutcome:
        outputs = json.loads(json.dumps(mutator.outputs()))
        status = mutator.rng.choice(("ok", "error", "timeout", "stopped", "skipped"))
        return CellOutcome(cell.name, status, clean_outputs(outputs, 1 << 16), mutator.rng.choice((None, 1, 7)))

    def _verdict(self, item: submission.Submission, status: str, **more: Any) -> Verdict:
        checks = (
            CheckResult("test_a", False, 1.0, "Message.", text("session.missing", name="f")),
            CheckResult("test_b", True, 1.0, "Message."),
        )
        rejected = status == "rejected"
        exercises = tuple(
            ExerciseResult(e.id, e.points, () if e.manual or rejected else checks, e.manual, True, not rejected)
            for e in self.assignment.exercises
        )
        return Verdict(
            student=item.student,
            assignment=self.assignment.id,
            status=status,
            submission=item.digest,
            course_version="v",
            engine_version="v",
            isolation="full",
            exercises=exercises,
            **more,
        )

    def _same_cells(self, cells: list[RebuiltCell]) -> None:
        """Every graded cell of the release is there once, with the release's metadata: no points but the course's."""
        ours = [
            cell["metadata"] for cell in self.release["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id")
        ]
        assert [cell.metadata for cell in cells if cell.grade_id is not None] == ours

    def _same_points(self, notebook: dict[str, Any]) -> None:
        ours = [
            cell["metadata"]["nbgrader"].get("points")
            for cell in self.release["cells"]
            if "nbgrader" in cell["metadata"]
        ]
        made = [
            cell["metadata"]["nbgrader"].get("points") for cell in notebook["cells"] if "nbgrader" in cell["metadata"]
        ]
        assert made == ours


def feed(data: bytes) -> str:
    """What the trusted end of a call makes of these bytes: "value" or the reason of a `CallFailed`. Anything else raised is a crash."""
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(data) + 4096)
    with ours, theirs:
        snapshot = Snapshot(ours, Allowance(Times(call=0.3, submission=5.0)), {"f": 3}, end=lambda: None)
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        try:
            snapshot.call("f", (1,), seconds=0.2)
        except CallFailed as failure:
            return failure.reason
        return "value"
