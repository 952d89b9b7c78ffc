"""What a teacher wants to know about a class, as small frames. Pure functions of the gradebook's frames and of the time.

Shares and percentages of a handful of students say little: `discrimination` is left out below `SMALL` results, and the pages draw dots instead
of distributions there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

SMALL = 30  # results; the standard error of a correlation is about 1 / sqrt(n - 3): 0.19 at 30, which is as rough as one may be
FEW_FOR_MEDIAN = 5


def by_exercise(exercises: pd.DataFrame) -> pd.DataFrame:
    """Difficulty and discrimination.

    Args:
        exercises: `Frames.exercises`.

    Returns:
        assignment, exercise (str, in the frame's order); count (int64, results); success (mean share of the points, 0 to 1); full, none (int64,
        students with all points, with none); discrimination (float64, correlation of the exercise's points with those of the rest of the
        assignment, the item-rest correlation of classical test theory; NaN below 30 results, or where all are equal).
    """
    parts = [_items(str(name), part) for name, part in exercises.groupby("assignment", sort=False)]
    columns = ["assignment", "exercise", "count", "success", "full", "none", "discrimination"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _items(assignment: str, part: pd.DataFrame) -> pd.DataFrame:
    points = part.pivot(index="student", columns="exercise", values="score").reindex(columns=part["exercise"].unique())
    worth = part.groupby("exercise", sort=False)["max_score"].max().reindex(points.columns)
    scores = points.to_numpy(dtype=np.float64, na_value=np.nan)
    share = scores / worth.to_numpy()
    rest = np.nansum(scores, axis=1, keepdims=True) - np.nan_to_num(scores)
    return pd.DataFrame(
        {
            "assignment": assignment,
            "exercise": points.columns.to_numpy(),
            "count": (~np.isnan(share)).sum(axis=0),
            "success": np.nanmean(share, axis=0) if len(share) else np.nan,
            "full": (share >= 1 - 1e-9).sum(axis=0),
            "none": (share <= 1e-9).sum(axis=0),
            "discrimination": [_correlation(scores[:, n], rest[:, n]) for n in range(scores.shape[1])],
        }
    )


def _correlation(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    there = ~np.isnan(one)
    one, other = one[there], other[there]
    if len(one) < SMALL or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def by_assignment(
    assignments: pd.DataFrame, submissions: pd.DataFrame, students: int, now: pd.Timestamp
) -> pd.DataFrame:
    """What was handed in, when, and how it went.

    Args:
        submissions: `Frames.submissions`, and what is not graded with NaN for its result.

    Returns:
        assignment, title, due, position; over (bool: the due date is past); students, handed_in, on_time, late, missing, waiting, graded
        (int64; missing is 0 before the due date; waiting: for a teacher; graded: how many have a result); median, lower, upper (percent;
        quartiles; NaN where nothing is graded).
    """
    groups = submissions.groupby("assignment", sort=False)
    table = assignments.set_index("assignment")[["title", "due", "position"]].copy()
    table["over"] = (table["due"] < now).fillna(False).astype(bool)
    table["students"] = students
    late = submissions[submissions["late_hours"] > 0].groupby("assignment").size()
    for name, counts in (
        ("handed_in", groups.size()),
        ("late", late),
        ("waiting", groups["needs_manual_grade"].sum()),
        ("graded", groups["percent"].count()),
    ):
        table[name] = counts.reindex(table.index).fillna(0).astype("int64")
    table["on_time"] = table["handed_in"] - table["late"]
    table["missing"] = (students - table["handed_in"]).clip(lower=0).where(table["over"], 0)
    quartiles = groups["percent"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
    for name, share in (("lower", 0.25), ("median", 0.5), ("upper", 0.75)):
        table[name] = quartiles[share].reindex(table.index) if len(quartiles) else np.nan
    return table.reset_index()


def by_student(students: pd.DataFrame, submissions: pd.DataFrame, overview: pd.DataFrame) -> pd.DataFrame:
    """A row a student.

    Args:
        overview: of `by_assignment`.

    Returns:
        student, name; handed_in, late, missing, waiting (int64); mean (percent, over what was handed in; NaN without any).
    """
    table = students.set_index("student")[["name"]].copy()
    groups = submissions.groupby("student", sort=False)
    late = submissions[submissions["late_hours"] > 0].groupby("student").size()
    over = submissions[submissions["assignment"].isin(overview.loc[overview["over"], "assignment"])]
    table["handed_in"] = groups.size().reindex(table.index).fillna(0).astype("int64")
    table["late"] = late.reindex(table.index).fillna(0).astype("int64")
    due = over.groupby("student").size().reindex(table.index).fillna(0).astype("int64")
    table["missing"] = int(overview["over"].sum()) - due
    table["waiting"] = groups["needs_manual_grade"].sum().reindex(table.index).fillna(0).astype("int64")
    table["mean"] = groups["percent"].mean().reindex(table.index)
    return table.reset_index()


def misconceptions(checks: pd.DataFrame) -> pd.DataFrame:
    """Known wrong ideas, commonest first.

    Returns:
        assignment, exercise, misconception (str), students (int64: how many show it now).
    """
    found = checks[checks["misconception"] != ""]
    keys = ["assignment", "exercise", "misconception"]
    counts = found.drop_duplicates([*keys, "student"]).groupby(keys, as_index=False, sort=False).size()
    return counts.rename(columns={"size": "students"}).sort_values(
        ["students", *keys], ascending=[False, True, True, True], ignore_index=True
    )
