"""One worker's grading engine: a warm parent and the collected checks; turns a submission into a verdict.

`grade` is a function of (submission bytes, course version): no database, no clock. So verdicts can be cached, repeated, and made on
another machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from coursegrader import __version__
from coursegrader.allowance import Times
from coursegrader.course import Assignment, Course, check_points
from coursegrader.course import Limits as CourseLimits
from coursegrader.course.mistakes import did_you_mean
from coursegrader.errors import CourseFault, MachineFault, SubmissionFault
from coursegrader.judge import Judge
from coursegrader.judge.collect import CheckSpec
from coursegrader.patience import Patience
from coursegrader.rebuild import RebuiltCell, rebuild, unanswered
from coursegrader.sandbox import late_imports, no_compiler
from coursegrader.sandbox.confinement import Limits, Mode, Plan, make_plan
from coursegrader.sandbox.warm import WarmParent, shared
from coursegrader.session import Cell, CellOutcome, Session
from coursegrader.submission import Submission, parse
from coursegrader.verdict import ExerciseResult, Verdict


@dataclass(frozen=True)
class Graded:
    """A verdict and the cells behind it, as run."""

    verdict: Verdict
    cells: tuple[RebuiltCell, ...] = ()
    outcomes: tuple[CellOutcome | None, ...] = ()


@dataclass
class Prepared:
    """What grading an assignment needs, made once a worker."""

    assignment: Assignment
    version: str
    release: dict[str, Any]
    judge: Judge
    times: Times
    plan: Plan
    solution: list[RebuiltCell] = field(default_factory=list)


class Engine:
    """Grades submissions of a course, one at a time.

    Args:
        course: its configuration.
        mode: how children are confined.
        parent: the warm parent to fork from; one of its own when None.

    Example:
        >>> with Engine(course, mode) as engine:                    # doctest: +SKIP
        ...     engine.grade(submission).verdict.score
    """

    def __init__(self, course: Course, mode: Mode, parent: WarmParent | None = None) -> None:
        # One thread: checks give the same bits everywhere, and no pool of threads exists when workers are forked, which would hang them.
        torch.set_num_threads(1)
        no_compiler.put_off()  # checks that train a model need no compiler either
        self.course, self.mode = course, mode
        self._own = parent is None
        self._parent = parent or WarmParent()
        self._prepared: dict[str, Prepared] = {}

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the warm parent, if it is this engine's own."""
        if self._own:
            self._parent.close()

    def use(self, parent: WarmParent) -> None:
        """Fork from another warm parent from now on."""
        self._parent, self._own = parent, False

    def prepare(self, assignment_id: str) -> Prepared:
        """Collect an assignment's checks and files.

        Raises:
            CourseFault: the release is not built, or points do not add up.
        """
        if assignment_id not in self._prepared:
            self._prepared[assignment_id] = self._prepare(self.course.assignment(assignment_id))
        return self._prepared[assignment_id]

    def is_current(self, assignment_id: str, version: str) -> bool:
        """Whether what was prepared of an assignment, if anything, is of this version."""
        return assignment_id not in self._prepared or self._prepared[assignment_id].version == version

    def _prepare(self, assignment: Assignment) -> Prepared:
        folder = self.course.release_dir(assignment.id)
        try:
            release = json.loads((folder / f"{assignment.id}.ipynb").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CourseFault(
                f"{folder} holds no released notebook", hint=f"run `coursegrader build {assignment.id}`"
            ) from error
        judge = Judge(self.course.root, assignment.id, self.course.seed)
        check_points(self.course, assignment.id, judge.points())
        _check_misconceptions(judge.specs, self.course.misconceptions_file(assignment.id))
        files = work_files(folder)
        limits = assignment.limits
        plan = make_plan(self.mode, _limits(limits), files)
        times = Times(
            cell=limits.cell_seconds,
            cell_cpu=limits.cell_cpu_seconds,
            call=limits.call_seconds,
            call_cpu=limits.call_cpu_seconds,
            submission=limits.submission_seconds,
            output_bytes=limits.output_kb << 10,
        )
        return Prepared(assignment, self.course.version(assignment.id), release, judge, times, plan)

    def grade(self, submission: Submission, patience: Patience | None = None) -> Graded:
        """The verdict on a submission.

        Args:
            submission: what was handed in.
            patience: after which it yields its place to others; None for all the time it may use.

        Raises:
            CourseFault, MachineFault: nothing is known of the submission; no verdict.
            OutOfPatience: not yet; the same call without patience gives the verdict.
        """
        started = time.perf_counter()
        prepared = self.prepare(submission.assignment)
        if submission.notebook is None:
            return self._rejected(submission, prepared, submission.problem, started)
        try:
            notebook = parse(submission.notebook)
        except SubmissionFault as fault:
            return self._rejected(submission, prepared, fault.message, started)
        cells = rebuild(prepared.release, notebook)
        timing: dict[str, float] = {"read": time.perf_counter() - started}
        with _stage(timing, "spawn"):
            session = self.open(prepared, cells, patience)
        timing["fork"] = session.fork_seconds  # a part of it
        with session:
            with _stage(timing, "cells"):
                outcomes = _run(session, cells)
            with _stage(timing, "checks"):
                checks = prepared.judge.run(session, lambda: self.reference_session(prepared))
        timing["total"] = time.perf_counter() - started
        timing["longest"], timing["limits_hit"] = session.allowance.longest, float(session.allowance.hit)
        timing["student_cpu"] = (
            sum(outcome.cpu for outcome in outcomes if outcome is not None) + session.allowance.call_cpu
        )
        untouched = unanswered(cells)
        exercises = tuple(
            ExerciseResult(e.id, e.points, checks.get(e.id, ()), e.manual, e.id not in untouched)
            for e in prepared.assignment.exercises
        )
        verdict = self._verdict(
            submission, prepared, "graded", exercises, warnings=submission.warnings + notebook.warnings, timing=timing
        )
        return Graded(verdict, tuple(cells), tuple(outcomes))

    def open(self, prepared: Prepared, cells: Sequence[RebuiltCell] = (), patience: Patience | None = None) -> Session:
        """A session for these cells, with nothing run in it yet; a warm parent that has died is started again, once."""
        late = late_imports.used_by(cell.source for cell in cells if cell.kind == "code")
        try:
            return self._try_open(prepared, late, patience)
        except MachineFault:
            if self._parent.alive:
                raise
            self._parent = WarmParent(late) if self._own else shared(late)
            return self._try_open(prepared, late, patience)

    def _try_open(self, prepared: Prepared, late: frozenset[str], patience: Patience | None) -> Session:
        self._parent.warm(late)
        return Session(self._parent, self._parent.register(prepared.plan), prepared.times, patience, ahead=True)

    def reference_session(self, prepared: Prepared) -> Session:
        """A session in which the course's own solution has run."""
        if not prepared.solution:
            from coursegrader.build import build_source

            prepared.solution = rebuild(json.loads(json.dumps(build_source(self.course, prepared.assignment))), None)
        session = self.open(prepared, prepared.solution)
        _run(session, prepared.solution)
        return session

    def _rejected(self, submission: Submission, prepared: Prepared, reason: str, started: float) -> Graded:
        exercises = tuple(
            ExerciseResult(e.id, e.points, (), e.manual, answered=False, readable=False)
            for e in prepared.assignment.exercises
        )
        seconds = time.perf_counter() - started
        timing = {"read": seconds, "total": seconds}
        return Graded(self._verdict(submission, prepared, "rejected", exercises, reason=reason, timing=timing))

    def _verdict(
        self,
        submission: Submission,
        prepared: Prepared,
        status: str,
        exercises: tuple[ExerciseResult, ...],
        **more: Any,
    ) -> Verdict:
        return Verdict(
            student=submission.student,
            assignment=submission.assignment,
            status=status,
            submission=submission.digest,
            course_version=prepared.version,
            engine_version=__version__,
            isolation=self.mode.label,
            exercises=exercises,
            **more,
        )


def _run(session: Session, cells: list[RebuiltCell]) -> list[CellOutcome | None]:
    """Run the code cells; None for a cell that has nothing to run."""
    code = [cell for cell in cells if cell.kind == "code" and cell.source.strip()]
    # No two cells by one name: a traceback, or inspect, would show the lines of the later one.
    names = [f"{cell.name} {n}" if cell.role == "extra" else cell.name for n, cell in enumerate(code, start=1)]
    outcomes = iter(session.run([Cell(name, cell.source) for name, cell in zip(names, code, strict=True)]))
    ran = {id(cell) for cell in code}
    return [next(outcomes) if id(cell) in ran else None for cell in cells]


def _limits(limits: CourseLimits) -> Limits:
    return Limits(
        memory_bytes=limits.memory_mb << 20,
        processes=limits.processes,
        open_files=limits.open_files,
        file_bytes=limits.disk_mb << 20,
        disk_bytes=limits.disk_mb << 20,
        cpu_seconds=int(limits.submission_cpu_seconds),
    )


@contextmanager
def _stage(timing: dict[str, float], name: str) -> Iterator[None]:
    """Add the seconds of a block to `timing[name]`."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timing[name] = timing.get(name, 0.0) + time.perf_counter() - started


def work_files(folder: Path) -> dict[str, bytes]:
    """What lies beside the notebook in a released folder."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.suffix != ".ipynb"
    }


def _check_misconceptions(specs: Sequence[CheckSpec], catalogue: Path) -> None:
    """Every misconception that a check can recognise is in the catalogue, if there is one: a student would be told of no cause otherwise."""
    from coursegrader.feedback.misconceptions import load_misconceptions

    known = load_misconceptions(catalogue)
    if mistakes := [
        f"{spec.exercise}, {spec.name}: {name!r} is not in it. {did_you_mean(name, known)}"
        for spec in specs
        for name in spec.misconceptions
        if known and name not in known
    ]:
        raise CourseFault.collected(f"{catalogue}:", mistakes)
