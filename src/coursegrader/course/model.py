"""Course, Assignment, Exercise, Limits, Milestone: frozen, and only made by `load_course`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coursegrader.course.milestone import Milestone
from coursegrader.course.mistakes import did_you_mean
from coursegrader.course.policy import Policy
from coursegrader.course.version import course_version
from coursegrader.errors import CourseFault, WrongUsage


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Seconds are wall time unless the name says CPU; MB and KB are multiples of 1024.

    CPU limits are twice the wall limits by default, because a submission may run two threads.

    Example:
        >>> Limits(memory_mb=512).memory_mb
        512
    """

    call_seconds: float = 10.0
    call_cpu_seconds: float = 20.0
    cell_seconds: float = 30.0
    cell_cpu_seconds: float = 60.0
    submission_seconds: float = 300.0
    submission_cpu_seconds: float = 600.0
    memory_mb: int = 2048
    disk_mb: int = 100
    output_kb: int = 1024
    processes: int = 64
    open_files: int = 128


@dataclass(frozen=True)
class Exercise:
    """One graded answer: a function or class of `reference/`, or a written answer (`manual`)."""

    id: str
    points: float
    manual: bool = False

    @property
    def solution_cell(self) -> str:
        """The grade_id of the cell that the student fills; a written answer is graded in place."""
        return self.id if self.manual else f"{self.id}-solution"


@dataclass(frozen=True)
class Assignment:
    """One notebook with its deadlines, data files (relative to the course root) and exercises, in course order.

    `extensions` are the later deadlines of single students.
    """

    id: str
    title: str
    release: datetime
    due: datetime
    exercises: tuple[Exercise, ...]
    files: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    extensions: Mapping[str, datetime] = field(default_factory=dict, hash=False)

    def due_for(self, student: str) -> datetime:
        """A student's own deadline, aware: the extension where there is one."""
        return self.extensions.get(student, self.due)

    @property
    def last_due(self) -> datetime:
        """The moment from which nobody can hand in on time any more: the last of the deadline and all extensions."""
        return max([self.due, *self.extensions.values()], key=lambda date: date.astimezone(UTC))

    @property
    def points(self) -> float:
        """The sum over all exercises."""
        return float(sum(exercise.points for exercise in self.exercises))

    @property
    def written(self) -> bool:
        """Whether every answer is written and read by a teacher, as in the steps of the project: no reference, no checks."""
        return bool(self.exercises) and all(exercise.manual for exercise in self.exercises)

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that id.

        Raises:
            CourseFault: there is none, with the closest id.
        """
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        known = [exercise.id for exercise in self.exercises]
        raise CourseFault(f"{self.id} has no exercise {exercise_id!r}.", hint=did_you_mean(exercise_id, known))


@dataclass(frozen=True)
class Course:
    """A validated course.

    `nbgrader` is the traitlets Config that the same file makes; `data` the plain dict COURSE as written.
    """

    root: Path
    id: str
    title: str
    language: str
    timezone: str
    seed: int
    assignments: tuple[Assignment, ...]
    milestones: tuple[Milestone, ...] = ()
    limits: Limits = field(default_factory=Limits)
    extensions: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict, hash=False)
    nbgrader: Any = field(default=None, repr=False, compare=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def tz(self) -> ZoneInfo:
        """The time zone of all dates."""
        return ZoneInfo(self.timezone)

    @property
    def db_url(self) -> str:
        """Where nbgrader keeps its gradebook: what the configuration says, or `gradebook.db` in the course root."""
        configured = self.nbgrader.CourseDirectory.get("db_url", "") if self.nbgrader is not None else ""
        return str(configured) or f"sqlite:///{self.root / 'gradebook.db'}"

    @property
    def reference_dir(self) -> Path:
        """The reference solutions."""
        return self.root / "reference"

    def source_text(self, assignment_id: str) -> Path:
        """The instructor's notebook as MyST text."""
        return self.root / "source" / assignment_id / f"{assignment_id}.md"

    def checks_dir(self, assignment_id: str) -> Path:
        """The hidden checks of one assignment."""
        return self.root / "grading_tests" / assignment_id

    def misconceptions_file(self, assignment_id: str) -> Path:
        """The catalogue of known wrong ideas of one assignment."""
        return self.root / "grading_tests" / "misconceptions" / f"{assignment_id}.toml"

    def release_dir(self, assignment_id: str) -> Path:
        """What students receive."""
        return self.root / "release" / assignment_id

    def assignment(self, assignment_id: str) -> Assignment:
        """The assignment of that id.

        Raises:
            WrongUsage: there is none, with the closest id.
        """
        for assignment in self.assignments:
            if assignment.id == assignment_id:
                return assignment
        known = [assignment.id for assignment in self.assignments]
        raise WrongUsage(f"The course has no assignment {assignment_id!r}.", hint=did_you_mean(assignment_id, known))

    def due_for(self, student: str, assignment_id: str) -> datetime:
        """A student's deadline for an assignment, aware: the extension where there is one.

        Raises:
            WrongUsage: there is no such assignment, with the closest id.
        """
        return self.assignment(assignment_id).due_for(student)

    def milestone(self, milestone_id: str) -> Milestone:
        """The milestone of that id.

        Raises:
            WrongUsage: there is none, with the closest id.
        """
        for milestone in self.milestones:
            if milestone.id == milestone_id:
                return milestone
        known = [milestone.id for milestone in self.milestones]
        raise WrongUsage(f"The course has no milestone {milestone_id!r}.", hint=did_you_mean(milestone_id, known))

    def version(self, assignment: Assignment | str) -> str:
        """A sha256 (hex) that changes whenever anything that decides a grade of this assignment may have changed."""
        chosen = self.assignment(assignment) if isinstance(assignment, str) else assignment
        return course_version(self.root, chosen.id, chosen.files, self.data)
