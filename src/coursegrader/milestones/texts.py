"""Milestones as a terminal shows them: the class, one student, and what a check found."""

from __future__ import annotations

import pandas as pd

from coursegrader.course import Course
from coursegrader.milestones.precheck import Precheck


def class_text(course: Course, frame: pd.DataFrame) -> str:
    """A row a student, a column a milestone, and how many wait for whom."""
    decide = _to_decide(frame)
    marked = frame.assign(shown=frame["state"] + frame["overdue"].map({True: " OVERDUE", False: ""}))
    marked["shown"] = marked["shown"].mask(decide, "DECIDE")
    marked["shown"] += frame["flags"].fillna(0).astype(int).map(lambda n: f" ({n} flag)" if n else "")
    table = marked.pivot(index="student", columns="milestone", values="shown")
    table = table[[milestone.id for milestone in course.milestones]]
    table.columns.name = None
    waiting, late = (frame["waiting_for"] == "teacher") & ~decide, frame["decision_overdue"] & ~decide
    lines = [
        table.to_string(),
        "",
        f"{int(frame['overdue'].sum())} overdue; {int(waiting.sum())} wait for a decision, {int(late.sum())} of them past its date.",
    ]
    if decide.any():
        lines.append(
            f"{int(decide.sum())} without a hand-in are past their date and yours to decide (DECIDE): `coursegrader milestones set`."
        )
    return "\n".join(lines)


def _to_decide(frame: pd.DataFrame) -> pd.Series[bool]:
    """What is not handed in and whose date is past: nobody but the teacher can do anything."""
    return (frame["state"] == "not_started") & (frame["waiting_for"] == "teacher")


def student_text(course: Course, frame: pd.DataFrame) -> str:
    """Two or three lines a milestone: state and date, who said so, what is next."""
    lines = []
    for (_, row), decide in zip(frame.iterrows(), _to_decide(frame), strict=True):
        due = row["due"].tz_convert(course.tz).strftime("%Y-%m-%d %H:%M") + (" (own date)" if row["extended"] else "")
        state = "DECIDE" if decide else row["state"] + (" OVERDUE" if row["overdue"] else "")
        lines.append(f"{row['milestone']:<14} {state:<22} due {due}")
        if row["changed_by"]:
            at = row["changed_at"].tz_convert(course.tz).strftime("%Y-%m-%d %H:%M")
            lines.append(f"{'':<14} {at} {row['changed_by']}: {row['why']}")
        if row["next_step"]:
            lines.append(f"{'':<14} -> {row['next_step']}")
    return "\n".join(lines)


def check_text(name: str, found: Precheck, decided: bool, page: str) -> str:
    """A line a finding, with the places that are its evidence."""
    lines = [f"{name}: {found.missing} missing, {found.flags} flagged for the teacher"]
    if decided:
        lines[0] += "; validated by this check"
    for finding in found.findings:
        mark = "FLAG" if finding.flag else {True: "ok", False: "MISSING", None: "look"}[finding.ok]
        lines.append(f"  {mark:<8} {finding.said}")
        for seen in finding.evidence:
            lines.append(f"           {seen['kind']}: {seen['file']}, line {seen['line']}: {seen['what']}")
    return "\n".join([*lines, *([f"  page: {page}"] if page else [])])
