"""Hand-ins looked at: what is found is written down, and decides where the course says so."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from coursegrader.course import Course, Milestone
from coursegrader.messages import text
from coursegrader.milestones.ledger import Ledger
from coursegrader.milestones.precheck import Precheck, precheck
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import WarmParent


def look_at(
    course: Course,
    ledger: Ledger,
    student: str,
    milestone: Milestone,
    mode: Mode,
    parent: WarmParent,
    online: Callable[[str], str] | None = None,
) -> tuple[Precheck, bool]:
    """Run the precheck, keep what it found, and validate what lacks nothing where the milestone is decided so.

    Returns:
        What was found, and whether it decided.
    """
    found = precheck(course, milestone, student, mode, parent, online)
    findings = [finding.to_dict() for finding in found.findings]
    ledger.record_check(student, milestone.id, found.digest, found.missing, found.flags, findings)
    why = text("milestones.why_automatic")
    return found, found.complete and ledger.validate(student, milestone, found.digest, why) is not None


def not_looked_at(course: Course, frame: pd.DataFrame) -> list[tuple[str, Milestone]]:
    """Students and milestones that wait for a decision and were not looked at since they were handed in.

    Args:
        frame: of `milestone_frame`.
    """
    waits = (frame["waiting_for"] == "teacher") & (frame["assignment"] != "")
    rows = frame[waits & ~(frame["checked_at"] >= frame["changed_at"])]
    return [(student, course.milestone(name)) for student, name in zip(rows["student"], rows["milestone"], strict=True)]
