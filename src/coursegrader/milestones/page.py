"""A student's page about one milestone: where it stands, what the precheck found, what is next. Flags are the teacher's and not on it."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from coursegrader.course import Course, Milestone
from coursegrader.feedback.page import page_environment
from coursegrader.files import write_file
from coursegrader.messages import text
from coursegrader.milestones.frames import milestone_frame, milestone_history_frame
from coursegrader.milestones.ledger import AUTOMATIC, NBGRADER
from coursegrader.milestones.precheck import Precheck

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def page_path(course: Course, student: str, milestone: Milestone) -> Path:
    """Where the page lies: beside the feedback on the assignment that the milestone is handed in with."""
    return course.root / "feedback" / student / milestone.assignment / f"etape-{milestone.id}.html"


def milestone_page(course: Course, row: pd.Series, found: Precheck, last_why: str) -> str:
    """One self-contained HTML page.

    Args:
        row: of `milestone_frame`, of this student and milestone.
        found: the precheck.
        last_why: what the teacher wrote at the latest decision; "" when there was none.
    """
    milestone = course.milestone(str(row["milestone"]))
    style = _style()
    findings = [
        {"mark": {True: "✓", False: "✗", None: "?"}[finding.ok], "kind": _kind(finding.ok), "said": finding.said}
        for finding in found.findings
        if not finding.flag
    ]
    findings.sort(key=lambda one: ("bad", "mid", "good").index(str(one["kind"])))
    return (
        _environment()
        .get_template("milestone.html.j2")
        .render(
            language=course.language,
            course=course.title,
            student=str(row["student"]),
            milestone=milestone,
            state=text(f"milestones.state_{row['state']}"),
            due=french_date(row["due"].to_pydatetime(), course.tz),
            extended=bool(row["extended"]),
            overdue=bool(row["overdue"]),
            next_step=str(row["next_step"]),
            why=last_why,
            findings=findings,
            missing=found.missing,
            style=Markup(style),
            style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        )
    )


def write_page(course: Course, student: str, name: str, found: Precheck) -> str:
    """Write a student's page about a milestone; returns its path, "" where the gradebook knows nothing of it yet."""
    frame = milestone_frame(course)
    rows = frame[(frame["student"] == student) & (frame["milestone"] == name)]
    if rows.empty:  # a folder in submitted/ of somebody who is not in the gradebook and has handed in no step
        return ""
    past = milestone_history_frame(course)
    past = past[(past["student"] == student) & (past["milestone"] == name)]
    said = past.loc[~past["by"].isin([NBGRADER, AUTOMATIC]), "why"]
    path = page_path(course, student, course.milestone(name))
    write_file(path, milestone_page(course, rows.iloc[0], found, str(said.iloc[-1]) if len(said) else ""))
    return str(path)


def french_date(moment: datetime, zone: ZoneInfo) -> str:
    """A date in words.

    Example:
        >>> from datetime import UTC
        >>> french_date(datetime(2027, 2, 1, 22, 5, tzinfo=UTC), ZoneInfo("Europe/Zurich"))
        '1er février 2027 à 23 h 05'
    """
    local = moment.astimezone(zone)
    day = "1er" if local.day == 1 else str(local.day)
    return f"{day} {MONTHS[local.month - 1]} {local.year} à {local.hour} h {local.minute:02d}"


def _kind(ok: bool | None) -> str:
    return {True: "good", False: "bad", None: "mid"}[ok]


@cache
def _style() -> str:
    css = resources.files("coursegrader").joinpath("templates/feedback.css").read_text(encoding="utf-8")
    own = resources.files("coursegrader").joinpath("templates/milestone.css").read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", f"{css}\n{own}", flags=re.DOTALL).strip()


@cache
def _environment() -> Environment:
    environment = page_environment()
    environment.globals.update(t=text)
    return environment
