"""Everything that the pages are made of, worked out once from the frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from coursegrader.course import Course
from coursegrader.feedback.misconceptions import misconception_titles
from coursegrader.gradebook.frames import Frames
from coursegrader.report import statistics
from coursegrader.report.hand_ins import handed_in_now, with_ungraded
from coursegrader.report.texts import day


@dataclass
class ReportData:
    """A course's figures at a time.

    Args:
        frames: the gradebook.
        course: its course.
        now: aware time at which dates are past.
    """

    frames: Frames
    course: Course
    now: datetime

    @cached_property
    def moment(self) -> pd.Timestamp:
        """`now` as pandas has it."""
        return pd.Timestamp(self.now).tz_convert("UTC")

    @cached_property
    def overview(self) -> pd.DataFrame:
        """`statistics.by_assignment`."""
        f = self.frames
        return statistics.by_assignment(f.assignments, self.handed_in, len(f.students), self.moment)

    @cached_property
    def handed_in(self) -> pd.DataFrame:
        """`Frames.submissions`, and what is handed in and not graded (`hand_ins.with_ungraded`): for counts and states, not for results."""
        f = self.frames
        students = f.only or f.students["student"].tolist()
        return with_ungraded(self.course, f.submissions, f.assignments, self._milestones, students)

    @cached_property
    def milestones(self) -> pd.DataFrame:
        """`milestone_frame` at `now`, what is overdue depends on it; a hand-in that nobody has noted yet is one."""
        return handed_in_now(self._milestones, self.handed_in)

    @cached_property
    def _milestones(self) -> pd.DataFrame:
        from coursegrader.milestones import milestone_frame

        return milestone_frame(self.course, self.now)

    @cached_property
    def begun(self) -> pd.DataFrame:
        """Of the overview, the assignments that have a result."""
        return self.overview[self.overview["graded"] > 0].reset_index(drop=True)

    @cached_property
    def items(self) -> pd.DataFrame:
        """`statistics.by_exercise`, in course order."""
        frame = statistics.by_exercise(self.frames.exercises)
        keys = [
            (self.positions.get(a, 0), self.places.get((a, e), 999))
            for a, e in zip(frame["assignment"], frame["exercise"], strict=True)
        ]
        return frame.iloc[sorted(range(len(frame)), key=keys.__getitem__)].reset_index(drop=True)

    @cached_property
    def students(self) -> pd.DataFrame:
        """`statistics.by_student`."""
        return statistics.by_student(self.frames.students, self.handed_in, self.overview)

    @cached_property
    def ideas(self) -> pd.DataFrame:
        """`statistics.misconceptions`, with their French `title`."""
        frame = statistics.misconceptions(self.frames.checks)
        pairs = zip(frame["assignment"], frame["misconception"], strict=True)
        frame["title"] = pd.array([self.idea(a, m) for a, m in pairs], dtype="str")
        return frame

    def idea(self, assignment: str, misconception: str) -> str:
        """A misconception's title; its id where the catalogue has none."""
        return self._titles.get(assignment, {}).get(misconception, misconception)

    @cached_property
    def _titles(self) -> dict[str, dict[str, str]]:
        return {
            assignment.id: misconception_titles(self.course.misconceptions_file(assignment.id))
            for assignment in self.course.assignments
        }

    @cached_property
    def today(self) -> str:
        """The date of the report, in words."""
        return day(self.moment, self.course.tz).text

    @cached_property
    def assignment_rows(self) -> list[dict[str, Any]]:
        """The overview as records."""
        return [{str(key): value for key, value in row.items()} for row in self.overview.to_dict("records")]

    @cached_property
    def positions(self) -> dict[str, int]:
        """assignment -> its place in the course."""
        return dict(zip(self.overview["assignment"], self.overview["position"].tolist(), strict=True))

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """(assignment, exercise) -> its place in the assignment."""
        return {(a.id, e.id): n for a in self.course.assignments for n, e in enumerate(a.exercises)}

    @cached_property
    def labels(self) -> dict[str, str]:
        """assignment -> a short name for charts: the number that its id begins with, else the id."""
        return {name: _short(name) for name in self.overview["assignment"]}


def _short(name: str) -> str:
    head = name.partition("-")[0]
    return head if head.isdigit() else name[:18]
