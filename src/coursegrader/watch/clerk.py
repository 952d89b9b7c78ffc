"""Writes down what became of a submission: verdict, gradebook, the watcher's own row, and the page in the exchange."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from coursegrader.course import Course, may_release
from coursegrader.errors import MachineFault
from coursegrader.feedback.figures import keep_figures
from coursegrader.grade import register
from coursegrader.gradebook import GradebookWriter
from coursegrader.messages import set_language, text
from coursegrader.settle import settle_attempts
from coursegrader.store import Entry, VerdictStore
from coursegrader.student_files import feedback_path, page_at, submitted_at
from coursegrader.submission import Submission
from coursegrader.watch.notices import local, notice, remarks, with_remarks
from coursegrader.watch.release import release
from coursegrader.watch.state import Row, WatchState
from coursegrader.write_down import stands, write_down


class Clerk:
    """The one writer.

    Args:
        course: its configuration; replaced when it changes.
        folder: the course's in the exchange.
        state: the watcher's file.
    """

    def __init__(self, course: Course, folder: Path, state: WatchState) -> None:
        self.course, self._folder, self._state = course, folder, state
        self._store: VerdictStore | None = None
        self._gradebook: GradebookWriter | None = None
        self._registered: set[tuple[str, datetime]] = set()

    @property
    def store(self) -> VerdictStore:
        """The verdicts, opened when they are needed."""
        if self._store is None:
            self._store = VerdictStore(self.course.root / "verdicts.db")
        return self._store

    @property
    def gradebook(self) -> GradebookWriter:
        """nbgrader's database, opened when it is needed."""
        if self._gradebook is None:
            self._gradebook = GradebookWriter(self.course.db_url, self.course.id, self.course.nbgrader)
        return self._gradebook

    def open(self) -> None:
        """Open the databases, which takes a second at the first time.

        Raises:
            MachineFault: one cannot be used.
        """
        _ = self.store, self.gradebook

    def close(self) -> None:
        """Let go of the databases; the next use opens them again."""
        for book in (self._store, self._gradebook):
            if book is not None:
                book.__exit__(None, None, None)
        self._store = self._gradebook = None
        self._registered.clear()

    def register(self, assignment: str) -> None:
        """Have the gradebook know an assignment, once for each deadline that it has had."""
        known = (assignment, self.course.assignment(assignment).due)
        if known not in self._registered:
            register(self.course, self.gradebook, assignment)
            self._registered.add(known)

    def graded(self, row: Row, item: Submission, key: str, moment: float, entry: Entry, *, fresh: bool) -> bool:
        """Write a verdict down, the watcher's row last, so that a kill in between repeats the step.

        Returns:
            Whether the student can fetch the page now.
        """
        if fresh:
            self.store.add(key, entry)
        if not stands(self.course, self.store, key, item, entry):
            write_down(self.course, self.store, self.gradebook, key, item, entry)
        left_out = json.dumps(row.left_out)
        self._state.set(row.arrival.name, state="graded", counted=moment, key=key, left_out=left_out)
        return self.release(row, entry)

    def faulty(self, row: Row, item: Submission) -> None:
        """Write down that the machine failed: no score is touched, and a teacher sees it."""
        self.store.record_fault(item.student, item.assignment)
        self.gradebook.mark_stale(item.student, item.assignment, text("record.stale"), submitted_at(self.course, item))
        self.tell(row, "fault")

    def release(self, row: Row, entry: Entry) -> bool:
        """Give the page to its student if the policy says so now, or a notice that it comes later."""
        assignment = self.course.assignment(row.arrival.assignment)
        due = assignment.due_for(row.arrival.student)
        if may_release(assignment.policy, due, datetime.now(UTC)):
            release(self._folder, row.arrival.pages, self._page(row, entry))
            self._state.set(row.arrival.name, page="verdict")
            return True
        if assignment.policy.feedback == "by hand":
            self.tell(row, "by_hand")
        else:
            self.tell(row, "later", due=local(self.course, due))
        return False

    def _page(self, row: Row, entry: Entry) -> str:
        """What nbgrader's release_feedback would hand out: the verdict with what the policies say of this attempt and the figures of the last
        report; and, besides, what was odd about the arrival.

        Raises:
            MachineFault: an earlier attempt counts, and its verdict is no longer in the store.
        """
        course, arrival = self.course, row.arrival
        attempts = self.store.archive.attempts(arrival.student, arrival.assignment)
        own = [one for one in attempts if one.key and one.submitted_at == arrival.stamp]
        page = entry.page
        if own:
            deadline = self.gradebook.deadline(course.assignment(arrival.assignment), arrival.student)
            page = settle_attempts(course, self.store, deadline, attempts, own[-1].number, entry).page
        set_language(course.language)
        page = with_remarks(page, remarks(course, course.assignment(arrival.assignment), row))
        return keep_figures(page, page_at(feedback_path(course, entry.verdict)))

    def release_due(self) -> list[Row]:
        """Release what has waited for its deadline.

        Raises:
            MachineFault: one could not be released, as `release` says; all others are.
        """
        done = []
        fault: MachineFault | None = None
        now = datetime.now(UTC)
        for row in self._state.unreleased():
            try:
                assignment = self.course.assignment(row.arrival.assignment)
            except Exception:  # no longer in the course
                continue
            if row.key is None or not may_release(assignment.policy, assignment.due_for(row.arrival.student), now):
                continue
            entry = self.store.find(row.key)
            try:
                if entry is not None and self.release(row, entry):
                    done.append(row)
            except MachineFault as error:
                fault = error
        if fault is not None:
            raise fault
        return done

    def decided(self, row: Row, state: str, **fields: object) -> None:
        """Write down that a submission is not graded now, and tell its student."""
        if row.state != state:
            self._state.set(row.arrival.name, state=state)
        self.tell(row, state, **fields)

    def tell(self, row: Row, name: str, **fields: object) -> None:
        """Put a notice where the student will find the page later; once."""
        if row.page == name:
            return
        release(self._folder, row.arrival.pages, notice(self.course, row, name, **fields))
        self._state.set(row.arrival.name, page=name)


def machine_fault(error: Exception) -> MachineFault:
    """Any error of the disk as a fault of the machine."""
    if isinstance(error, MachineFault):
        return error
    reason = error.strerror if isinstance(error, OSError) else None
    return MachineFault(str(reason or error))
