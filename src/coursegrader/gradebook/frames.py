"""nbgrader's database as tidy pandas frames, by set-based SQL and never by walking its objects.

Frames join on the columns of the same name: `student`, `assignment`, `exercise`. Text is of dtype `str` ("" where there is none), points are
float64, dates datetime64[us, UTC]; NaN and NaT mean "there is none". docs/gradebook.md has every column.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from coursegrader.course import Course
from coursegrader.gradebook.columns import text_series, texts_of, utc
from coursegrader.gradebook.read import TEXT, TIME, reader
from coursegrader.gradebook.scores import Scores, read_cells, read_scores
from coursegrader.gradebook.verdicts import read_checks, read_history

_STUDENTS = "SELECT id, last_name, first_name, email, lms_user_id FROM student ORDER BY id"
_ASSIGNMENTS = "SELECT name, duedate FROM assignment ORDER BY name"


class Frames:
    """A course's gradebook; each frame is read when it is first asked for, and once.

    Args:
        course: or the SQLAlchemy address of an nbgrader database alone, which knows neither titles nor verdicts.
        only: read submissions, exercises and checks of these students only, some hundreds at most; everybody's when empty.

    Attributes:
        only: those students.
        problems: what was left out because it belongs to nothing, in words.

    Example:
        >>> g = Frames(load_course(Path(".")))                            # doctest: +SKIP
        >>> g.submissions.groupby("assignment")["percent"].median()       # doctest: +SKIP
    """

    def __init__(self, course: Course | str, only: Sequence[str] = ()) -> None:
        self.course = course if isinstance(course, Course) else None
        self.db_url = course.db_url if isinstance(course, Course) else course
        self.problems: list[str] = []
        self.only = tuple(only)

    @cached_property
    def students(self) -> pd.DataFrame:
        """One row a student: student (id), last_name, first_name, email, lms_user_id; name (to be shown, and unique)."""
        names = ("student", "last_name", "first_name", "email", "lms_user_id")
        with reader(self.db_url) as db:
            columns = db.columns(_STUDENTS, dict.fromkeys(names, TEXT))
        frame = pd.DataFrame({name: pd.array(texts_of(columns[name]), dtype="str") for name in names})
        full = (frame["first_name"].str.strip() + " " + frame["last_name"].str.strip()).str.strip()
        same = full.str.casefold().duplicated(keep=False)
        shown = full.where(~same, full + " (" + frame["student"] + ")")
        frame["name"] = shown.where(full != "", frame["student"])
        return frame

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """One row an assignment, in course order: assignment, title; release, due (UTC); points, exercises (their number), position (from 1)."""
        with reader(self.db_url) as db:
            rows = db.columns(_ASSIGNMENTS, {"assignment": TEXT, "due": TIME})
            _, cells = read_cells(db)
        known = {item.id: item for item in self.course.assignments} if self.course else {}
        there = dict(zip(texts_of(rows["assignment"]), rows["due"].to_pylist(), strict=True))
        names = [*known, *(name for name in there if name not in known)]
        worth = pd.Series(cells.max_score).groupby(np.array(cells.assignment, dtype=object))
        points, count = worth.sum(), worth.size()
        # the gradebook's due date first: a teacher may have moved it there
        due = [there.get(n) or (known[n].due.isoformat() if n in known else None) for n in names]
        return pd.DataFrame(
            {
                "assignment": pd.array(names, dtype="str"),
                "title": pd.array([known[n].title if n in known else n for n in names], dtype="str"),
                "release": utc([known[n].release.isoformat() if n in known else None for n in names], "a release date"),
                "due": utc(due, "a due date", names.__getitem__),
                "points": [known[n].points if n in known else float(points.get(n, 0.0)) for n in names],
                "exercises": [len(known[n].exercises) if n in known else int(count.get(n, 0)) for n in names],
                "position": np.arange(1, len(names) + 1),
            }
        )

    @cached_property
    def exercises(self) -> pd.DataFrame:
        """One row an exercise of a submission, by student and in course order: student, assignment, exercise; auto_score, manual_score,
        extra_credit, score, max_score (points); needs_manual_grade (bool); comment (str, what a teacher wrote in formgrader). `score` is the
        manual one where there is one, else the automatic, plus extra credit, as in nbgrader.
        """
        scores, names = self._scores, self.assignments["assignment"].tolist()
        owner = scores.submissions["student"].to_numpy()[scores.submission]
        exercises = list(dict.fromkeys(scores.cells.exercise))
        of_cell = np.array([exercises.index(name) for name in scores.cells.exercise], dtype=np.int64)
        assignment = np.array([names.index(name) for name in scores.cells.assignment], dtype=np.int64)
        return pd.DataFrame(
            {
                "student": text_series(owner, self.students["student"].tolist()),
                "assignment": text_series(assignment[scores.cell], names),
                "exercise": text_series(of_cell[scores.cell], exercises),
                "auto_score": scores.auto,
                "manual_score": scores.manual,
                "extra_credit": scores.extra,
                "score": scores.score,
                "max_score": scores.cells.max_score[scores.cell],
                "needs_manual_grade": scores.waiting,
                "comment": pd.array(scores.comment, dtype="str"),
            }
        )

    @cached_property
    def submissions(self) -> pd.DataFrame:
        """One row a submission: student, assignment; submitted_at, due (UTC; the student's own, extension included), late_hours (0 in time);
        penalty, score (after the penalty, at least 0), max_score (points); percent (0 to 100); needs_manual_grade (bool).
        """
        scores = self._scores
        given, size = scores.submissions, len(scores.submissions)
        total = np.bincount(scores.submission, scores.score, size)
        possible = np.bincount(scores.submission, scores.cells.max_score[scores.cell], size)
        frame = pd.DataFrame(
            {
                "student": text_series(given["student"].to_numpy(), self.students["student"].tolist()),
                "assignment": text_series(given["assignment"].to_numpy(), self.assignments["assignment"].tolist()),
                "submitted_at": given["submitted_at"],
            }
        )
        frame["due"] = self.assignments["due"].take(given["assignment"].to_numpy()).array + given["extension"]
        self._own_dates(frame)
        late = (frame["submitted_at"] - frame["due"]).dt.total_seconds() / 3600
        frame["late_hours"] = late.clip(lower=0.0).fillna(0.0)
        frame["penalty"] = given["penalty"]
        frame["score"] = (total - frame["penalty"]).clip(lower=0.0)
        frame["max_score"] = possible
        frame["percent"] = (100 * frame["score"] / frame["max_score"]).where(frame["max_score"] > 0)
        frame["needs_manual_grade"] = np.bincount(scores.submission, scores.waiting, size) > 0
        return frame

    def _own_dates(self, frame: pd.DataFrame) -> None:
        """Extensions that course_config.py grants."""
        for student, dates in (getattr(self.course, "extensions", None) or {}).items():
            for assignment, date in dates.items():
                rows = (frame["student"] == student) & (frame["assignment"] == assignment)
                frame.loc[rows, "due"] = pd.Timestamp(date).tz_convert("UTC").as_unit("us")

    @cached_property
    def checks(self) -> pd.DataFrame:
        """One row a hidden check of a submission's standing verdict: student, assignment, exercise, check; passed (boolean, <NA> where it did not
        run to its end); points; message, misconception.
        """
        return read_checks(self.course, self.only)

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row a verdict ever given, oldest first: number, student, assignment; score, max_score (points, NaN for a fault); status
        ("graded", "rejected" or "fault"); at (UTC); key; reason (why it was graded).
        """
        return read_history(self.course)

    @cached_property
    def milestones(self) -> pd.DataFrame:
        """One row a student's milestone of the final project, as `coursegrader.milestones.milestone_frame` gives it."""
        from coursegrader.milestones import milestone_frame

        return pd.DataFrame() if self.course is None else milestone_frame(self.course)

    @cached_property
    def _scores(self) -> Scores:
        course = self.course.assignments if self.course else ()
        places = {(a.id, e.id): number for a in course for number, e in enumerate(a.exercises)}
        students, assignments = self.students["student"].tolist(), self.assignments["assignment"].tolist()
        with reader(self.db_url) as db:
            scores = read_scores(db, students, assignments, places, self.only)
        if scores.orphans:
            self.problems.append(f"{scores.orphans} grade(s) belong to no submission or no cell and are left out")
        return scores


def student_frame(course: Course | str) -> pd.DataFrame:
    """`Frames.students`, read now."""
    return Frames(course).students


def assignment_frame(course: Course | str) -> pd.DataFrame:
    """`Frames.assignments`, read now."""
    return Frames(course).assignments


def exercise_frame(course: Course | str) -> pd.DataFrame:
    """`Frames.exercises`, read now."""
    return Frames(course).exercises


def submission_frame(course: Course | str) -> pd.DataFrame:
    """`Frames.submissions`, read now."""
    return Frames(course).submissions


def check_frame(course: Course) -> pd.DataFrame:
    """`Frames.checks`, read now."""
    return Frames(course).checks


def history_frame(course: Course) -> pd.DataFrame:
    """`Frames.history`, read now."""
    return Frames(course).history


def milestone_frame(course: Course) -> pd.DataFrame:
    """`Frames.milestones`, read now."""
    return Frames(course).milestones
