"""The watcher's loop: take in what has arrived, start what may be graded, write down what is done, release what is due.

Everything it must remember is on disk (`state.py`), everything that it does can be repeated, and only the last step of a submission says that
it is done: a kill at any moment costs at most the repetition of a step.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coursegrader import __version__, submission, worker
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, CoursegraderError, MachineFault, OutOfPatience
from coursegrader.sandbox.confinement import Mode
from coursegrader.store import Entry, key_of
from coursegrader.watch.clerk import Clerk, machine_fault
from coursegrader.watch.collect import collect
from coursegrader.watch.decide import decide
from coursegrader.watch.desk import Desk
from coursegrader.watch.events import Event, Tell
from coursegrader.watch.exchange import owner_of
from coursegrader.watch.inbound import scan
from coursegrader.watch.notices import local
from coursegrader.watch.state import Row, WatchState
from coursegrader.watch.turns import Turns
from coursegrader.worker import Result

SOON_SECONDS = 0.05  # between two looks at a submission that is being written
RELEASE_SECONDS = 5.0  # between two looks at what waits for its deadline
RETRY_SECONDS = (5.0, 30.0, 120.0, 600.0)  # after the first, second, ... failure of the machine
RECENT = timedelta(days=21)  # assignments due since then are prepared before the workers are forked
ALONE_TRIES = 2  # a submission under way when a worker died is tried again, alone, so often


@dataclass(frozen=True)
class Job:
    """A submission under way; without patience it may take all its time."""

    row: Row
    item: submission.Submission
    key: str
    moment: float
    begun: float
    patience: float | None = None


class Watcher:
    """Grades what arrives.

    Args:
        root: the course's.
        mode: how student code is confined.
        folder: the course's in the exchange.
        state: the watcher's file.
        tell: gets every event.
        workers: processes; 0 for one a core.
        check_owner: whether a submission's folder must belong to the user whose name it bears.
    """

    def __init__(
        self, root: Path, mode: Mode, folder: Path, state: WatchState, tell: Tell, *, workers: int, check_owner: bool
    ) -> None:
        self.root, self.mode, self._tell = root, mode, tell
        self._inbound, self._state = folder / "inbound", state
        self._workers, self._check_owner = workers, check_owner
        self.wake = threading.Event()
        self._course = load_course(root, only=[])
        self._config_stamp = self._stamp()
        self._clerk = Clerk(self._course, folder, state)
        self._desk: Desk | None = None
        self._under_way: dict[Future[Result], Job] = {}
        self._unwritten: list[tuple[Job, Result]] = []
        self._tries: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._suspects: dict[str, int] = {}
        self._turns = Turns()
        self._next_release = 0.0
        self._next_wait: float | None = None
        self._unfinished = 0
        self._held = 0.0
        self._more = False
        self.failed = 0
        self._stopped = False

    def stop(self, *_: object) -> None:
        """End the loop soon; for signal handlers."""
        self._stopped = True
        self.wake.set()

    def open_desk(self) -> None:
        """Start the workers, if they are not there, and open the books: the first submission is not to wait. Best before any thread is."""
        if self._desk is None:
            self._clerk.open()
            self._desk = Desk(self._course, self.mode, self._workers, self._current_assignments())

    def run(self, seconds: float, *, once: bool = False) -> None:
        """Work until `stop`; or, once, until everything that is there is graded or waits.

        Args:
            seconds: between two looks when nobody wakes it.
        """
        try:
            while not self._stopped:
                self.wake.clear()
                self._step()
                if once and not (self._under_way or self._more):
                    break
                self.wake.wait(self._patience(seconds))
        finally:
            self._finish_under_way()
            self._clerk.close()

    def _step(self) -> None:
        now = time.time()
        self._more = False
        if now < self._held:
            return
        try:
            self._reload()
            self._take_in(now)
            self._write_finished()
            self._start(now)
            self._release(now)
        except (MachineFault, OSError) as error:  # the disk is full, say: nothing is lost, it all lies in the exchange
            self._held = now + RETRY_SECONDS[0]
            self.failed += 1
            self._clerk.close()
            self._tell(Event("fault", note=str(machine_fault(error)).replace("\n", " ")))

    def _patience(self, seconds: float) -> float:
        now = time.time()
        if self._unfinished:
            return SOON_SECONDS
        times = [seconds, self._next_release - now]
        times += [moment - now for moment in self._not_before.values()]
        times += [self._next_wait - now] if self._next_wait is not None else []
        times += [self._held - now] if self._held > now else []
        return max(min(times), SOON_SECONDS)

    # The course's files may change while we watch.

    def _stamp(self) -> int:
        return (self.root / "course_config.py").stat().st_mtime_ns

    def _reload(self) -> None:
        stamp = self._stamp()
        if stamp == self._config_stamp:
            return
        self._config_stamp = stamp
        try:
            self._course = load_course(self.root, only=[])
        except CourseFault as fault:
            self._tell(Event("fault", note=f"course_config.py is not used as it is now: {fault}"))
            return
        self._clerk.close()
        self._clerk.course = self._course
        self._next_release = 0.0  # the policy may be another
        self._tell(Event("note", note="course_config.py was read again"))

    def _current_assignments(self) -> list[str]:
        now = datetime.now(UTC)
        waiting = {row.arrival.assignment for row in self._state.open()}
        return [
            assignment.id
            for assignment in self._course.assignments
            if assignment.id in waiting or assignment.release <= now <= assignment.due + RECENT
        ]

    # What has arrived.

    def _take_in(self, now: float) -> None:
        arrivals, self._unfinished = scan(self._inbound, self._state.names, self._course.id, now)
        known = {assignment.id for assignment in self._course.assignments}
        for arrival in arrivals:
            why = arrival.problem
            if not why and arrival.assignment not in known:
                why = f"the course has no assignment {arrival.assignment[:60]!r}"
            if not why and self._check_owner:
                owner = owner_of(self._inbound / arrival.name)
                if owner != arrival.student:
                    why = f"it is {owner}'s folder (c.ExchangeCollect.check_owner = False where all share a user)"
            self._state.add(arrival, "aside" if why else "queued", why)
            note = why or (f"claims to be {arrival.backdated / 60:.0f} minutes older" if arrival.backdated else "")
            kind = "aside" if why else "received"
            self._tell(Event(kind, arrival.student, arrival.assignment, note, arrival.name))

    # Starting.

    def _start(self, now: float) -> None:
        self._next_wait = None
        busy = {(job.row.arrival.student, job.row.arrival.assignment) for job in self._jobs()}
        known = {assignment.id for assignment in self._course.assignments}
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self._state.open():
            groups.setdefault((row.arrival.student, row.arrival.assignment), []).append(row)
        turns = sorted(groups.items(), key=lambda group: max(self._turns.tries(row.arrival.name) for row in group[1]))
        for who, rows in turns:
            if who in busy or who[1] not in known:  # or its assignment has left the course: it waits for its return
                continue
            if any(self._not_before.get(row.arrival.name, 0.0) > now for row in rows):
                continue  # the older one first, when the machine can
            try:
                self._start_student(who, rows, now)
            except CourseFault as fault:
                self._fault(rows[0], fault, now)

    def _jobs(self) -> list[Job]:
        return [*self._under_way.values(), *(job for job, _ in self._unwritten)]

    def _start_student(self, who: tuple[str, str], rows: Sequence[Row], now: float) -> None:
        policy = self._course.assignment(who[1]).policy
        decisions = decide(
            [row.arrival.arrived for row in rows],
            self._state.counted(*who),
            now,
            policy.attempts,
            60 * policy.cooldown_minutes,
        )
        for row, decision in zip(rows, decisions, strict=True):
            told = Event(decision.do, *who, name=row.arrival.name)
            if decision.do == "grade":
                self._more = True
                if self._room(row) and (patience := self._patience_with(row)) != 0:
                    self._begin(row, decision.at, patience)
            elif decision.do == "wait":
                self._next_wait = min(decision.at, self._next_wait or decision.at)
                until = local(self._course, decision.at)
                self._clerk.decided(row, "waiting", minutes=f"{policy.cooldown_minutes:g}", at=until)
                if row.state != "waiting":
                    self._tell(replace(told, kind="waiting", note=f"until {until}"))
            elif decision.do in ("superseded", "refused"):
                kind = decision.do
                fields = {"attempts": policy.attempts} if kind == "refused" else {}
                self._clerk.decided(row, kind, **fields)
                note = "a newer one is graded" if kind == "superseded" else f"all {policy.attempts} attempts are used"
                self._tell(replace(told, kind=kind, note=note))

    def _room(self, row: Row) -> bool:
        """Whether a worker is free for it; what may have killed one gets all of them to itself."""
        if self._suspects:
            return row.arrival.name in self._suspects and not self._under_way
        width = self._desk.width if self._desk is not None else 1
        return len(self._under_way) < width + 1

    def _patience_with(self, row: Row) -> float | None:
        if self._suspects:
            return None
        width = self._desk.width if self._desk is not None else 1
        long = sum(job.patience is None for job in self._under_way.values())
        busy = {job.row.arrival.name for job in self._jobs()} | {row.arrival.name}
        others = any(one.state == "queued" and one.arrival.name not in busy for one in self._state.open())
        arrival, room = row.arrival, long < max(width - 1, 1)
        return self._turns.patience(arrival.name, arrival.assignment, room=room, others=others)

    def _begin(self, row: Row, moment: float, patience: float | None) -> None:
        arrival, course = row.arrival, self._course
        begun = time.time()
        source = self._inbound / arrival.name
        row = replace(row, left_out=tuple(collect(source, course.root, arrival.student, arrival.assignment)))
        folder = course.root / "submitted" / arrival.student / arrival.assignment
        item = submission.read(folder, arrival.student, arrival.assignment)
        self._clerk.register(arrival.assignment)
        version = course.version(arrival.assignment)
        key = key_of(arrival.student, arrival.assignment, item.digest, version, __version__, self.mode.label)
        job = Job(row, item, key, moment, begun, patience)
        entry = self._clerk.store.find(key)
        if entry is not None:
            self._done(job, entry, fresh=False)
            self.wake.set()
            return
        if self._desk is not None and not self._desk.is_current(course, arrival.assignment):
            self._desk.close()  # it ends when what is under way is done
            self._desk = None
            worker.refresh(course, arrival.assignment)
        self.open_desk()
        assert self._desk is not None
        try:
            future = self._desk.start(item, patience)
        except (
            BrokenExecutor
        ):  # a worker died a moment ago; what was under way says so at the next step, and this one stays queued
            self._desk.close()
            self._desk = None
            self.wake.set()
            return
        self._under_way[future] = job
        future.add_done_callback(lambda _: self.wake.set())

    # Writing down.

    def _write_finished(self) -> None:
        if self._desk is not None:
            self._desk.check()
        for future in [future for future in self._under_way if future.done()]:
            job = self._under_way.pop(future)
            try:
                self._unwritten.append((job, future.result()))
                self._suspects.pop(job.row.arrival.name, None)
            except BrokenExecutor:
                self._suspect(job)
            except OutOfPatience:
                self._yielded(job)
            except CoursegraderError as fault:
                self._fault(job.row, fault, time.time(), job.item)
        while self._unwritten:
            job, result = self._unwritten[0]
            self._done(job, Entry(result.verdict, result.notebook, result.page), fresh=True)
            self._unwritten.pop(0)  # only now: where the disk was full it is written later, not graded again

    def _done(self, job: Job, entry: Entry, *, fresh: bool) -> None:
        released = self._clerk.graded(job.row, job.item, job.key, job.moment, entry, fresh=fresh)
        arrival, verdict = job.row.arrival, entry.verdict
        self._tries.pop(arrival.name, None)
        self._not_before.pop(arrival.name, None)
        seconds = time.time() - job.begun
        if fresh:
            self._turns.took(arrival.name, arrival.assignment, verdict.timing.get("total", seconds))
        note = f"{verdict.score:g}/{verdict.max_score:g}"
        note += f" in {seconds:.1f} s" if fresh else ", unchanged"
        note += ", feedback released" if released else ", feedback kept back"
        data: dict[str, object] = {
            "score": verdict.score,
            "max_score": verdict.max_score,
            "seconds": round(seconds, 3),
            "fresh": fresh,
        }
        data |= {"status": verdict.status, "released": released}
        data |= {"student_seconds": round(verdict.timing.get("student_cpu", 0.0), 3)}
        self._tell(Event("graded", arrival.student, arrival.assignment, note, arrival.name, data))

    def _yielded(self, job: Job) -> None:
        arrival = job.row.arrival
        self._turns.yielded(arrival.name, arrival.assignment)
        self._suspects.pop(arrival.name, None)
        self._tell(
            Event("yielded", arrival.student, arrival.assignment, "takes long: again after others", arrival.name)
        )

    def _suspect(self, job: Job) -> None:
        """A worker died: everything under way then is tried again, alone, so that what kills workers costs only itself."""
        if self._desk is not None:
            self._desk.close()
            self._desk = None
        name = job.row.arrival.name
        self._suspects[name] = self._suspects.get(name, 0) + 1
        if self._suspects[name] > ALONE_TRIES:
            del self._suspects[name]
            self._fault(job.row, MachineFault("the grading process died on it"), time.time(), job.item)

    def _fault(self, row: Row, fault: CoursegraderError, now: float, item: submission.Submission | None = None) -> None:
        name = row.arrival.name
        tries = self._tries[name] = self._tries.get(name, 0) + 1
        seconds = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]
        self._not_before[name] = now + seconds
        self._suspects.pop(name, None)
        self.failed += 1
        note = f"{fault} (tried again in {seconds:g} s)".replace("\n", " ")
        self._tell(Event("fault", row.arrival.student, row.arrival.assignment, note, name))
        if item is not None and isinstance(fault, MachineFault):
            self._clerk.faulty(row, item)
        else:
            self._clerk.tell(row, "fault")

    def _release(self, now: float) -> None:
        if now < self._next_release:
            return
        for row in self._clerk.release_due():
            self._tell(Event("released", row.arrival.student, row.arrival.assignment, "feedback", row.arrival.name))
        self._next_release = time.time() + RELEASE_SECONDS

    def _finish_under_way(self) -> None:
        """Give what is under way a moment to end; what does not is graded after the next start."""
        deadline = time.monotonic() + 5.0
        try:
            while self._under_way and time.monotonic() < deadline:
                self.wake.clear()
                self._write_finished()
                if self._under_way:
                    self.wake.wait(0.1)
        except (MachineFault, OSError) as error:
            self._tell(Event("fault", note=str(machine_fault(error)).replace("\n", " ")))
        if self._desk is not None:
            self._desk.close(at_once=True)
