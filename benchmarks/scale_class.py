"""A course's folder and the one assignment that is graded in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coursegrader.course import Course, load_course


@dataclass(frozen=True)
class Class:
    """A course's folder and the assignment that is graded in it."""

    root: Path
    name: str

    @property
    def course(self) -> Course:
        """As its files are."""
        return load_course(self.root, only=[self.name])

    def submitted(self, student: str) -> Path:
        """Where a student's notebook lies."""
        return self.root / "submitted" / student / self.name
