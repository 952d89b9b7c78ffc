"""The whole way on a class of known submissions: build, hand in, grade, read the gradebook, and hold each verdict against the expected one."""

from __future__ import annotations

import json
import shutil
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from coursegrader.bank import Known, load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import Assignment, Course, load_course
from coursegrader.errors import CourseFault
from coursegrader.grade import Progress, Run, grade
from coursegrader.gradebook import course_table, score_table, write_csv
from coursegrader.report import write_report
from coursegrader.sandbox.confinement import Mode
from coursegrader.student_files import feedback_path
from coursegrader.terminal import progress_bar
from coursegrader.verdict import Verdict

_COPIED = ("course_config.py", "nbgrader_config.py", "reference", "grading_tests", "source", "data")
_AGAIN = 12  # submissions that a second demo in the same folder grades anew
_MARK = ".coursegrader-demo"  # in a class folder that an earlier demo made, and that another may use again
_STUDENTS = (
    "adele", "basile", "capucine", "dorian", "eloise", "fabien", "garance", "hugo", "ines", "joseph", "karim", "lea", "marley",
    "nora", "oscar", "pauline", "quentin", "rose", "sami", "theo", "ursule", "victor", "wendy", "xavier", "yasmine", "zoe",
    "anatole", "blanche", "cyril", "diane",
)  # fmt: skip


@dataclass
class _Count:
    """What the demo did so far."""

    graded: int = 0
    unchanged: int = 0
    differing: int = 0


def run_demo(
    course: Course,
    assignments: Sequence[Assignment],
    mode: Mode,
    keep: Path | None,
    workers: int,
    students: int = len(_STUDENTS),
) -> int:
    """Run the demo and print what it did.

    The students hand in the bank's known submissions in turn. In the folder of an earlier demo, work whose verdict still stands is not
    run again, except for the quickest of the first assignment: so that something is graded each time, in seconds.

    Args:
        course: the repository's own.
        assignments: those to show.
        mode: how student code is confined.
        keep: folder to make the class in, new or an earlier demo's; None for a new temporary one.
        workers: grading processes; 0 for one a core.
        students: how many.

    Returns:
        0 when every verdict is the expected one, else 1.
    """
    started = time.perf_counter()
    root = make_class_folder(course.root, keep)
    print(f"class folder: {root}")
    demo = load_course(root)
    count = _Count()
    for position, assignment in enumerate(assignments):
        known = list(load_bank(course.root / "tests" / "submissions" / assignment.id))
        if known:
            handed = class_work(known, students, 5 * position)
            _demo_assignment(demo, assignment, handed, mode, workers, count, again=position == 0)
    if len(assignments) > 1:
        print(f"\nthe gradebook, in percent:\n{percents(course_table(demo))}")
    print(f"\nreport: {write_report(demo, None, pages=False, feedback=False).page}")
    seconds = time.perf_counter() - started
    print(
        f"{students} students, {count.graded} submissions graded now, {count.unchanged} unchanged since the last demo in this folder "
        f"(their verdicts stand, nothing is run again); {count.differing} verdicts differ from the expected; {seconds:.0f} s in all"
    )
    return 1 if count.differing else 0


def percents(table: pd.DataFrame) -> str:
    """`course_table` for the terminal: no column for what nobody has handed in, an empty cell for who has not.

    Example:
        >>> percents(pd.DataFrame({"01": [50.0, None], "02": [None, None]}, index=["lea", "noe"])).split()
        ['01', 'lea', '50.0', 'noe']
    """
    return table.dropna(axis="columns", how="all").to_string(na_rep="")


def class_work(known: Sequence[Known], students: int, shift: int) -> dict[str, Known]:
    """Who hands in what: the bank from `shift` on, and again from its start when there are more students.

    Of the submissions that wait for a time limit one is enough to show what becomes of them; `make bank` runs them all.
    """
    slow = [item for item in known if item.slow]
    dealt = [item for item in known if item not in slow[1:]]
    return {name: dealt[(i + shift) % len(dealt)] for i, name in enumerate(_STUDENTS[:students])}


def make_class_folder(course_root: Path, keep: Path | None) -> Path:
    """A folder with the course in it, and nobody's work or that of an earlier demo."""
    root = Path(tempfile.mkdtemp(prefix="coursegrader-demo-")) if keep is None else keep.resolve()
    if keep is not None and root.exists() and any(root.iterdir()) and not (root / _MARK).is_file():
        raise CourseFault(f"{root} is not empty", hint="Give a new folder to --keep, or one that an earlier demo made.")
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    (root / _MARK).touch()
    for name in _COPIED:
        source = course_root / name
        if source.is_dir():
            shutil.rmtree(root / name, ignore_errors=True)  # a file that the course no longer has must not stay
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
        elif source.exists():
            shutil.copy2(source, root / name)
    return root


def hand_in(course: Course, assignment: Assignment, known: Sequence[Known]) -> None:
    """Put each known submission where nbgrader's collect would, under its label."""
    hand_in_as(course, assignment, {item.label: item for item in known})


def hand_in_as(course: Course, assignment: Assignment, work: Mapping[str, Known]) -> None:
    """Put each student's known submission where nbgrader's collect would."""
    release = json.loads((course.release_dir(assignment.id) / f"{assignment.id}.ipynb").read_text(encoding="utf-8"))
    solutions = solutions_of(build_source(course, assignment))
    for student, item in work.items():
        folder = course.root / "submitted" / student / assignment.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{assignment.id}.ipynb").write_bytes(item.notebook(release, solutions))


def _demo_assignment(
    course: Course,
    assignment: Assignment,
    work: Mapping[str, Known],
    mode: Mode,
    workers: int,
    count: _Count,
    *,
    again: bool,
) -> None:
    print(f"\n{assignment.id} - {assignment.title}")
    print(f"release: {build_release(course, assignment)}")
    hand_in_as(course, assignment, work)
    started = time.perf_counter()
    with progress_bar("grading") as progress:
        run = grade(course, assignment.id, mode, workers=workers, progress=progress)
        if again and not run.verdicts:
            run = _grade_again(course, assignment, mode, workers, run, progress)
    seconds = time.perf_counter() - started
    count.graded += len(run.verdicts)
    count.unchanged += len(run.unchanged)
    count.differing += _compare(work, run)
    print("\ngradebook (points):")
    print(score_table(course, assignment.id).to_string())
    csv = course.root / f"{assignment.id}.csv"
    write_csv(score_table(course, assignment.id), csv)
    print(f"\nfeedback page: {feedback_path(course, [*run.verdicts, *run.unchanged][0])}")
    print(f"grades as CSV: {csv}")
    print(f"{len(run.verdicts)} submissions in {seconds:.1f} s, start included; {_each(run.verdicts)}")


def _grade_again(
    course: Course, assignment: Assignment, mode: Mode, workers: int, before: Run, progress: Progress
) -> Run:
    """Grade the quickest anew where every verdict stands; those whose code hangs would take minutes to show the same."""
    quickest = sorted(before.unchanged, key=lambda verdict: verdict.timing.get("total", 0.0))[:_AGAIN]
    students = [verdict.student for verdict in quickest]
    run = grade(course, assignment.id, mode, students=students, force=True, workers=workers, progress=progress)
    return replace(run, unchanged=[verdict for verdict in before.unchanged if verdict.student not in students])


def _each(verdicts: Sequence[Verdict]) -> str:
    graded = [verdict.timing for verdict in verdicts if "total" in verdict.timing]
    if not graded:
        return "none ran"
    total = pd.Series([timing["total"] for timing in graded]).median()
    own = pd.Series([timing.get("student_cpu", 0.0) for timing in graded]).median()
    return f"a submission took {total:.2f} s (median), {own:.2f} s of it the student's own computing"


def _compare(work: Mapping[str, Known], run: Run) -> int:
    """Print expected against actual verdicts; returns how many differ."""
    verdicts = {verdict.student: verdict for verdict in [*run.verdicts, *run.unchanged]}
    rows, lines, differing = [], [], 0
    for student, item in work.items():
        verdict = verdicts.get(student)
        differences = item.differences(verdict) if verdict is not None else [run.faults.get(student, "no verdict")]
        differing += bool(differences)
        lines += [f"{item.label}: {difference}" for difference in differences]
        expected = actual = "-"
        if verdict is not None:
            points = sum(item.expected_score(exercise) or 0.0 for exercise in verdict.exercises)
            expected, actual = f"{item.status} {points:g}", f"{verdict.status} {verdict.score:g}"
        rows.append(
            {
                "student": student,
                "submission": item.label,
                "expected": expected,
                "actual": actual,
                "": "ok" if not differences else "DIFFERS",
                "what": textwrap.shorten(item.description, 60, placeholder=" …"),
            }
        )
    print(pd.DataFrame(rows).to_string(index=False))
    for line in lines:
        print(f"DIFFERS {line}")
    return differing
