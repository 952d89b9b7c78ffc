"""A `concurrent.futures.Executor` that grades on a Dask cluster.

What a scheduler that restarts forgets is sent to it again; what a worker had that died goes to another. A verdict is a function of bytes, so
that grading twice by mistake gives the same one, and only the first answer is taken.
"""

from __future__ import annotations

import threading
import time
import uuid
import warnings
from collections.abc import Callable, Collection
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursegrader import metrics, worker
from coursegrader.cluster.bundle import pack
from coursegrader.cluster.match import fingerprint
from coursegrader.cluster.place import Scheduler
from coursegrader.cluster.roll import TOPIC, RollCall, Say
from coursegrader.cluster.wire import pack_task, unpack_result
from coursegrader.course import Course
from coursegrader.errors import CoursegraderError, MachineFault, how_to_install
from coursegrader.logs import log
from coursegrader.patience import Patience
from coursegrader.sandbox.confinement import Mode
from coursegrader.submission import Submission
from coursegrader.worker import Result

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 20.0
ACCEPT_SECONDS = 180.0  # a worker imports torch and warms up its parent first
RETURN_SECONDS = 120.0  # how long a scheduler may be away
WIDTH_SECONDS = 5.0  # how often the number of workers is asked for
A_WORKER = 2  # tasks a worker: one that runs and one that waits for it
DEATHS = 2  # times that Dask's own number of allowed failures
_LOG = log("cluster")


@dataclass
class _Order:
    """A submission on its way."""

    future: Future[Result]
    task: bytes
    assignment: str
    deaths: int = 0
    held: Any = None  # Dask forgets a task whose future nobody holds


class ClusterExecutor(Executor):
    """Grades submissions of one assignment on a cluster.

    Args:
        scheduler: its address and certificates.
        course, assignment: what is graded.
        mode: isolation that every worker must offer.
        patience: seconds to wait for workers that accept the course.
        say: shows a line to whoever waits: what is waited for, and which worker is gone.

    Raises:
        MachineFault: no scheduler answers there, or no worker accepts the course, with each one's reason.

    Example:
        >>> with ClusterExecutor(Scheduler("tcp://127.0.0.1:8786"), course, "01", mode) as executor:       # doctest: +SKIP
        ...     grade(course, "01", mode, executor=executor)
    """

    def __init__(
        self,
        scheduler: Scheduler,
        course: Course,
        assignment: str,
        mode: Mode,
        patience: float = ACCEPT_SECONDS,
        say: Say = lambda line: None,
    ) -> None:
        try:
            from coursegrader.cluster.plugin import CoursePlugin
            from coursegrader.cluster.task import Wanted
        except ImportError as error:
            raise MachineFault(f"a cluster needs Dask: {error}", hint=how_to_install("cluster")) from error
        bundle = pack(course, assignment)
        wanted = Wanted(bundle.digest, assignment, course.version(assignment), mode.label, fingerprint())
        self.place, self.key = scheduler.address, wanted.key
        self._scheduler, self._patience, self._assignment = scheduler, patience, assignment
        self._plugin = CoursePlugin(wanted, bundle.content)
        self._lock = threading.Lock()
        self._orders: dict[int, _Order] = {}
        self._lost: list[_Order] = []
        self._mending: threading.Thread | None = None
        self._closed = False
        self._width, self._asked = 0, 0.0
        self._chosen: list[str] | None = None
        self._say = say
        self._roll = RollCall(self.place, self._tell, self._ours)
        self._client = self._connect()
        try:
            self._prepare(patience)
        except BaseException:
            self.shutdown()
            raise

    def _connect(self) -> Client:
        from distributed import Client

        try:
            return Client(  # type: ignore[no-untyped-call]
                self._scheduler.address,
                security=self._scheduler.security(),
                timeout=CONNECT_SECONDS,
                set_as_default=False,
                name="coursegrader",
            )
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            raise MachineFault(
                f"no scheduler answers at {self.place}: {error}",
                hint="Is it running, reachable from here, and are the certificates its own? docs/scale.md says how to start one.",
            ) from error

    def _prepare(self, seconds: float) -> None:
        """Give the course to all workers and wait until one has accepted it."""
        from coursegrader.cluster.task import answer

        started = time.monotonic()
        self._roll.begin()
        self._client.subscribe_topic(TOPIC, self._roll.event)  # type: ignore[no-untyped-call]
        self._client.register_plugin(self._plugin)
        while True:
            answers: dict[str, object] = self._client.run(answer, self.key, on_error="return")
            accepted = [address for address, reason in answers.items() if reason == ""]
            refused = {address: reason for address, reason in answers.items() if isinstance(reason, str) and reason}
            self._roll.present(answers)
            if accepted:
                break
            if time.monotonic() - started > seconds or (refused and len(refused) == len(answers)):
                reasons = [f"  {address}: {reason}" for address, reason in sorted(refused.items())] or [
                    "  there is none"
                ]
                raise MachineFault(
                    "\n".join([f"no worker of {self.place} accepts the course:", *reasons]),
                    hint="Install the coordinator's version there (pip install -r requirements.lock), then start the workers again."
                    if refused
                    else "Start one: docs/scale.md says how.",
                )
            self._roll.waiting(answers, seconds)
            time.sleep(0.2)
        for address, reason in refused.items():
            _LOG.write("refused", worker=address, reason=reason)
        self._width, self._asked = A_WORKER * len(accepted), time.monotonic()
        self._chosen = accepted if refused else None
        _LOG.write(
            "prepared",
            scheduler=self.place,
            workers=len(accepted),
            refused=len(refused),
            bytes=len(self._plugin.content),
        )

    def _tell(self, line: str) -> None:
        if not self._closed:  # afterwards it is nobody's concern
            self._say(line)

    def _ours(self, tasks: Collection[str]) -> int:
        """How many of these tasks are submissions of this run."""
        with self._lock:
            held = {getattr(order.held, "key", None) for order in self._orders.values()}
        return len(held & set(tasks))

    @property
    def width(self) -> int:
        """How many tasks keep the workers busy, as they come and go."""
        if time.monotonic() - self._asked > WIDTH_SECONDS:
            self._asked = time.monotonic()
            with suppress(Exception):  # the scheduler may be away just now
                there = set(self._client.scheduler_info()["workers"])
                ready = len(there & set(self._chosen) if self._chosen is not None else there)
                self._width = A_WORKER * ready if ready else self._width
        return max(self._width, 1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send a submission off.

        Args:
            fn: `worker.grade_one`, the one task there is; its first two arguments, folder and mode, are the worker's own matter.

        Raises:
            BrokenExecutor: the scheduler has gone for good, or this executor is shut down.
        """
        if fn is not worker.grade_one:
            raise TypeError("a cluster grades submissions and runs nothing else")
        return self._submit(*args, **kwargs)

    def _submit(self, root: Path, mode: Mode, item: Submission, patience: Patience | None = None) -> Future[Result]:
        if self._closed:
            raise BrokenExecutor(f"the scheduler at {self.place} has gone")
        order = _Order(Future(), pack_task(item, patience), item.assignment)
        order.future.set_running_or_notify_cancel()
        with self._lock:
            self._orders[id(order)] = order
        self._send(order)
        return order.future

    def _send(self, order: _Order) -> None:
        from coursegrader.cluster.task import grade_packed

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a notebook of 20 MB is a large task, and meant to be one
                order.held = self._client.submit(
                    grade_packed,
                    self.key,
                    order.task,
                    key=f"grade-{uuid.uuid4().hex}",
                    pure=False,
                    # those that refuse are avoided where there are any; should all others go, a new one may be none of them
                    workers=self._chosen,
                    allow_other_workers=self._chosen is not None,
                )
            order.held.add_done_callback(lambda held: self._done(order, held))
        except Exception as error:  # a client that is closing raises what it likes
            self._lose(order, str(error))

    def _done(self, order: _Order, held: Any) -> None:
        """In Dask's callback thread: a task has ended, somehow."""
        try:
            if held is not order.held or order.future.done():
                return
            if held.status == "finished":
                self._finish(order, held.result(timeout=CONNECT_SECONDS))
            elif held.status == "error":
                self._failed(order, held.exception(timeout=CONNECT_SECONDS))
            else:
                self._lose(order, f"the task was {held.status}")
        except Exception as error:  # the scheduler went while the result was fetched
            self._lose(order, f"{type(error).__name__}: {error}")

    def _finish(self, order: _Order, answer: bytes) -> None:
        from coursegrader.cluster.task import REFUSED

        if answer == REFUSED:
            self._lose(order, "a worker refused it")
            return
        try:
            result = unpack_result(answer)
        except CoursegraderError as error:
            self._end(order, error)
        else:
            self._end(order, result)

    def _failed(self, order: _Order, error: BaseException) -> None:
        """Dask gave a task up, as a rule because it saw several workers die with it; some may have died of something else."""
        order.deaths += 1
        metrics.repeated("died")
        _LOG.write(
            "task failed", assignment=order.assignment, times=order.deaths, error=f"{type(error).__name__}: {error}"
        )
        if order.deaths < DEATHS:
            self._send(order)
        else:
            fault = MachineFault(f"workers died on it, again and again: {type(error).__name__}")
            self._end(order, fault)

    def _end(self, order: _Order, outcome: Result | CoursegraderError) -> None:
        with self._lock:
            known = self._orders.pop(id(order), None)
        order.held = None
        if known is None or order.future.done():
            return
        if isinstance(outcome, CoursegraderError):
            order.future.set_exception(outcome)
        else:
            order.future.set_result(outcome)

    def _lose(self, order: _Order, why: str) -> None:
        """The scheduler has forgotten a task: send it again when there is a scheduler."""
        _LOG.write("lost", assignment=order.assignment, why=why)
        with self._lock:
            if self._closed:
                return
            self._lost.append(order)
            if self._mending is None:
                self._mending = threading.Thread(target=self._mend, name="coursegrader-mend", daemon=True)
                self._mending.start()

    def _mend(self) -> None:
        """In a thread: wait for a scheduler, give it the course again, and send what it does not know."""
        deadline = time.monotonic() + RETURN_SECONDS
        away = False
        while time.monotonic() < deadline and not self._closed:
            try:
                if self._client.status == "closed":
                    self._client = self._connect()
                if self._client.status != "running":
                    raise OSError("not connected")
            except Exception as error:  # still away, or away again
                if not away:
                    away = True
                    _LOG.write("scheduler away", scheduler=self.place, error=f"{type(error).__name__}: {error}")
                    self._tell(f"the scheduler at {self.place} is away: waiting for it, {RETURN_SECONDS:.0f} s at most")
                time.sleep(0.3)
                continue
            try:
                self._prepare(max(deadline - time.monotonic(), 1.0))
            except Exception:  # it went meanwhile, or nobody accepts the course yet
                time.sleep(0.3)
                continue
            with self._lock:
                lost, self._lost = self._lost, []
                self._mending = None
            _LOG.write("sent again", number=len(lost))
            if away:
                self._tell(f"the scheduler at {self.place} is back; submissions sent to it again: {len(lost)}")
            for order in lost:
                metrics.repeated("died")
                self._send(order)
            return
        self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            self._closed = True
            orders = list(self._orders.values())
            self._orders.clear()
        for order in orders:
            if not order.future.done():
                order.future.set_exception(BrokenExecutor(f"the scheduler at {self.place} has gone"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what it still has of ours it drops. Scheduler and workers stay."""
        self._give_up()
        with suppress(Exception):
            self._client.close(timeout=5)  # type: ignore[no-untyped-call]
