"""What a decision passes over: it is taken all the same, and the teacher is told. Flags are the teacher's, so that no reason that a student reads has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coursegrader.course import Course
from coursegrader.milestones.states import OVER


def left_open(course: Course, own: pd.DataFrame, milestone: str, flags: Mapping[str, Sequence[str]]) -> list[str]:
    """Earlier steps that are not decided, and flags of those and of the step itself, a line each.

    Args:
        own: the student's rows of `milestone_frame`.
        milestone: id of what was decided.
        flags: of `Ledger.flags`.
    """
    states = dict(zip(own["milestone"], own["state"], strict=True))
    order = [one.id for one in course.milestones]
    before = order[: order.index(milestone)]
    still = [f"{one} ({states[one]})" for one in before if states[one] not in OVER]
    notes = [f"earlier steps are still open: {', '.join(still)}"] if still else []
    return notes + [f"{one} is flagged: {said}" for one in [*before, milestone] for said in flags.get(one, [])]
