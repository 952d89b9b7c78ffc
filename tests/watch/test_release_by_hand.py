"""nbgrader's own collect and release_feedback around `coursegrader grade`."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

from tests.pipeline.small_course import NAME, Class, write_config
from tests.watch.exchange import Room

WRONG = {"double": "def double(v):\n    return v"}


def test_what_was_graded_by_command_is_released_by_nbgrader(room: Room) -> None:
    room.submit("lea", double="def double(v):\n    return v")
    room.teacher("Collect")
    assert room.klass.verdicts()["lea"].score == 6.0
    room.teacher("ReleaseFeedback")
    assert room.page("lea") == room.klass.page("lea")


def test_a_zip_file_from_moodle_is_sorted_by_nbgrader_and_graded(klass: Class) -> None:
    archive = klass.root / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "cours.zip", "w") as packed:
        for folder, answers in {
            "Léa Blanc_4711_assignsubmission_file_": {},
            "Noé Roux_4712_assignsubmission_file_": WRONG,
        }.items():
            packed.writestr(f"{folder}/{NAME}.ipynb", json.dumps(klass.notebook(answers)))
    pattern = r".*[/\\](?P<student_id>[^_/\\]+)_\d+_assignsubmission_file_[/\\]?(?P<file_id>.*)"
    write_config(klass.root, f"c.FileNameCollectorPlugin.named_regexp = {pattern!r}\n")
    command = [sys.executable, "-m", "nbgrader", "zip_collect", NAME, "--force"]
    done = subprocess.run(command, cwd=klass.root, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    scores = {student: verdict.score for student, verdict in klass.verdicts().items()}
    assert scores == {"Léa Blanc": 7.0, "Noé Roux": 6.0}
    assert klass.page("Léa Blanc")
