"""What a grading process does: one engine a process, one submission in, one result out.

A task carries bytes in and a verdict out, so it runs in any `concurrent.futures.Executor`, on this machine or another.
"""

from __future__ import annotations

import signal
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from coursegrader.autograded import autograded_notebook
from coursegrader.course import Course, load_course
from coursegrader.course_root import forget_reference
from coursegrader.engine import Engine, Graded
from coursegrader.feedback import FeedbackCell, feedback_page, load_misconceptions
from coursegrader.messages import set_language
from coursegrader.patience import Patience
from coursegrader.rebuild import exercise_titles
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.confinement.kernel import die_with_parent
from coursegrader.sandbox.warm import share_twin, shared
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict

_engines: dict[tuple[Path, Mode], Engine] = {}


@dataclass(frozen=True)
class Result:
    """A verdict and the files that show it: the graded notebook (JSON; None when rejected) and the student's page (HTML)."""

    verdict: Verdict
    notebook: str | None
    page: str


def start(turn: AbstractContextManager[Any]) -> None:
    """Initializer of a forked worker: it ends with the coordinator, leaves Ctrl-C to it, and gets a warm parent of its own.

    Args:
        turn: a lock that all workers share.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGKILL)
    torch.set_num_threads(1)  # a pool of threads of the coordinator's would not be here
    share_twin(turn)
    for engine in _engines.values():
        engine.use(shared())


def engine_for(root: Path, mode: Mode) -> Engine:
    """This process's engine for a course."""
    if (root, mode) not in _engines:
        _engines[root, mode] = Engine(load_course(root, only=[]), mode, shared())
    return _engines[root, mode]


def refresh(course: Course, assignment: str) -> None:
    """Forget what this process has collected of a course that has changed since: a server may live for weeks."""
    version = course.version(assignment)
    if all(engine.is_current(assignment, version) for (root, _), engine in _engines.items() if root == course.root):
        return
    for key in [key for key in _engines if key[0] == course.root]:
        _engines.pop(key).close()
    forget_reference()


def keep_only(root: Path) -> None:
    """Forget the engines of other courses: `reference` can mean one course's at a time."""
    for key in [key for key in _engines if key[0] != root]:
        _engines.pop(key).close()


def grade_one(root: Path, mode: Mode, submission: Submission, patience: Patience | None = None) -> Result:
    """Grade a submission and make its notebook and page.

    Raises:
        CourseFault, MachineFault: no verdict.
        OutOfPatience: it has used that up and yields its place; without patience it gets its verdict.
    """
    engine = engine_for(root, mode)
    graded = engine.grade(submission, patience)
    started = time.perf_counter()
    notebook = None
    if graded.cells:
        notebook = autograded_notebook(graded, engine.prepare(submission.assignment).release["metadata"])
    page = student_page(engine.course, graded)
    timing = graded.verdict.timing
    timing["page"] = time.perf_counter() - started
    timing["total"] = timing.get("total", 0.0) + timing["page"]
    return Result(graded.verdict, notebook, page)


def student_page(course: Course, graded: Graded) -> str:
    """A student's page for what came of grading."""
    assignment = course.assignment(graded.verdict.assignment)
    cells = [
        FeedbackCell(
            kind=cell.kind,
            exercise=cell.exercise,
            role=cell.role,
            source=cell.source,
            status=outcome.status if outcome is not None else "",
            outputs=tuple(outcome.outputs) if outcome is not None else (),
        )
        for cell, outcome in zip(graded.cells, graded.outcomes, strict=True)
    ]
    set_language(course.language)
    return feedback_page(
        graded.verdict,
        cells,
        course_title=course.title,
        assignment_title=assignment.title,
        exercise_titles=exercise_titles(graded.cells),
        misconceptions=load_misconceptions(course.misconceptions_file(assignment.id)),
        language=course.language,
    )
