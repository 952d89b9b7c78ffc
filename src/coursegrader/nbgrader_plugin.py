"""The same engine behind `nbgrader autograde` and formgrader's Autograde button.

`coursegrader.nbgrader_traits.configure(c)` puts these preprocessors into nbgrader's configuration. An assignment of the course is
graded by the course's pipeline, so that every door gives the same scores, outputs and rows. Any other nbgrader assignment is executed in
the sandbox and scored from its grade cells, as nbgrader defines it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade
from traitlets import Bool

from coursegrader import __version__, submission, worker
from coursegrader.classic import run_classic
from coursegrader.course import Course, load_course
from coursegrader.errors import MachineFault, SubmissionFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.rebuild import RebuiltCell, rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.verdict import Verdict


def course_of(resources: Any) -> Course | None:
    """The course whose assignment is being graded; None when the assignment is not one of a course's."""
    folder = Path(resources["metadata"]["path"]).resolve()
    for root in folder.parents:
        if (root / "course_config.py").is_file():
            course = load_course(root, only=[])
            known = {assignment.id for assignment in course.assignments}
            same = resources["nbgrader"]["assignment"] == resources["nbgrader"]["notebook"]
            return course if same and resources["nbgrader"]["assignment"] in known else None
    return None


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Before nbgrader looks at a course's notebook: ids, points and given cells from the release, answers from the submission."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        course = course_of(resources)
        if course is None:
            return nb, resources
        name = resources["nbgrader"]["assignment"]
        release = json.loads((course.release_dir(name) / f"{name}.ipynb").read_text(encoding="utf-8"))
        try:
            cells = rebuild(release, submission.parse(nbformat.writes(nb).encode()))
        except SubmissionFault as fault:
            raise ValueError(fault.message) from fault
        nb.cells = [_cell(cell) for cell in cells]
        nb.metadata = nbformat.from_dict(release["metadata"])
        return nb, resources


def _cell(cell: RebuiltCell) -> Any:
    make = nbformat.v4.new_markdown_cell if cell.kind == "markdown" else nbformat.v4.new_code_cell
    return make(cell.source, metadata=json.loads(json.dumps(cell.metadata or {})))


class SandboxExecute(Execute):  # type: ignore[misc]
    """nbgrader's Execute, in the sandbox: a forked child instead of a kernel."""

    allow_unconfined = Bool(
        False, help="Run student code without isolation where this machine offers none; every grade is marked."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        kernel = nb.metadata.get("kernelspec", {})
        if (
            kernel.get("name", "python3") not in ("python", "python3")
            and kernel.get("language", "").lower() != "python"
        ):
            raise NoSuchKernel(kernel.get("name", ""))
        course = course_of(resources)
        if course is None:
            folder = Path(resources["metadata"]["path"])
            return run_classic(nb, folder, self._mode(), self.timeout), resources
        return self._grade(course, resources)

    def _mode(self) -> Mode:
        mode, why = best_mode()
        if mode is Mode.NONE and not self.allow_unconfined:
            raise MachineFault(f"this machine offers no isolation: {why}", hint="run `coursegrader doctor`")
        return mode

    def _grade(self, course: Course, resources: Any) -> tuple[Any, Any]:
        student, name = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        folder = course.root / "submitted" / student / name
        item = submission.read(folder, student, name)
        result = worker.grade_one(course.root, self._mode(), item)
        resources["coursegrader"] = {"course": course, "result": result}
        if result.notebook is None:
            raise ValueError(result.verdict.reason)
        return nbformat.reads(result.notebook, as_version=4), resources


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's SaveAutoGrades for verdicts; for other assignments, without its innocent traps."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        graded = resources.get("coursegrader")
        if graded is None:
            saved: tuple[Any, Any] = super().preprocess(nb, resources)
            return saved
        course, result = graded["course"], graded["result"]
        verdict: Verdict = result.verdict
        key = key_of(
            verdict.student,
            verdict.assignment,
            verdict.submission,
            verdict.course_version,
            __version__,
            verdict.isolation,
        )
        with (
            VerdictStore(course.root / "verdicts.db") as store,
            GradebookWriter(resources["nbgrader"]["db_url"], course.id, course.nbgrader) as writer,
        ):
            store.add(key, Entry(verdict, result.notebook, result.page))
            writer.write(verdict)
            store.record(verdict, key)
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        if is_grade(cell) and cell.cell_type == "code":
            scored = nbformat.from_dict(cell)
            scored.outputs = [output for output in cell.outputs if not _harmless(output)]
            super().preprocess_cell(scored, resources, cell_index)
            return cell, resources
        saved: tuple[Any, Any] = super().preprocess_cell(cell, resources, cell_index)
        return saved


def _harmless(output: Any) -> bool:
    """A warning on stderr says nothing about an answer: nbgrader would take the whole cell's points for it."""
    return bool(output.output_type == "stream" and output.name == "stderr")
