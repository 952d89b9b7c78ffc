"""The whole way on known submissions: build, hand in, grade, read the gradebook, and hold each verdict against the expected one."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from coursegrader.bank import Known, load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import Assignment, Course, load_course
from coursegrader.errors import CourseFault
from coursegrader.grade import Run, feedback_path, grade
from coursegrader.gradebook import score_table, write_csv
from coursegrader.sandbox.confinement import Mode
from coursegrader.terminal import progress_bar
from coursegrader.verdict import Verdict

_COPIED = ("course_config.py", "nbgrader_config.py", "reference", "grading_tests", "source", "data")


def run_demo(course: Course, assignments: Sequence[Assignment], mode: Mode, keep: Path | None, workers: int) -> int:
    """Run the demo and print what it did.

    Args:
        course: the repository's own.
        assignments: those to show.
        mode: how student code is confined.
        keep: folder to make the class in; None for a new temporary one.
        workers: grading processes; 0 for one a core.

    Returns:
        0 when every verdict is the expected one, else 1.
    """
    root = make_class_folder(course.root, keep)
    print(f"class folder: {root}")
    demo = load_course(root)
    wrong = 0
    for assignment in assignments:
        known = list(load_bank(course.root / "tests" / "submissions" / assignment.id))
        if known:
            wrong += _demo_assignment(demo, assignment, known, mode, workers)
    return 1 if wrong else 0


def make_class_folder(course_root: Path, keep: Path | None) -> Path:
    """A folder with the course in it and nobody's work yet."""
    root = Path(tempfile.mkdtemp(prefix="coursegrader-demo-")) if keep is None else keep.resolve()
    if keep is not None and root.exists() and any(root.iterdir()):
        raise CourseFault(f"{root} is not empty", hint="Give a new folder to --keep.")
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    for name in _COPIED:
        source = course_root / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
        elif source.exists():
            shutil.copy2(source, root / name)
    return root


def hand_in(course: Course, assignment: Assignment, known: Sequence[Known]) -> None:
    """Put each known submission where nbgrader's collect would."""
    release = json.loads((course.release_dir(assignment.id) / f"{assignment.id}.ipynb").read_text(encoding="utf-8"))
    solutions = solutions_of(build_source(course, assignment))
    for item in known:
        folder = course.root / "submitted" / item.label / assignment.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{assignment.id}.ipynb").write_bytes(item.notebook(release, solutions))


def _demo_assignment(course: Course, assignment: Assignment, known: list[Known], mode: Mode, workers: int) -> int:
    print(f"\n{assignment.id} - {assignment.title}")
    print(f"release: {build_release(course, assignment)}")
    hand_in(course, assignment, known)
    started = time.perf_counter()
    with progress_bar("grading") as progress:
        run = grade(course, assignment.id, mode, workers=workers, progress=progress)
    seconds = time.perf_counter() - started
    wrong = _compare(known, run)
    print("\ngradebook (points):")
    print(score_table(course, assignment.id).to_string())
    csv = course.root / f"{assignment.id}.csv"
    write_csv(score_table(course, assignment.id), csv)
    print(f"\nfeedback page: {feedback_path(course, run.verdicts[0])}")
    print(f"grades as CSV: {csv}")
    print(f"{len(run.verdicts)} submissions in {seconds:.1f} s, start included; {_each(run.verdicts)}")
    return wrong


def _each(verdicts: Sequence[Verdict]) -> str:
    graded = [verdict.timing for verdict in verdicts if "total" in verdict.timing]
    if not graded:
        return "none ran"
    total = pd.Series([timing["total"] for timing in graded]).median()
    own = pd.Series([timing.get("student_cpu", 0.0) for timing in graded]).median()
    return f"a submission took {total:.2f} s (median), {own:.2f} s of it the student's own computing"


def _compare(known: Sequence[Known], run: Run) -> int:
    """Print expected against actual verdicts; returns how many differ."""
    verdicts = {verdict.student: verdict for verdict in run.verdicts}
    rows, differing = [], []
    for item in known:
        verdict = verdicts.get(item.label)
        differences = item.differences(verdict) if verdict is not None else [run.faults.get(item.label, "no verdict")]
        differing += [f"{item.label}: {difference}" for difference in differences]
        expected = actual = "-"
        if verdict is not None:
            points = sum(item.expected_score(exercise) or 0.0 for exercise in verdict.exercises)
            expected, actual = f"{item.status} {points:g}", f"{verdict.status} {verdict.score:g}"
        rows.append(
            {
                "submission": item.label,
                "expected": expected,
                "actual": actual,
                "": "ok" if not differences else "DIFFERS",
                "what": item.description,
            }
        )
    frame = pd.DataFrame(rows)
    frame["what"] = frame["what"].str.slice(0, 70)
    print(frame.to_string(index=False))
    for line in differing:
        print(f"DIFFERS {line}")
    return len(differing)
