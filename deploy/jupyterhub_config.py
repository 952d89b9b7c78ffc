"""A course on a JupyterHub of one machine: one teacher, its students as system users, the watcher as a managed service.

    cd /srv/hub && sudo COURSEGRADER_TEACHER=prof /opt/coursegrader/bin/jupyterhub -f deploy/jupyterhub_config.py

Every value below can be set by an environment variable of its name; see docs/deploy.md. Nothing here is secret, and nothing needs editing
but the authenticator, if the machine's own accounts (PAM) are not what your school uses.
"""

import os
import pwd
import shutil
import sys
from pathlib import Path

c = get_config()  # noqa: F821

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent  # of an environment that every user can read: not one in root's home
TEACHER = os.environ.get("COURSEGRADER_TEACHER", "prof")
STUDENTS = set(os.environ.get("COURSEGRADER_STUDENTS", "").split())  # empty: everybody whom the authenticator lets in
COURSE = Path(os.environ.get("COURSEGRADER_COURSE", f"{pwd.getpwnam(TEACHER).pw_dir}/course"))
COURSE_ID = os.environ.get("COURSEGRADER_COURSE_ID", "ia-appliquee")
EXCHANGE = os.environ.get("COURSEGRADER_EXCHANGE", "/srv/nbgrader/exchange")
TIMEZONE = os.environ.get("COURSEGRADER_TIMEZONE", "Europe/Zurich")
PROXY = os.environ.get("COURSEGRADER_PROXY") or shutil.which("configurable-http-proxy") or "configurable-http-proxy"

# Everybody's server runs as the system user of that name: the kernel keeps homes apart, not this file.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.ConfigurableHTTPProxy.command = [PROXY]
c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120

c.Authenticator.allowed_users = STUDENTS | {TEACHER}
c.Authenticator.allow_all = not STUDENTS
c.Authenticator.admin_users = set()  # the teacher of a course need not rule the hub


def settings(user: str) -> dict[str, str]:
    """What nbgrader and JupyterLab are told: the folder of the teacher's or of the students' configuration, and where things lie."""
    role = "teacher" if user == TEACHER else "student"
    return {
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
        "JUPYTER_CONFIG_PATH": str(HERE / "hub" / role),
        "COURSEGRADER_COURSE": str(COURSE),
        "COURSEGRADER_COURSE_ID": COURSE_ID,
        "COURSEGRADER_EXCHANGE": EXCHANGE,
        "COURSEGRADER_TIMEZONE": TIMEZONE,
    }


def before_spawn(spawner) -> None:
    """Give each server the configuration of its user's part."""
    spawner.environment.update(settings(spawner.user.name))


c.Spawner.pre_spawn_hook = before_spawn

# Grading as soon as somebody submits: the hub starts it, and starts it again if it ends. It works as the teacher, who owns the course.
c.JupyterHub.services = [
    {
        "name": "coursegrader-watch",
        "command": [sys.executable, "-m", "coursegrader.cli", "watch", "--plain", "--root", str(COURSE)],
        "user": TEACHER,
        "cwd": str(COURSE),
        "environment": {**settings(TEACHER), "HOME": pwd.getpwnam(TEACHER).pw_dir},
    }
]
