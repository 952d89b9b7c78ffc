"""What a seat is: a home of its own, and the configuration that makes JupyterLab and nbgrader a teacher's or a student's."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from coursegrader.course import Course
from coursegrader.files import write_file

# nbgrader's parts that belong to the other seat
_TEACHERS_PARTS = ("formgrader", "create-assignment")
_NO_NEWS = {"@jupyterlab/apputils-extension:announcements": True}


@dataclass(frozen=True)
class Seat:
    """One JupyterLab.

    Attributes:
        name: "teacher", or the student's id.
        home: its files; JupyterLab shows nothing else.
        config: its Jupyter configuration.
        teacher: which of the two it is.
        port: of its server.
        token: that its address carries.
    """

    name: str
    home: Path
    config: Path
    teacher: bool
    port: int
    token: str

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.port}/lab?token={self.token}"

    def environment(self) -> dict[str, str]:
        """Of its server, and of every command typed in its terminal."""
        bin_folder = str(Path(sys.executable).parent)
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))},
            "HOME": str(self.home),
            "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", "")]),
            "JUPYTER_CONFIG_DIR": str(self.config),
            "JUPYTER_DATA_DIR": str(self.home / ".jupyter-data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / ".jupyter-data" / "runtime"),
            "IPYTHONDIR": str(self.home / ".ipython"),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }

    def command(self) -> list[str]:
        """That starts its server."""
        options = {
            "ServerApp.root_dir": str(self.home),
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": str(self.port),
            "ServerApp.port_retries": "0",
            "ServerApp.open_browser": "False",
            "ServerApp.allow_root": str(os.geteuid() == 0),
            "LabApp.news_url": "None",
        }
        return [sys.executable, "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())]


def write_seat(seat: Seat, course: Course, exchange: Path) -> None:
    """Write a seat's configuration; what a teacher changes in its home stays."""
    seat.home.mkdir(parents=True, exist_ok=True)
    nbgrader = [
        "c = get_config()",
        f"c.CourseDirectory.course_id = {course.id!r}",
        f"c.Exchange.root = {str(exchange)!r}",
        f"c.Exchange.timezone = {course.timezone!r}",
        "c.ExchangeCollect.check_owner = False  # both seats are one user of this machine",
    ]
    if seat.teacher:
        nbgrader.append(f"c.CourseDirectory.root = {str(course.root)!r}")
    else:
        nbgrader += [
            f"c.CourseDirectory.student_id = {seat.name!r}",
            f"c.Exchange.assignment_dir = {str(seat.home)!r}",
            f"c.Exchange.cache = {str(seat.home / '.nbgrader-cache')!r}",
            "c.ExchangeSubmit.strict = True  # a folder without its notebook is refused at the click, with the reason",
        ]
    write_file(seat.config / "nbgrader_config.py", "\n".join(nbgrader) + "\n")
    extensions = {} if seat.teacher else {f"nbgrader.server_extensions.{part}": False for part in ("formgrader",)}
    server = {"ServerApp": {"jpserver_extensions": extensions}, "IdentityProvider": {"token": seat.token}}
    write_file(seat.config / "jupyter_server_config.json", json.dumps(server, indent=2) + "\n")
    (seat.config / "jupyter_server_config.json").chmod(0o600)  # the token
    hidden = {} if seat.teacher else {f"@jupyter/nbgrader:{part}": True for part in _TEACHERS_PARTS}
    page = json.dumps({"disabledExtensions": {**_NO_NEWS, **hidden}}, indent=2)
    write_file(seat.config / "labconfig" / "page_config.json", page + "\n")
