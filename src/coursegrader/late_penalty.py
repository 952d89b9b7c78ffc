"""nbgrader's late-penalty plugin for the policies of `course_config.py`: `nbgrader autograde` takes off what `coursegrader grade` takes off."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import LateSubmissionPlugin


class CourseLatePenalty(LateSubmissionPlugin):  # type: ignore[misc]
    """The policy of the assignment; nbgrader's own `penalty_method` where the course has none, or the assignment is not of the course."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off, as nbgrader asks for them."""
        found = self._rule(student_id, total_seconds_late)
        if found is not None:
            return float(found(score))
        own: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
        return own

    def _rule(self, student: str, seconds: float) -> Any:
        from coursegrader.course import load_course

        root, name = _course_root(self.parent), getattr(self.parent, "assignment_id", None)
        if root is None or name is None or not (root / "course_config.py").is_file():
            return None
        course = load_course(root, only=[])
        assignment = next((known for known in course.assignments if known.id == name), None)
        if assignment is None or not assignment.policy.late.active:
            return None
        try:
            due = self.parent.gradebook.find_submission(name, student).duedate
        except MissingEntry:
            return None
        if due is None:
            return None
        due = due.replace(tzinfo=UTC)
        days = assignment.policy.late.days(due, due + timedelta(seconds=seconds), course.tz)
        return lambda score: assignment.policy.late.penalty(score, days)


def _course_root(owner: Any) -> Path | None:
    """The course's folder, by the nbgrader application that a preprocessor belongs to."""
    while owner is not None:
        if hasattr(owner, "coursedir"):
            return Path(owner.coursedir.root)
        owner = getattr(owner, "parent", None)
    return None
