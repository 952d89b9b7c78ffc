"""A watcher from its start to its end: what the command, the classroom and the hub's service run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coursegrader.course import load_course
from coursegrader.sandbox.confinement import Mode
from coursegrader.watch.events import Event, Tell
from coursegrader.watch.exchange import course_folder, nbgrader_config
from coursegrader.watch.eyes import Eyes
from coursegrader.watch.state import WatchState
from coursegrader.watch.watcher import Watcher


@dataclass(frozen=True)
class Options:
    """How to watch.

    Attributes:
        exchange: its root; None for the one that nbgrader's configuration names.
        once: end when everything that is there is graded or waits.
        workers: processes; 0 for one a core.
        poll: seconds between two looks; 0 to be told by the kernel where the disk can.
    """

    exchange: Path | None = None
    once: bool = False
    workers: int = 0
    poll: float = 0.0


def serve(
    root: Path,
    mode: Mode,
    tell: Tell,
    options: Options = Options(),
    ready: Callable[[Watcher], None] = lambda watcher: None,
) -> int:
    """Watch a course's exchange until stopped. Whoever calls it holds the course (`exchange.only_one`).

    Args:
        root: the course's.
        mode: how student code is confined.
        tell: gets every event.
        options: how.
        ready: gets the watcher before it begins, to stop it by.

    Returns:
        How many gradings or steps failed; what failed is tried again.

    Raises:
        CourseFault, MachineFault: it cannot begin.
    """
    course = load_course(root, only=[])
    config = nbgrader_config(root)
    folder = course_folder(course, config, options.exchange)
    check_owner = bool(config.ExchangeCollect.get("check_owner", True))
    with WatchState(root) as state:
        watcher = Watcher(root, mode, folder, state, tell, workers=options.workers, check_owner=check_owner)
        ready(watcher)
        watcher.open_desk()
        eyes = Eyes(folder / "inbound", watcher.wake, options.poll)
        try:
            tell(Event("started", note=f"{folder / 'inbound'}"))
            watcher.run(eyes.seconds, once=options.once)
        finally:
            eyes.close()
        tell(Event("stopped", note="" if options.once else "what was under way is graded after the next start"))
    return watcher.failed
