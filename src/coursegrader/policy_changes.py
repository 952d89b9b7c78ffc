"""After a change of the policies in `course_config.py`: every grade it touches, before and after, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coursegrader.changes import Plan, plan, write
from coursegrader.course import Course
from coursegrader.errors import MachineFault
from coursegrader.gradebook import GradebookWriter
from coursegrader.store import VerdictStore
from coursegrader.store_schema import POLICY


def plans(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    assignments: Iterable[str],
    students: Sequence[str] | None = None,
) -> tuple[list[Plan], dict[str, str]]:
    """What the policies of today would change. Nothing is written, and nobody's code runs.

    Args:
        assignments: ids.
        students: only these; None for all.

    Returns:
        The plans, and student -> why nothing can be said (a verdict that was cleaned out of the store).
    """
    plans_found: list[Plan] = []
    faults: dict[str, str] = {}
    for assignment in assignments:
        if not gradebook.has_assignment(assignment):
            continue
        known = {*gradebook.students(assignment), *store.archive.students(assignment)}
        for student in sorted(known if students is None else known & set(students)):
            attempts = store.archive.attempts(student, assignment)
            try:
                found = plan(course, store, gradebook, student, assignment, attempts)
            except MachineFault as fault:
                faults[student] = str(fault)
                continue
            if found is not None:
                plans_found.append(found)
    return plans_found, faults


def apply(course: Course, store: VerdictStore, gradebook: GradebookWriter, found: Sequence[Plan]) -> None:
    """Write what `plans` found, a student at a time; a second run finds what a crash left over."""
    for assignment in dict.fromkeys(one.change.assignment for one in found):
        gradebook.set_due(assignment, course.assignment(assignment).due)
    for one in found:
        write(course, store, gradebook, one, POLICY)
