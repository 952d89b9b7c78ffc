"""The bank's submissions that a benchmark can grade by the hundred."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coursegrader.bank import load_bank, solutions_of
from coursegrader.build import build_source
from coursegrader.course import Course

BANK = Path(__file__).resolve().parent.parent / "tests" / "submissions"


def known_notebooks(course: Course, assignment: str, release: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """label -> notebook of the assignment's known submissions that are honest and end by themselves."""
    solutions = solutions_of(build_source(course, course.assignment(assignment)))
    chosen = [one for one in load_bank(BANK / assignment) if one.honest and one.status == "graded" and not one.slow]
    return {known.label: json.loads(known.notebook(release, solutions)) for known in chosen}
