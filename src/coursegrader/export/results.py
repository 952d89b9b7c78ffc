"""One results.json a submission, in the form that Gradescope's autograder reads ("Autograder Specifications")."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from coursegrader.export.comments import commented
from coursegrader.gradebook.frames import Frames
from coursegrader.messages import text


def write_results(frames: Frames, folder: Path, assignment: str | None = None) -> int:
    """Write <folder>/<student>/<assignment>/results.json for every submission.

    What a student may read is in it and nothing else: a test an exercise, with the messages of its failed checks and the teacher's comment, never a
    check's name.

    Returns:
        How many were written.
    """
    exercises, submissions = frames.exercises, frames.submissions
    if assignment is not None:
        exercises = exercises[exercises["assignment"] == assignment]
        submissions = submissions[submissions["assignment"] == assignment]
    messages = _messages(frames)
    tests: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in exercises.to_dict("records"):
        output = "\n".join(messages.get((row["student"], row["assignment"], row["exercise"]), []))
        test = {"name": row["exercise"], "score": row["score"], "max_score": row["max_score"], "output": output}
        if not row["needs_manual_grade"]:  # without a status it is neither passed nor failed
            test["status"] = "passed" if row["score"] >= row["max_score"] else "failed"
        tests.setdefault((row["student"], row["assignment"]), []).append({**test, "visibility": "visible"})
    for row in submissions.to_dict("records"):
        result = {
            "score": row["score"],
            "output": "",
            "output_format": "text",
            "tests": tests.get((row["student"], row["assignment"]), []),
            "extra_data": {
                "student": row["student"],
                "assignment": row["assignment"],
                "max_score": row["max_score"],
                "penalty": row["penalty"],
            },
        }
        path = folder / folder_name(row["student"]) / row["assignment"] / "results.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(submissions)


def folder_name(student: str) -> str:
    """The student's id where it can be a folder's name, else one made from it: an id from a class list may be `../x`.

    Example:
        >>> folder_name("zoé"), folder_name("../x")[:9]
        ('zoé', 'etudiant-')
    """
    plain = student and not student.startswith(".") and student.isprintable() and not set(student) & set('/\\:*?"<>|')
    return student if plain else f"etudiant-{hashlib.sha256(student.encode()).hexdigest()[:24]}"


def _messages(frames: Frames) -> dict[tuple[str, str, str], list[str]]:
    failed = frames.checks[frames.checks["message"] != ""]
    found: dict[tuple[str, str, str], list[str]] = {}
    columns = (failed[name].tolist() for name in ("student", "assignment", "exercise", "message"))
    for student, assignment, exercise, message in zip(*columns, strict=True):
        found.setdefault((student, assignment, exercise), []).append(message)
    for student, assignment, exercise, comment in commented(frames):
        found.setdefault((student, assignment, exercise), []).append(text("export.comment", comment=comment))
    return found
