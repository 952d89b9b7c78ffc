"""The bank: every known submission of every assignment against the verdict it must get.

    make bank
    python benchmarks/bank.py 01-compter-generer
    python benchmarks/bank.py --label 'right-*'

Prints a matrix (an exercise a row: wrong answers caught, right ones that lost points) and ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from coursegrader.bank import Known, load_bank
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.demo import hand_in, make_class_folder
from coursegrader.grade import grade
from coursegrader.sandbox.choose import best_mode
from coursegrader.terminal import progress_bar
from coursegrader.verdict import ExerciseResult, Verdict

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--label", default="*", help="only submissions of this name, with * and ?")
    options = parser.parse_args()
    course = load_course(make_class_folder(ROOT, Path(tempfile.mkdtemp(prefix="bank-"))))
    rows: list[dict[str, object]] = []
    differing: list[str] = []
    submissions = 0
    for assignment in course.assignments:
        if assignment.written or (options.assignments and assignment.id not in options.assignments):
            continue
        bank = load_bank(ROOT / "tests" / "submissions" / assignment.id)
        known = {item.label: item for item in bank if fnmatch(item.label, options.label)}
        if not known:
            continue
        submissions += len(known)
        build_release(course, assignment)
        hand_in(course, assignment, list(known.values()))
        with progress_bar(assignment.id) as progress:
            run = grade(course, assignment.id, best_mode()[0], progress=progress)
        print_slow(run.verdicts, known)
        for student, fault in run.faults.items():
            differing.append(f"{assignment.id} {student}: {fault}")
        for verdict in run.verdicts:
            item = known[verdict.student]
            differing += [
                f"{assignment.id} {verdict.student}: {difference}" for difference in item.differences(verdict)
            ]
            rows += [row(item, verdict, exercise) for exercise in verdict.exercises if is_answer(item, exercise)]
    if not submissions:
        where = f" of {', '.join(options.assignments)}" if options.assignments else ""
        sys.exit(f"No known submission{where} is called {options.label!r}.")
    result = sum_up(rows, submissions)
    for line in differing:
        print(f"DIFFERS {line}")
    print(json.dumps(result))
    sys.exit(1 if differing else 0)


def sum_up(rows: Sequence[Mapping[str, object]], submissions: int) -> dict[str, int]:
    """Print the matrix, and count; zeros where nothing but the course's own solutions was handed in."""
    frame = pd.DataFrame(rows, columns=["assignment", "exercise", "wrong", "as_expected", "named"])
    frame = frame.astype({"wrong": bool, "as_expected": bool})
    wrong, right = frame[frame["wrong"]], frame[~frame["wrong"]]
    if len(frame):
        matrix = frame.groupby(["assignment", "exercise"], sort=False).apply(summary, include_groups=False)
        print(matrix.to_string())
    else:
        print(f"{submissions} submissions, and no answer of a student's own in them: nothing to count.")
    return {
        "submissions": submissions,
        "wrong": len(wrong),
        "wrong_caught": int(wrong["as_expected"].sum()),
        "right": len(right),
        "right_failed": int((~right["as_expected"]).sum()),
        "misconceptions": int(wrong["named"].notna().sum()),
        "misconceptions_named": int((wrong["named"] == True).sum()),  # noqa: E712  it is None where no name is due
    }


def print_slow(verdicts: Sequence[Verdict], known: Mapping[str, Known]) -> None:
    """Name the submissions that wait for limits and are not marked so: a demo deals out one of those that are."""
    seconds = {verdict.student: verdict.timing.get("total", 0.0) for verdict in verdicts}
    usual = statistics.median(seconds.values()) if seconds else 0.0
    for verdict in verdicts:
        waits = bool(verdict.timing.get("limits_hit")) and seconds[verdict.student] > 2 * usual
        if waits and not known[verdict.student].slow:
            print(
                f"SLOW {verdict.assignment} {verdict.student}: {seconds[verdict.student]:.0f} s, usual are {usual:.0f} s: slow = true in its expected.toml?"
            )


def is_answer(item: Known, exercise: ExerciseResult) -> bool:
    """Whether the student wrote something of their own for the exercise, in a notebook that can be read."""
    return item.status == "graded" and exercise.id in item.answered()


def row(item: Known, verdict: Verdict, exercise: ExerciseResult) -> dict[str, object]:
    """One answer of the bank: whether it is wrong, got what it must get, and was called by its name."""
    expected = item.expected_score(exercise)
    wrong = expected is not None and expected < exercise.max_points
    said = item.says.get(exercise.id)
    return {
        "assignment": verdict.assignment,
        "exercise": exercise.id,
        "wrong": wrong,
        "as_expected": exercise.score == expected,
        "named": None if not wrong or said is None else any(said == check.misconception for check in exercise.checks),
    }


def summary(group: pd.DataFrame) -> pd.Series:
    """One line of the matrix."""
    wrong, right = group[group["wrong"]], group[~group["wrong"]]
    return pd.Series(
        {
            "wrong": len(wrong),
            "caught": int(wrong["as_expected"].sum()),
            "right": len(right),
            "failed": int((~right["as_expected"]).sum()),
            "named": int((wrong["named"] == True).sum()),  # noqa: E712
        }
    )


if __name__ == "__main__":
    main()
