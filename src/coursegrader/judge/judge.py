"""Hidden checks against a session: which passed, and what each of the others tells the student."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from coursegrader.checks import CheckFailed, StudentError
from coursegrader.course_root import use_course_root
from coursegrader.errors import MachineFault, OutOfPatience
from coursegrader.judge.collect import CheckSpec, Collected
from coursegrader.judge.student import Student
from coursegrader.messages import text
from coursegrader.session import Session
from coursegrader.snapshot import CallFailed
from coursegrader.verdict import CheckResult

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
ReferenceSession = Callable[[], Session]


class Judge:
    """The hidden checks of one assignment.

    Args:
        root: the course's folder.
        assignment: its id.
        seed: of the course.

    Example:
        >>> judge = Judge(Path("."), "01-compter-generer", 2026)        # doctest: +SKIP
        >>> results = judge.run(session)
    """

    def __init__(self, root: Path, assignment: str, seed: int) -> None:
        use_course_root(root)
        self._collected = Collected(root / "grading_tests" / assignment, f"{seed}:{assignment}")
        self._faulty: frozenset[str] | None = None

    @property
    def specs(self) -> list[CheckSpec]:
        """Every check, in the order of running."""
        return self._collected.specs

    def points(self) -> dict[str, float]:
        """Points of the checks, added up by exercise."""
        total: dict[str, float] = {}
        for spec in self.specs:
            total[spec.exercise] = total.get(spec.exercise, 0.0) + spec.points
        return total

    def run(self, session: Session, reference: ReferenceSession | None = None) -> dict[str, tuple[CheckResult, ...]]:
        """Every check's result, by exercise.

        Args:
            session: the submission, its cells run.
            reference: opens a session of the course's own solution. A check that crashes is tried there: what crashes there too is
                the author's fault and leaves the scale; what crashes on this submission only waits for a teacher.

        Raises:
            MachineFault: the machine failed; there is no verdict.
        """
        session.wanted = len(self.specs)
        results: dict[str, list[CheckResult]] = {}
        for spec, result in self.outcomes(session):
            results.setdefault(spec.exercise, []).append(result)
        if reference is not None and any(check.passed is None for checks in results.values() for check in checks):
            faulty = self._faulty_checks(reference)
            for exercise, checks in results.items():
                results[exercise] = [
                    replace(c, withdrawn=c.passed is None and f"{exercise}:{c.name}" in faulty) for c in checks
                ]
        return {exercise: tuple(checks) for exercise, checks in results.items()}

    def outcomes(self, session: Session, exercise: str | None = None) -> Iterator[tuple[CheckSpec, CheckResult]]:
        """Each check as it ends, of one exercise or of all; whoever has seen enough stops asking."""
        for spec, ran, error in self._collected.run(lambda: _student(session), exercise):
            yield spec, _result(spec, ran, error)

    def _faulty_checks(self, reference: ReferenceSession) -> frozenset[str]:
        if self._faulty is None:
            with reference() as session:
                session.wanted = len(self.specs)
                runs = list(self._collected.run(lambda: _student(session)))
            self._faulty = frozenset(
                f"{spec.exercise}:{spec.name}" for spec, ran, error in runs if not _result(spec, ran, error).passed
            )
        return self._faulty


@contextmanager
def _student(session: Session) -> Iterator[Student | None]:
    """A fresh fork for one check; None where the student's process is gone, which the check then meets as such."""
    try:
        snapshot = session.snapshot()
    except CallFailed:
        yield _Gone()
        return
    with snapshot:
        yield Student(snapshot)


class _Gone(Student):
    """The student of a session whose process did not survive: every call says so."""

    def __init__(self) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("_"):
            raise AttributeError(name)
        raise StudentError("stopped", text("session.stopped"))

    get = has = ref = manual_seed = __getattr__  # type: ignore[assignment]


def _result(spec: CheckSpec, ran: bool, error: BaseException | None) -> CheckResult:
    """What an ended check says. Anything but a failed comparison or the student's own failure is the author's fault."""
    if error is None and ran:
        return CheckResult(spec.name, True, spec.points)
    if isinstance(error, MachineFault | OutOfPatience | KeyboardInterrupt):
        raise error
    if isinstance(error, CheckFailed):
        return CheckResult(
            spec.name,
            False,
            spec.points,
            spec.message,
            error.message,
            error.expected or "",
            error.actual or "",
            error.misconception,
        )
    if isinstance(error, StudentError):
        return CheckResult(spec.name, False, spec.points, spec.message, error.message)
    if type(error) is AssertionError or type(error) is pytest.fail.Exception:
        return CheckResult(
            spec.name, False, spec.points, spec.message
        )  # its text may quote hidden values: only the message travels
    fault = "the check did not run" if error is None else f"{type(error).__name__}: {error}"
    fault = _ADDRESS.sub("0x…", fault)  # verdicts are the same from run to run
    return CheckResult(spec.name, None, spec.points, text("check.fault"), fault=fault[:500])
