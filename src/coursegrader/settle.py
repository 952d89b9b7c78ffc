"""Write a verdict down: archive, choose the attempt that counts, files, gradebook, history. One way for every door.

The order is such that a crash in between repeats the step: history, which says that all is written, comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from coursegrader.archive import Attempt
from coursegrader.course import Assignment, Course, Late
from coursegrader.errors import MachineFault
from coursegrader.feedback.remarks import standing_remarks, with_remarks
from coursegrader.gradebook import GradebookWriter
from coursegrader.gradebook.deadlines import Deadline
from coursegrader.gradebook.points import Points
from coursegrader.gradebook.record import Penalty
from coursegrader.messages import set_language
from coursegrader.standing import Weighed, counting, weigh
from coursegrader.store import Entry, VerdictStore
from coursegrader.store_schema import AGAIN, OTHER
from coursegrader.submission import Submission


@dataclass(frozen=True)
class Settled:
    """What stands for a student's assignment now.

    Attributes:
        key, entry: of the attempt that counts.
        own, own_entry: the last submission.
        page: what the student reads: of the last submission within the limit, with remarks on lateness and attempts.
        attempts: all of them, weighed.
        deadline: the student's own.
    """

    key: str
    entry: Entry
    own: Weighed
    own_entry: Entry
    page: str
    attempts: tuple[Weighed, ...]
    counting: Weighed
    deadline: Deadline


@dataclass(frozen=True)
class Occasion:
    """Why something is written down.

    Attributes:
        reason: one of the words in `store_schema`; "" to find out.
        note: for the teacher; "" for which attempt counts.
        scores: False where the same verdict stands as before, and only lateness differs: no score is touched.
    """

    reason: str = ""
    note: str = ""
    scores: bool = True


NEW = Occasion()


def settle(
    course: Course,
    store: VerdictStore,
    gradebook: GradebookWriter,
    key: str,
    item: Submission,
    entry: Entry,
    submitted_at: datetime | None,
) -> Settled:
    """Archive a submission with its verdict and say what stands now; the gradebook is only read.

    Args:
        key: address of the verdict.
        item: what was handed in.
        entry: its verdict, already in the store.
        submitted_at: aware, or naive in UTC.

    Raises:
        MachineFault: the verdict of an earlier attempt that counts is no longer in the store.
    """
    number = store.archive.keep(item, submitted_at)
    store.archive.graded(number, key, entry.verdict)
    deadline = gradebook.deadline(course.assignment(item.assignment), item.student)
    attempts = store.archive.attempts(item.student, item.assignment)
    return settle_attempts(course, store, deadline, attempts, number, entry)


def settle_attempts(
    course: Course,
    store: VerdictStore,
    deadline: Deadline,
    attempts: Sequence[Attempt],
    number: int,
    entry: Entry,
) -> Settled:
    """What stands, by the policies, if these are the attempts.

    Args:
        attempts: in the order of handing in.
        number: of the one whose page the student reads.
        entry: its verdict.

    Raises:
        MachineFault: the verdict of an earlier attempt that counts is no longer in the store.
    """
    policy = course.assignment(entry.verdict.assignment).policy
    weighed = weigh(attempts, policy, deadline.due, course.tz)
    own = next(one for one in weighed if one.attempt.number == number)
    chosen = counting(weighed)
    if chosen is None:  # `own` has a verdict, so that one of those within the limit has one
        raise MachineFault(f"the store of verdicts holds no attempt of {entry.verdict.student} that can count")
    standing = entry if chosen.attempt.key == own.attempt.key else _earlier(store, chosen)
    set_language(course.language)
    # A page beyond the limit would make a further attempt worth while: hidden checks are no oracle.
    page = with_remarks((standing if own.over_limit else entry).page, standing_remarks(policy, own, chosen, course.tz))
    return Settled(chosen.attempt.key, standing, own, entry, page, weighed, chosen, deadline)


def _earlier(store: VerdictStore, chosen: Weighed) -> Entry:
    found = store.find(chosen.attempt.key)
    if found is None:
        attempt = chosen.attempt
        raise MachineFault(
            f"attempt {chosen.place} of {attempt.student} counts for {attempt.assignment}, but its verdict is no longer in the store",
            hint=f"Run `coursegrader regrade {attempt.assignment} --student {attempt.student}`.",
        )
    return found


def write_rows(
    course: Course, store: VerdictStore, gradebook: GradebookWriter, settled: Settled, why: Occasion = NEW
) -> None:
    """Write the gradebook and the history of what was settled."""
    verdict = settled.entry.verdict
    _write_gradebook(course, gradebook, settled, why.scores)
    own = settled.own
    reason, note = why.reason, why.note or _note(settled)
    if own.attempt.key == settled.key:
        store.record(verdict, settled.key, reason=reason, note=note)
        return
    if store.current(verdict.student, verdict.assignment) != own.attempt.key:
        place = "after the limit" if own.over_limit else "does not count"
        store.record(
            settled.own_entry.verdict, own.attempt.key, reason=reason, note=f"attempt {own.place}, {place}", latest=""
        )
        reason = reason or OTHER
    store.record(verdict, settled.key, reason=reason or AGAIN, note=note, latest=own.attempt.key)


def if_written(course: Course, gradebook: GradebookWriter, settled: Settled, *, scores: bool) -> Points:
    """The points in the gradebook if this were written; nothing is.

    Args:
        scores: as in `Occasion`.
    """
    verdict = settled.entry.verdict
    write = partial(_write_gradebook, course, gradebook, settled, scores)
    return gradebook.if_done(write, verdict.student, verdict.assignment)


def _write_gradebook(course: Course, gradebook: GradebookWriter, settled: Settled, scores: bool) -> None:
    verdict, at = settled.entry.verdict, settled.counting.attempt.submitted_at
    rule = penalty_rule(course.assignment(verdict.assignment), course.tz)
    if scores:
        gradebook.write(verdict, at, deadline=settled.deadline, penalise=rule)
    else:
        gradebook.move(verdict.student, verdict.assignment, at, settled.deadline, rule)


def _note(settled: Settled) -> str:
    one = settled.counting
    if len(settled.attempts) == 1 and not one.late_days:
        return ""
    late = f", {one.late_days} days late" if one.late_days else ""
    return f"attempt {one.place} of {len(settled.attempts)} counts{late}"


def penalty_rule(assignment: Assignment, zone: ZoneInfo) -> Penalty | None:
    """(score, due, submitted at) -> penalty in points, by the course's policy; None where nbgrader's own method decides."""
    late: Late = assignment.policy.late
    if not late.active:
        return None
    return lambda score, due, submitted: late.penalty(score, late.days(due, submitted, zone))
