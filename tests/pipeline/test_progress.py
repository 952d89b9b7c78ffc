"""What a teacher sees while a class is graded: a bar with count and remaining time on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

STEPS = """
import time
from coursegrader.terminal import progress_bar
with progress_bar("grading") as step:
    step(0, 4, None)
    for done in (1, 2, 3, 4):
        time.sleep(0.15)
        step(done, 4, None)
"""


def test_a_terminal_shows_how_many_are_done_and_how_long_it_will_take() -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", STEPS], stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the other end has closed
            pass
    os.close(ours)
    assert process.returncode == 0
    text = shown.decode("utf-8", "replace")
    assert "4/4" in text and re.search(r"left\W+(-:--:--|\d:\d\d:\d\d)", text)
    assert re.search(r"left\W+\d:\d\d:\d\d", text), "the remaining time is a number in the end"


def test_elsewhere_each_submission_is_a_line() -> None:
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [f"grading {number}/4" for number in range(5)]
    assert done.stdout == ""
