"""The one record that travels: what became of a submission, check by check.

A verdict is a function of (submission bytes, course version): it holds no clock and no name of a machine, except in `timing`, which is
left out when verdicts are compared. `passed` is True, False or None, so that "not run" is never "wrong".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SCHEMA = 1


@dataclass(frozen=True)
class CheckResult:
    """One hidden check.

    Attributes:
        name: of the test function.
        passed: True or False after a check that ran to its end or was ended by the student's code; None when the course is at fault.
        points: what it gives when passed.
        message: for the student, French; empty when passed.
        expected, actual: short texts, never an array in full.
        misconception: id in the catalogue, when the answer is a known wrong one.
        fault: what broke, for the author; never shown to a student.
        withdrawn: the check fails on the reference answer too, so that its points leave the scale.
    """

    name: str
    passed: bool | None
    points: float
    message: str = ""
    reason: str = ""
    expected: str = ""
    actual: str = ""
    misconception: str | None = None
    fault: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise: its checks and what they add up to.

    Attributes:
        id: name of the exercise.
        max_points: from course_config.py.
        manual: graded by a teacher; checks do not count.
        answered: the student's cell differs from the released one.
        readable: False where the submission was rejected: no points.
    """

    id: str
    max_points: float
    checks: tuple[CheckResult, ...] = ()
    manual: bool = False
    answered: bool = True
    readable: bool = True

    @property
    def score(self) -> float | None:
        """Points earned by checks that ran to their end; None for a written answer that waits for its teacher.

        A check that the course's own reference fails leaves the scale: the others are worth its points in proportion.
        """
        if not self.readable:
            return 0.0
        if self.manual:
            return None
        counted = [check for check in self.checks if not check.withdrawn]
        possible = sum(check.points for check in counted)
        if possible <= 0:
            return None
        earned = sum(check.points for check in counted if check.passed)
        return round(self.max_points * earned / possible, 6)

    @property
    def needs_teacher(self) -> bool:
        """Whether a teacher has to look: a written answer, or a check that did not run to its end."""
        if not self.readable:
            return False
        return self.manual or any(check.passed is None for check in self.checks) or self.score is None


@dataclass(frozen=True)
class Effort:
    """What a verdict cost: seconds, how many cells and calls hit a limit, and the seconds of the longest cell or call.

    Example:
        >>> Effort.of({"total": 1.5, "limits_hit": 0.0, "longest": 0.4})
        Effort(seconds=1.5, limits_hit=0, longest=0.4)
    """

    seconds: float
    limits_hit: int
    longest: float

    @classmethod
    def of(cls, timing: Mapping[str, float]) -> Effort:
        """From the `timing` of a verdict."""
        return cls(float(timing.get("total", 0.0)), int(timing.get("limits_hit", 0)), float(timing.get("longest", 0.0)))


@dataclass(frozen=True)
class Verdict:
    """What became of one submission.

    Attributes:
        status: "graded", or "rejected" (the submission cannot be read: no points, with the reason).
        reason: why it was rejected or could not be graded, French.
        isolation: mode of the sandbox: "full", "reduced" or "off".
        timing: seconds by stage (read, spawn, cells, checks, page; total), of the longest cell or call, of the student's own processor
            time, and how many cells and calls hit a limit; not part of what is compared.
    """

    student: str
    assignment: str
    status: str
    submission: str
    course_version: str
    engine_version: str
    isolation: str
    exercises: tuple[ExerciseResult, ...] = ()
    reason: str = ""
    warnings: tuple[str, ...] = ()
    timing: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def score(self) -> float:
        """Points earned so far."""
        return round(sum(exercise.score or 0.0 for exercise in self.exercises), 6)

    @property
    def max_score(self) -> float:
        """Points that can be earned."""
        return sum(exercise.max_points for exercise in self.exercises)

    def canonical(self) -> bytes:
        """The verdict without timing, as canonical JSON: equal bytes mean an equal verdict."""
        return json.dumps(asdict(replace(self, timing={})), sort_keys=True, ensure_ascii=False).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of `canonical()`."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def to_json(self) -> str:
        """The whole record."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """The record that `to_json` wrote.

        Raises:
            ValueError: written by another version of the schema.
        """
        data: dict[str, Any] = json.loads(text)
        if data.pop("schema", None) != SCHEMA:
            raise ValueError("verdict of another schema")
        data["exercises"] = tuple(
            ExerciseResult(**{**exercise, "checks": tuple(CheckResult(**check) for check in exercise["checks"])})
            for exercise in data["exercises"]
        )
        data["warnings"] = tuple(data["warnings"])
        return cls(**data)
