"""A real classroom, a real hub, and Debian's chromium in front of them. Run with `make test-browser`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.prerequisites import BROWSER_ARGUMENTS, REPOSITORY, chromium, missing
from tests.pipeline.small_course import write_config, write_course

PATIENCE = 180.0  # seconds: a kernel that imports torch on a busy machine
IMAGES = REPOSITORY / "docs" / "images"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--save-screenshots", action="store_true", help="write docs/images; look at each before you commit"
    )


@pytest.fixture(scope="session", autouse=True)
def prerequisites() -> None:
    lacking = missing()
    assert not lacking, f"the browser tests need {'; '.join(lacking)}"


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(BROWSER_ARGUMENTS))
        yield found
        found.close()


@dataclass
class Camera:
    """Takes pictures for the docs, where that was asked for."""

    folder: Path | None

    def shoot(self, page: object, name: str) -> None:
        """Save what a page shows."""
        if self.folder is not None:
            page.screenshot(path=str(self.folder / f"{name}.png"))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def camera(request: pytest.FixtureRequest) -> Camera:
    return Camera(IMAGES if request.config.getoption("--save-screenshots") else None)


def free_ports() -> int:
    """The first of two ports that nobody uses."""
    for port in range(9400, 9600, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two ports are free")


@dataclass
class Room:
    """`coursegrader classroom`, running.

    Attributes:
        folder: the classroom's.
        addresses: what it printed: seat -> address.
    """

    folder: Path
    addresses: dict[str, str]
    process: subprocess.Popen[str]

    @property
    def root(self) -> Path:
        """The course's folder, in the teacher's home."""
        return self.folder / "teacher" / "course"

    @property
    def home(self) -> Path:
        """The student's."""
        return self.folder / "students" / "camille"


def start_classroom(source: Path, folder: Path) -> Room:
    """Run the command until it says that all is there."""
    command = [sys.executable, "-m", "coursegrader.cli", "classroom", "--root", str(source), "--folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", str(free_ports())], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    addresses, said = {}, []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        seat, _, address = line.partition(" ")
        if address.strip().startswith("http"):
            addresses[seat] = address.strip()
        if "Ctrl-C" in line:
            break
    watchdog.cancel()
    assert set(addresses) == {"teacher", "student"}, (said, process.poll())
    return Room(folder, addresses, process)


def stop_classroom(room: Room) -> tuple[int, str]:
    """Press Ctrl-C: exit code, and what it said last."""
    room.process.send_signal(signal.SIGINT)
    out, _ = room.process.communicate(timeout=PATIENCE)
    return room.process.returncode, out


@pytest.fixture(scope="session")
def course_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course, its feedback released at once."""
    root = write_course(tmp_path_factory.mktemp("source") / "course")
    write_config(root, "COURSE['policy'] = {'feedback': 'at once'}\n")
    return root


@pytest.fixture(scope="session")
def room(course_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    started = start_classroom(course_folder, tmp_path_factory.mktemp("classroom") / "room")
    try:
        yield started
    finally:
        if started.process.poll() is None:
            os.killpg(started.process.pid, signal.SIGINT)
            started.process.communicate(timeout=PATIENCE)
