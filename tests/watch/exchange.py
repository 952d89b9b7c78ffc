"""nbgrader's own exchange around the small course: students fetch, submit and fetch feedback by nbgrader's own classes."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config

from coursegrader.files import write_file
from tests.pipeline.small_course import NAME, Class, write_config

logging.getLogger("traitlets").setLevel(logging.ERROR)


class Room:
    """A class, its exchange, and a folder for each student."""

    def __init__(self, klass: Class, folder: Path) -> None:
        self.klass, self.folder = klass, folder
        self.traits = f"c.Exchange.root = {str(folder)!r}\nc.ExchangeCollect.check_owner = False\n"

    @property
    def root(self) -> Path:
        """The course's folder."""
        return self.klass.root

    @property
    def inbound(self) -> Path:
        """Where submissions arrive."""
        return self.folder / "petit" / "inbound"

    def opened(self) -> Room:
        """Make the exchange and release the assignment."""
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        write_config(self.root, self.traits)
        self.teacher("ReleaseAssignment")
        return self

    def configure(self, **changes: Any) -> None:
        """Write the course's configuration with other values at its top."""
        write_config(self.root, f"{self.traits}COURSE.update({changes!r})\n")

    def teacher(self, door: str, **options: Any) -> Any:
        """Run one of nbgrader's exchange classes as the teacher."""
        config = Config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.db_url = f"sqlite:///{self.root / 'gradebook.db'}"
        return self._run(door, config, **options)

    def student(self, name: str, door: str, assignment: str = NAME) -> Any:
        """Run one as a student, in the student's own home."""
        home = self.home(name)
        config = Config()
        config.CourseDirectory.root = str(home)
        config.CourseDirectory.student_id = name
        config.Exchange.assignment_dir = str(home)
        config.Exchange.cache = str(home / "cache")
        return self._run(door, config, assignment)

    def _run(self, door: str, config: Config, assignment: str = NAME, **options: Any) -> Any:
        config.CourseDirectory.course_id = "petit"
        config.CourseDirectory.assignment_id = assignment
        config.Exchange.root = str(self.folder)
        config.Exchange.timezone = "Europe/Zurich"
        config.CourseDirectory.merge(options)
        made = getattr(ExchangeFactory(config=config), door)(
            coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
        )
        before = os.getcwd()
        try:
            made.start()
        finally:
            os.chdir(before)
        return made

    def home(self, name: str) -> Path:
        """A student's home."""
        home = self.folder.parent / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        return home

    def submit(self, name: str, notebook: Any = None, *, file: str = f"{NAME}.ipynb", **answers: Any) -> Path:
        """Hand in by nbgrader's own ExchangeSubmit; the folder in the exchange."""
        work = self.home(name) / NAME
        work.mkdir(exist_ok=True)
        for old in work.glob("*.ipynb"):
            old.unlink()
        content = self.klass.notebook(**answers) if notebook is None else notebook
        if content != "":
            write_file(work / file, content if isinstance(content, str) else json.dumps(content))
        done = self.student(name, "Submit")
        return self.inbound / str(done.assignment_filename)

    def fetch(self, name: str) -> list[Path]:
        """The pages that nbgrader's ExchangeFetchFeedback brings, oldest first."""
        self.student(name, "FetchFeedback")
        return sorted((self.home(name) / NAME / "feedback").rglob("*.html"))

    def page(self, name: str) -> str:
        """The newest of them."""
        pages = self.fetch(name)
        assert pages, f"no feedback for {name}"
        return pages[-1].read_text(encoding="utf-8")
