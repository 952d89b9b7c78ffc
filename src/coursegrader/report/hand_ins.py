"""What is handed in and stands in no gradebook yet: it lies in `submitted/`, or the milestones say so. It waits for the teacher and is not missing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from coursegrader.course import Course
from coursegrader.messages import text
from coursegrader.milestones.states import HANDED_IN, OVER
from coursegrader.submission import handed_in_at

KEY = ["student", "assignment"]


def with_ungraded(
    course: Course,
    submissions: pd.DataFrame,
    assignments: pd.DataFrame,
    milestones: pd.DataFrame,
    students: Sequence[str],
) -> pd.DataFrame:
    """`Frames.submissions` and, after them, a row for each hand-in that is not graded.

    Args:
        assignments: `Frames.assignments`.
        milestones: of `milestone_frame`.
        students: whose hand-ins are looked for.

    Returns:
        The same columns; of the new rows score, max_score and percent are NaN, penalty is 0, needs_manual_grade is True; submitted_at is
        NaT where nobody knows when it came.
    """
    known = set(zip(submissions["student"], submissions["assignment"], strict=True))
    found = _lying(course, students, known)
    for student, assignment, at in _noted(milestones, students):
        if (student, assignment) not in known:
            found.setdefault((student, assignment), at)
    if not found:
        return submissions
    new = pd.DataFrame([(*key, at) for key, at in found.items()], columns=[*KEY, "submitted_at"])
    new = new.astype({"student": "str", "assignment": "str"})
    new["submitted_at"] = pd.to_datetime(new["submitted_at"], utc=True).dt.as_unit("us")
    own = milestones[milestones["assignment"] != ""].drop_duplicates(KEY)[[*KEY, "due"]].rename(columns={"due": "own"})
    granted = [(student, one.id, due) for one in course.assignments for student, due in one.extensions.items()]
    extended = pd.DataFrame(granted, columns=[*KEY, "extended"]).astype({"student": "str", "assignment": "str"})
    extended["extended"] = pd.to_datetime(extended["extended"], utc=True)
    new = new.merge(assignments[["assignment", "due"]], on="assignment", how="left")
    new = new.merge(own, on=KEY, how="left").merge(extended, on=KEY, how="left")
    new["due"] = new["own"].fillna(new["extended"]).fillna(new["due"]).dt.as_unit("us")
    late = (new["submitted_at"] - new["due"]).dt.total_seconds() / 3600
    new["late_hours"] = late.clip(lower=0.0).fillna(0.0)
    new = new.assign(penalty=0.0, score=float("nan"), max_score=float("nan"), percent=float("nan"))
    new["needs_manual_grade"] = True
    if submissions.empty:  # nothing that could tell the kinds of columns
        return new[list(submissions.columns)]
    return pd.concat([submissions, new[list(submissions.columns)]], ignore_index=True)


def handed_in_now(milestones: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """The milestones, where what was handed in and not yet noted by `coursegrader milestones` is handed in all the same.

    Args:
        submissions: of `with_ungraded`.
    """
    if milestones.empty:
        return milestones
    there = pd.MultiIndex.from_frame(milestones[KEY]).isin(pd.MultiIndex.from_frame(submissions[KEY]))
    rows = there & (milestones["state"] == "not_started").to_numpy()
    if not rows.any():
        return milestones
    milestones = milestones.copy()
    milestones.loc[rows, ["state", "waiting_for"]] = ["submitted", "teacher"]
    milestones.loc[rows, "overdue"] = False
    milestones.loc[rows, "next_step"] = text("milestones.next_submitted")
    at = submissions.drop_duplicates(KEY).set_index(KEY)["submitted_at"]
    milestones.loc[rows, "submitted_at"] = at.reindex(pd.MultiIndex.from_frame(milestones.loc[rows, KEY])).to_numpy()
    return milestones


def _lying(
    course: Course, students: Sequence[str], known: set[tuple[str, str]]
) -> dict[tuple[str, str], datetime | None]:
    """(student, assignment) -> when, of every other folder in `submitted/`."""
    folder, wanted = course.root / "submitted", {assignment.id for assignment in course.assignments}
    try:
        there = {entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)}
    except OSError:
        return {}
    found = {}
    for student in students:
        if student not in there:
            continue
        with os.scandir(folder / student) as entries:
            own = [e.name for e in entries if e.name in wanted and e.is_dir(follow_symlinks=False)]
        for name in own:
            if (student, name) not in known:
                found[student, name] = handed_in_at(folder / student / name)
    return found


def _noted(milestones: pd.DataFrame, students: Sequence[str]) -> list[tuple[str, str, pd.Timestamp]]:
    """Of the milestones that a student's assignment belongs to, those that were handed in or decided."""
    if milestones.empty:
        return []
    there = milestones["state"].isin(HANDED_IN | OVER - {"excused"}) | milestones["submitted_at"].notna()
    rows = milestones[there & (milestones["assignment"] != "") & milestones["student"].isin(students)]
    return list(zip(rows["student"], rows["assignment"], rows["submitted_at"], strict=True))
