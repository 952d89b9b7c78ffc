"""What a student's notebook does in all innocence, for `probe`: a sandbox in which this fails would harm honest work."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path


def run(work: Callable[[], None]) -> str:
    """Do it; "done", or what went wrong."""
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def read_and_write_files() -> None:
    """Write a file in the working directory, use a temporary directory, rename."""
    Path("notes.txt").write_text("é", encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "a").write_text("x")
        Path(directory, "a").rename(Path(directory, "b"))
    Path("notes.txt").unlink()


def start_programs() -> None:
    """Run a shell command and Python itself."""
    if subprocess.run("echo one | cat", shell=True, capture_output=True, text=True, check=True).stdout != "one\n":
        raise OSError("a shell command said something else")
    subprocess.run([sys.executable, "-I", "-c", "import ssl, sqlite3, ctypes"], check=True, capture_output=True)


def use_threads() -> None:
    """Start eight threads."""
    threads = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def use_processes() -> None:
    """Compute in two worker processes; pass a message over a socket pair."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        if pool.map(abs, [-1, 2]) != [1, 2]:
            raise OSError("worker processes computed something else")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"x")
        theirs.recv(1)


def find_oneself() -> None:
    """Ask who and where one is."""
    if Path.home() != Path(os.environ["HOME"]) or not os.access(Path.cwd(), os.W_OK):
        raise OSError("home or working directory is wrong")
    Path("~").expanduser().stat()


WORK = (read_and_write_files, start_programs, use_threads, use_processes, find_oneself)
