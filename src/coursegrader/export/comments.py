"""Teachers' comments for exports, each as one line."""

from __future__ import annotations

from collections.abc import Iterator

from coursegrader.gradebook.frames import Frames


def commented(frames: Frames) -> Iterator[tuple[str, str, str, str]]:
    """(student, assignment, exercise, comment) of every exercise that a teacher commented; no end of line in a comment."""
    rows = frames.exercises[frames.exercises["comment"] != ""]
    for student, assignment, exercise, comment in zip(
        *(rows[name].tolist() for name in ("student", "assignment", "exercise", "comment")), strict=True
    ):
        yield student, assignment, exercise, " ".join(comment.split())
