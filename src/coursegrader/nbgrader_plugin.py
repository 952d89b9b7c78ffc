"""The same engine behind `nbgrader autograde` and formgrader's Autograde button.

`coursegrader.nbgrader_traits.configure(c)` puts these preprocessors into nbgrader's configuration. An assignment of the course is
graded by the course's pipeline, so that every door gives the same scores, outputs and rows. Any other nbgrader assignment is executed in
the sandbox and scored from its grade cells, as nbgrader defines it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade
from traitlets import Bool

from coursegrader import __version__, submission, worker
from coursegrader.classic import run_classic
from coursegrader.course import Course, load_course
from coursegrader.errors import MachineFault, SubmissionFault
from coursegrader.grade import write_page
from coursegrader.gradebook import GradebookWriter
from coursegrader.messages import text
from coursegrader.rebuild import RebuiltCell, rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.store import Entry, VerdictStore, key_of


def course_of(folder: Path | str, names: Any) -> Course | None:
    """The course whose assignment is being graded; None when the assignment is not one of a course's.

    Args:
        folder: where the notebook lies.
        names: nbgrader's, of the student, the assignment and the notebook.
    """
    for root in Path(folder).absolute().parents:
        if (root / "course_config.py").is_file():
            course = load_course(root, only=[])
            known = {assignment.id for assignment in course.assignments}
            same = names["assignment"] == names["notebook"]
            return course if same and names["assignment"] in known else None
    return None


def handed_in(course: Course, names: Any) -> submission.Submission:
    """What the student handed in, as it is."""
    folder = course.root / "submitted" / names["student"] / names["assignment"]
    return submission.read(folder, names["student"], names["assignment"])


class ReadableNotebook(NotebookExporter):  # type: ignore[misc]
    """nbgrader's first look at a submission: one that cannot be read is rejected, on the record, as `coursegrader grade` does it.

    nbgrader alone would call it an error, and leave an older score, or none, without a word to the student.
    """

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> tuple[Any, Any]:
        if resources and "nbgrader" in resources:
            _reject_unreadable(Path(filename).absolute().parent, resources["nbgrader"])
        made: tuple[Any, Any] = super().from_filename(filename, resources=resources, **more)
        return made


def _reject_unreadable(folder: Path, names: Any) -> None:
    course = course_of(folder, names)
    if course is None or not folder.parent.parent.samefile(course.root / "submitted"):
        return  # another assignment, or nbgrader's second look, at what it has written itself
    item = handed_in(course, names)
    try:
        submission.parse(item.notebook or b"")
    except SubmissionFault:
        result = _graded(course, item, names["db_url"], best_mode()[0])  # nothing of it runs
        _record(course, result, names["db_url"])
        raise ValueError(result.verdict.reason) from None


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Before nbgrader looks at a course's notebook: ids, points and given cells from the release, answers from the submission."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        course = course_of(resources["metadata"]["path"], resources["nbgrader"])
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
        course = course_of(resources["metadata"]["path"], resources["nbgrader"])
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
        names = resources["nbgrader"]
        result = _graded(course, handed_in(course, names), names["db_url"], self._mode())
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
        _record(graded["course"], graded["result"], resources["nbgrader"]["db_url"])
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        if is_grade(cell) and cell.cell_type == "code":
            scored = nbformat.from_dict(cell)
            scored.outputs = [output for output in cell.outputs if not _harmless(output)]
            super().preprocess_cell(scored, resources, cell_index)
            return cell, resources
        saved: tuple[Any, Any] = super().preprocess_cell(cell, resources, cell_index)
        return saved


def _graded(course: Course, item: submission.Submission, db_url: str, mode: Mode) -> worker.Result:
    """The result of a submission; where the machine fails, that is written down before nbgrader reports it."""
    worker.refresh(course, item.assignment)
    try:
        return worker.grade_one(course.root, mode, item)
    except MachineFault:
        with _books(course, db_url) as (store, gradebook):
            store.record_fault(item.student, item.assignment)
            gradebook.mark_stale(item.student, item.assignment, text("record.stale"))
        raise


def _record(course: Course, result: worker.Result, db_url: str) -> None:
    """Write a verdict down as `coursegrader grade` does, except for the notebook, which nbgrader writes."""
    verdict = result.verdict
    version, isolation = verdict.course_version, verdict.isolation
    key = key_of(verdict.student, verdict.assignment, verdict.submission, version, __version__, isolation)
    with _books(course, db_url) as (store, gradebook):
        store.add(key, Entry(verdict, result.notebook, result.page))
        write_page(course, verdict, result.page)
        gradebook.set_due(verdict.assignment, course.assignment(verdict.assignment).due)
        gradebook.write(verdict)
        store.record(verdict, key)


@contextmanager
def _books(course: Course, db_url: str) -> Iterator[tuple[VerdictStore, GradebookWriter]]:
    with (
        VerdictStore(course.root / "verdicts.db") as store,
        GradebookWriter(db_url, course.id, course.nbgrader) as gradebook,
    ):
        yield store, gradebook


def _harmless(output: Any) -> bool:
    """A warning on stderr says nothing about an answer: nbgrader would take the whole cell's points for it."""
    return bool(output.output_type == "stream" and output.name == "stderr")
