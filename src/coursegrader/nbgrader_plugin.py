"""The same engine behind `nbgrader autograde` and formgrader's Autograde button.

`coursegrader.nbgrader_traits.configure(c)` puts these preprocessors into nbgrader's configuration. An assignment of the course is
graded by the course's pipeline, so that every door gives the same scores, outputs and rows. Any other nbgrader assignment is executed in
the sandbox and scored from its grade cells, as nbgrader defines it.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbconvert.exporters import NotebookExporter, ResourcesDict
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade
from traitlets import Bool

from coursegrader import __version__, submission, worker
from coursegrader.classic import run_classic
from coursegrader.course import Course
from coursegrader.errors import CourseFault, MachineFault, SubmissionFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.messages import text
from coursegrader.nbgrader_release import course_above
from coursegrader.rebuild import RebuiltCell, rebuild
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.settle import settle, write_rows
from coursegrader.store import Entry, VerdictStore, key_of
from coursegrader.student_files import submitted_at, write_page


def course_of(folder: Path | str, names: Any) -> Course | None:
    """The course whose assignment is being graded; None when the assignment is not one of a course's.

    Args:
        folder: where the notebook lies.
        names: nbgrader's, of the student, the assignment and the notebook.
    """
    return course_above(folder, names["assignment"]) if names["assignment"] == names["notebook"] else None


def handed_in(course: Course, names: Any) -> submission.Submission:
    """What the student handed in, as it is."""
    folder = course.root / "submitted" / names["student"] / names["assignment"]
    return submission.read(folder, names["student"], names["assignment"])


def before_conversion(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's hook before a student's notebooks are read: of a course's assignment it is the one that `coursegrader grade` would take.

    nbgrader alone skips a notebook of another name, and then calls the submission an error, without a word to the student.
    """
    if not notebooks:
        return
    folder = Path(notebooks[0]).parent
    names = {"student": student, "assignment": assignment, "notebook": assignment}
    if _course_of_submission(folder, names) is not None:
        notebooks[:] = [str(folder / f"{assignment}.ipynb")]  # where `ReadableNotebook` puts what there is


def _course_of_submission(folder: Path, names: Any) -> Course | None:
    """The course, if this is the folder that the student handed in; not nbgrader's second look, at what it has written itself."""
    course = course_of(folder, names)
    if course is None or not folder.absolute().parent.parent.samefile(course.root / "submitted"):
        return None
    return course


class ReadableNotebook(NotebookExporter):  # type: ignore[misc]
    """nbgrader's first look at a submission: what `coursegrader grade` reads, it reads; what that rejects is rejected, on the record.

    nbgrader alone stops at a cell without metadata or a byte order mark, and leaves an older score, or none, without a word to the student.
    """

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> tuple[Any, Any]:
        path = Path(filename)
        names = resources["nbgrader"] if resources and "nbgrader" in resources else None
        course = _course_of_submission(path.parent, names) if names is not None else None
        if course is None:
            made: tuple[Any, Any] = super().from_filename(filename, resources=resources, **more)
            return made
        _reject_empty_folders(course, names)
        notebook = _readable(course, names)
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        return tuple(self.from_notebook_node(notebook, resources=resources, **more))


def _readable(course: Course, names: Any) -> Any:
    item = handed_in(course, names)
    try:
        return rebuilt(course, names["assignment"], submission.parse(item.notebook or b""))
    except SubmissionFault:
        result = _graded(course, item, names["db_url"], best_mode()[0])  # nothing of it runs
        _record(course, item, result, names["db_url"])
        raise ValueError(result.verdict.reason) from None


def _reject_empty_folders(course: Course, names: Any) -> None:
    """Write down what nbgrader passes over: students whose folder holds no notebook."""
    assignment = names["assignment"]
    for folder in sorted((course.root / "submitted").glob(f"*/{glob.escape(assignment)}")):
        with suppress(OSError):
            if any(name.lower().endswith(".ipynb") for name in os.listdir(folder)):
                continue
            item = submission.read(folder, folder.parent.name, assignment)
            with _books(course, names["db_url"]) as (store, _):
                known = store.current(item.student, assignment)
                entry = store.find(known) if known is not None else None
            if entry is None or entry.verdict.submission != item.digest:
                _record(course, item, _graded(course, item, names["db_url"], best_mode()[0]), names["db_url"])


def rebuilt(course: Course, assignment: str, submitted: submission.StudentNotebook) -> Any:
    """nbgrader's notebook of a submission: ids, points and given cells from the release, answers from the submission."""
    release = json.loads((course.release_dir(assignment) / f"{assignment}.ipynb").read_text(encoding="utf-8"))
    cells = [_cell(cell) for cell in rebuild(release, submitted)]
    return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(release["metadata"]))


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """The same as `ReadableNotebook` for who has an exporter of their own."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        course = course_of(resources["metadata"]["path"], resources["nbgrader"])
        if course is None:
            return nb, resources
        try:
            submitted = submission.parse(nbformat.writes(nb).encode())
        except SubmissionFault as fault:
            raise ValueError(fault.message) from fault
        return rebuilt(course, resources["nbgrader"]["assignment"], submitted), resources


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
        item = handed_in(course, names)
        result = _graded(course, item, names["db_url"], self._mode())
        resources["coursegrader"] = {"course": course, "item": item, "result": result}
        if result.notebook is None:
            raise ValueError(result.verdict.reason)
        counts = _standing_notebook(course, item, result, names["db_url"]) or result.notebook
        return nbformat.reads(counts, as_version=4), resources


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's SaveAutoGrades for verdicts; for other assignments, without its innocent traps."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        graded = resources.get("coursegrader")
        if graded is None:
            saved: tuple[Any, Any] = super().preprocess(nb, resources)
            return saved
        _record(graded["course"], graded["item"], graded["result"], resources["nbgrader"]["db_url"])
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
    """The result of a submission; where the machine or the course fails, that is written down before nbgrader reports it.

    nbgrader has already entered the new submission's time, so that the old score would pass for the new one's.
    """
    try:
        worker.refresh(course, item.assignment)
        return worker.grade_one(course.root, mode, item)
    except (CourseFault, MachineFault) as fault:
        why = "record.stale_course" if isinstance(fault, CourseFault) else "record.stale"
        with _books(course, db_url) as (store, gradebook):
            store.record_fault(item.student, item.assignment)
            gradebook.mark_stale(item.student, item.assignment, text(why))
        raise


def _standing_notebook(course: Course, item: submission.Submission, result: worker.Result, db_url: str) -> str | None:
    """The graded notebook of the attempt that counts, which nbgrader writes: grades and notebook belong together."""
    key, entry = _addressed(result)
    with _books(course, db_url) as (store, gradebook):
        store.add(key, entry)
        return settle(course, store, gradebook, key, item, entry, submitted_at(course, item)).entry.notebook


def _record(course: Course, item: submission.Submission, result: worker.Result, db_url: str) -> None:
    """Write a verdict down as `coursegrader grade` does, except for the notebook, which nbgrader writes."""
    key, entry = _addressed(result)
    with _books(course, db_url) as (store, gradebook):
        store.add(key, entry)
        gradebook.set_due(item.assignment, course.assignment(item.assignment).due)
        settled = settle(course, store, gradebook, key, item, entry, submitted_at(course, item))
        write_page(course, settled.entry.verdict, settled.page)
        write_rows(course, store, gradebook, settled)


def _addressed(result: worker.Result) -> tuple[str, Entry]:
    verdict = result.verdict
    version, isolation = verdict.course_version, verdict.isolation
    key = key_of(verdict.student, verdict.assignment, verdict.submission, version, __version__, isolation)
    return key, Entry(verdict, result.notebook, result.page)


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
