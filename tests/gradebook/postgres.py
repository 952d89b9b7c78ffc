"""A PostgreSQL server of the tests' own: a new data folder, a socket in it, no network, no password, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = [
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    *map(Path, os.environ["PATH"].split(os.pathsep)),
]


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, as Debian's package `postgresql` brings them."""
    return next(
        (folder for folder in BINARIES if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )


def user() -> str:
    """Who may run it: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """A running server; yields the address of its database `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="coursegrader-pg-", dir="/tmp"))  # a short path: sockets' names are
    owner = pwd.getpwnam(user())
    how = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    settings = [
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "fsync=off",
        "-c",
        "shared_buffers=32MB",
    ]
    start = [
        binaries / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "coursegrader",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    process = None
    try:
        subprocess.run(start, check=True, capture_output=True, cwd=folder, timeout=120, **how)  # type: ignore[call-overload]
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **how,
        )  # type: ignore[call-overload]
        ready = [binaries / "pg_isready", "-q", "-h", folder, "-U", "coursegrader", "-t", "60"]
        for _ in range(600):
            if subprocess.run(ready, check=False, timeout=120).returncode == 0:
                break
            assert process.poll() is None, "the server stopped at its start"
        yield f"postgresql+psycopg://coursegrader@/postgres?host={folder}"
    finally:
        if process is not None:
            process.terminate()
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
