"""A real JupyterHub from deploy/jupyterhub_config.py, with system users of its own that are removed afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from coursegrader.build import build_release
from coursegrader.course import load_course
from tests.browser.conftest import PATIENCE, free_ports
from tests.browser.prerequisites import REPOSITORY, proxy
from tests.pipeline.small_course import NAME, write_config, write_course

CONFIG = """
load_subconfig({deploy!r})
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.cleanup_servers = True
"""


class Hub:
    """A teacher, two students, the hub, and the watcher that the hub runs."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="coursegrader-hub-"))
        self.folder.chmod(0o755)
        suffix = secrets.token_hex(3)
        self.teacher, self.lea, self.noe = (f"cg{suffix}{name}" for name in ("prof", "lea", "noe"))
        self.password = secrets.token_hex(8)
        self.port = free_ports()
        self.exchange = self.folder / "exchange"
        self._process: subprocess.Popen[bytes] | None = None
        self._users: list[str] = []

    @property
    def address(self) -> str:
        """What people open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def course(self) -> Path:
        """The course's folder, in the teacher's home."""
        return self.home(self.teacher) / "course"

    def home(self, user: str) -> Path:
        """A user's home."""
        return self.folder / "home" / user

    def __enter__(self) -> Hub:
        try:
            self._make_users()
            self._make_course()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make_users(self) -> None:
        (self.folder / "home").mkdir(mode=0o755)
        for user in (self.teacher, self.lea, self.noe):
            command = ["useradd", "--create-home", "--home-dir", str(self.home(user)), "--shell", "/bin/bash", user]
            subprocess.run(command, check=True, capture_output=True)
            self._users.append(user)
            self.home(user).chmod(0o700)

    def _make_course(self) -> None:
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        write_course(self.course)
        write_config(self.course, "COURSE['policy'] = {'feedback': 'at once'}\n")
        build_release(load_course(self.course), NAME)
        for name in ("submitted", "autograded", "feedback"):
            (self.course / name).mkdir(exist_ok=True)
        subprocess.run(["chown", "-R", f"{self.teacher}:", str(self.course)], check=True)
        release = [sys.executable, "-m", "nbgrader", "release_assignment", NAME, "--course", "petit"]
        done = self.as_user(self.teacher, [*release, f"--Exchange.root={self.exchange}"], self.course)
        assert done.returncode == 0, done.stderr

    def as_user(
        self, user: str, command: Sequence[str], folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a user, in the user's home or another folder."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home(user)), "USER": user, "LANG": "C.UTF-8"}
        return subprocess.run(
            ["runuser", "-u", user, "--", *command],
            env=environment,
            cwd=folder or self.home(user),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def _start(self) -> None:
        ports: dict[str, Any] = {"port": self.port, "hub_port": self.port + 1, "api_port": self.port + 400}
        text = CONFIG.format(
            deploy=str(REPOSITORY / "deploy" / "jupyterhub_config.py"),
            password=self.password,
            folder=self.folder,
            **ports,
        )
        (self.folder / "jupyterhub_config.py").write_text(text, encoding="utf-8")
        environment = {
            **os.environ,
            "COURSEGRADER_TEACHER": self.teacher,
            "COURSEGRADER_STUDENTS": f"{self.lea} {self.noe}",
            "COURSEGRADER_COURSE_ID": "petit",
            "COURSEGRADER_EXCHANGE": str(self.exchange),
            "COURSEGRADER_PROXY": str(proxy()),
        }
        with (self.folder / "hub.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "jupyterhub_config.py")],
                env=environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log()
            with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{self.address}/hub/health", timeout=5).close()
                return
            time.sleep(0.2)
        raise AssertionError(f"the hub does not answer:\n{self.log()}")

    def log(self) -> str:
        """What the hub, its servers and its service said."""
        return (self.folder / "hub.log").read_text(encoding="utf-8", errors="replace")[-6000:]

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(60)
            if self._process.poll() is None:
                self._process.kill()
        for user in self._users:
            subprocess.run(
                ["pkill", "-KILL", "-u", user], check=False
            )  # servers of this user, whom only this test knows
            for _ in range(50):
                if subprocess.run(["userdel", user], check=False, capture_output=True).returncode == 0:
                    break
                time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)
