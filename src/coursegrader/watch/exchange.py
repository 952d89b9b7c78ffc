"""Where the exchange is, by nbgrader's own configuration, and that only one watcher works on a course."""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any

from coursegrader.course import Course
from coursegrader.errors import MachineFault

LOCK = "watch.lock"


def nbgrader_config(root: Path) -> Any:
    """nbgrader's whole configuration for a course: Jupyter's folders first, then the course's own file."""
    from nbgrader.apps import NbGrader

    with chdir(root):
        app = NbGrader()
        app.load_config_file()
    return app.config


def course_folder(course: Course, config: Any, exchange: Path | None = None) -> Path:
    """The course's folder in the exchange, with its folders as nbgrader makes them; made where they are missing.

    Args:
        course: its configuration.
        config: from `nbgrader_config`.
        exchange: instead of the configured one.

    Raises:
        MachineFault: there is no exchange, or it is not ours to read.
    """
    from nbgrader.exchange.default import Exchange

    root = exchange or Path(str(Exchange(config=config).root))
    if not root.is_dir():
        raise MachineFault(
            f"there is no exchange in {root}",
            hint="Set c.Exchange.root in nbgrader_config.py or course_config.py, or make the folder (mode 0777).",
        )
    folder = root / course.id
    try:
        for path, mode in (
            (folder, 0o755),
            (folder / "outbound", 0o755),
            (folder / "inbound", 0o2733),
            (folder / "feedback", 0o711),
        ):
            if not path.is_dir():
                path.mkdir()
                path.chmod(mode)
        os.scandir(folder / "inbound").close()
    except OSError as error:
        raise MachineFault(
            f"{folder}: {error.strerror or error}", hint="The watcher runs as the user who released the course."
        ) from error
    return folder


@contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the course for this watcher; the kernel lets go of it when the process ends, however it ends.

    Raises:
        MachineFault: another one runs.
    """
    path = root / LOCK
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise MachineFault(f"{path} cannot be written: {error.strerror or error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise MachineFault(
                f"another watcher (process {file.read(20).strip() or '?'}) works on this course",
                hint="One is enough. Stop it first, or let it work.",
            ) from error
        os.ftruncate(file.fileno(), 0)
        with suppress(OSError):  # a full disk: who holds it is only for the other one's message
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        yield


def owner_of(folder: Path) -> str:
    """The name of the user who owns a folder; its number where that user has no name here."""
    uid = os.lstat(folder).st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
