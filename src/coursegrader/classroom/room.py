"""A folder that holds a classroom: the course, its exchange, both seats. Made at the first start, continued at every other."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursegrader.classroom.seats import Seat, write_seat
from coursegrader.classroom.servers import Servers, free_port
from coursegrader.course import Course, load_course
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.files import write_file

_COPIED = ("course_config.py", "nbgrader_config.py", "reference", "grading_tests", "source", "release", "data")


@dataclass(frozen=True)
class Classroom:
    """A classroom's folder.

    Attributes:
        folder: all of it.
        course: the course as this classroom has it, a copy in the teacher's home.
        teacher: the teacher's seat.
        student: the student's.
    """

    folder: Path
    course: Course
    teacher: Seat
    student: Seat

    @property
    def exchange(self) -> Path:
        """The exchange's root."""
        return self.folder / "exchange"

    @property
    def logs(self) -> Path:
        """Where the servers write."""
        return self.folder / "logs"


def make_classroom(course_root: Path, folder: Path, port: int, student: str) -> Classroom:
    """Make a classroom's folder, or take up the one that is there.

    Raises:
        CourseFault: the folder holds something else.
        MachineFault: it cannot be written.
    """
    folder = folder.resolve()
    root = folder / "teacher" / "course"
    if not student.isalnum() or not student.isascii():
        raise CourseFault(
            f"{student!r} is no name for a seat", hint="Letters and digits only, for example --student camille."
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / "token").is_file():
        raise CourseFault(f"{folder} holds something else than a classroom", hint="Give a new folder to --folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (root / "course_config.py").is_file():
            _copy_course(course_root.resolve(), root)
        if not (folder / "token").is_file():
            write_file(folder / "token", secrets.token_hex(24))
            (folder / "token").chmod(0o600)
        token = (folder / "token").read_text(encoding="utf-8").strip()
        (folder / "exchange").mkdir(exist_ok=True)
        (folder / "exchange").chmod(0o777)
    except OSError as error:
        raise MachineFault(f"{folder}: {error.strerror or error}", hint="Choose another --folder.") from error
    course = load_course(root)
    seats = [
        Seat("teacher", folder / "teacher", folder / "config" / "teacher", True, port, token),
        Seat(student, folder / "students" / student, folder / "config" / student, False, port + 1, token),
    ]
    for seat in seats:
        write_seat(seat, course, folder / "exchange")
    return Classroom(folder, course, *seats)


def _copy_course(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(
        _COPIED, key=lambda name: name == "course_config.py"
    ):  # that one last: it says that all is there
        if (source / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(source / name, target / name, ignore=ignored, dirs_exist_ok=True)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)
    for name in ("submitted", "autograded", "feedback"):
        (target / name).mkdir(exist_ok=True)


def release(room: Classroom, assignments: Sequence[str]) -> list[str]:
    """Build assignments and put them into the exchange, those that are not there yet; which were."""
    from coursegrader.build import build_release
    from coursegrader.gradebook import GradebookWriter

    done = []
    for assignment in assignments:
        if (room.exchange / room.course.id / "outbound" / assignment).is_dir():
            continue
        with GradebookWriter(room.course.db_url, room.course.id, room.course.nbgrader) as gradebook:
            known = gradebook.has_assignment(assignment)
        if not known:
            build_release(room.course, assignment)
        _exchange_release(room, assignment)
        done.append(assignment)
    return done


def _exchange_release(room: Classroom, assignment: str) -> None:
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeError, ExchangeFactory
    from traitlets.config import Config

    config: Any = Config(room.course.nbgrader)
    config.CourseDirectory.root = str(room.course.root)
    config.CourseDirectory.course_id = room.course.id
    config.CourseDirectory.assignment_id = assignment
    config.Exchange.root = str(room.exchange)
    parts = {"coursedir": CourseDirectory(config=config), "authenticator": Authenticator(config=config)}
    try:
        with chdir(room.course.root):
            ExchangeFactory(config=config).ReleaseAssignment(config=config, **parts).start()
    except ExchangeError as error:
        raise MachineFault(f"{assignment} cannot be released: {error}") from error


def run_classroom(
    room: Classroom,
    assignments: Sequence[str],
    *,
    watch: bool = True,
    ready: Callable[[], None] = lambda: None,
    stopped: threading.Event | None = None,
) -> None:
    """Start both seats and the watcher, say where they are, and end them all when asked to.

    Args:
        room: from `make_classroom`.
        assignments: to be released, if they are not.
        watch: whether submissions are graded as they come.
        ready: called when everything answers.
        stopped: set it to end; Ctrl-C and SIGTERM do.

    Raises:
        MachineFault: a port is taken, or a server does not start or ends by itself.
    """
    stop = stopped or threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for seat in (room.teacher, room.student):
            free_port(seat.port)
        for assignment in release(room, assignments):
            print(f"released {assignment}", flush=True)
        with Servers() as servers:
            for seat in (room.teacher, room.student):
                servers.start(seat.name, seat.command(), seat.environment(), seat.home, room.logs / f"{seat.name}.log")
            if watch:
                command = [
                    sys.executable,
                    "-m",
                    "coursegrader.cli",
                    "watch",
                    "--plain",
                    "--exchange",
                    str(room.exchange),
                ]
                servers.start("watcher", command, room.teacher.environment(), room.course.root, room.logs / "watch.log")
            for seat in (room.teacher, room.student):
                servers.wait_for(seat.name, f"http://127.0.0.1:{seat.port}", seat.token)
            _say(room, watch)
            ready()
            while not stop.wait(1.0):
                servers.check()
            print("\nending ...", flush=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(f"ended; `coursegrader classroom --folder {_short(room.folder)}` goes on from here", flush=True)


def _say(room: Classroom, watch: bool) -> None:
    print(f"teacher  {room.teacher.address}")
    print(f"student  {room.student.address}")
    print(f"         in {_short(room.folder)}; what is graded: {_short(room.logs / 'watch.log')}" if watch else "")
    print("Ctrl-C ends it.", flush=True)


def _short(path: Path) -> str:
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short
