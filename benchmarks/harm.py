"""Does confinement harm honest work? The bank's right answers of every assignment, confined and with confinement off, verdict by verdict.

    make bench-harm
    python benchmarks/harm.py 01-compter-generer
    python benchmarks/harm.py --wrong-too                 honest mistakes as well

Only submissions that the bank calls honest run with confinement off, as the user that runs this: they are the course's own files. Everything in a
verdict counts (points, messages, values that are shown), except for the mark of how it was confined. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from coursegrader.bank import Known, load_bank
from coursegrader.build import build_release
from coursegrader.course import Assignment, Course, load_course
from coursegrader.demo import hand_in, make_class_folder
from coursegrader.grade import grade
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.terminal import progress_bar
from coursegrader.verdict import Verdict

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--wrong-too", action="store_true", help="honest answers that are wrong, too")
    options = parser.parse_args()
    mode, why = best_mode()
    if mode is Mode.NONE:
        sys.exit(f"this machine offers no isolation to compare with: {why}")
    folder = Path(tempfile.mkdtemp(prefix="harm-"))
    try:
        course = load_course(make_class_folder(ROOT, folder))
        chosen = [a for a in course.assignments if not options.assignments or a.id in options.assignments]
        honest, changed, full = 0, 0, 0
        for assignment in chosen:
            bank = load_bank(ROOT / "tests" / "submissions" / assignment.id)
            known = {item.label: item for item in bank if is_honest(item, options.wrong_too)}
            if known:
                confined, free = both_ways(course, assignment, known, mode)
                honest += len(known)
                full += sum(verdict.score == points(verdict) for verdict in confined.values())
                changed += sum(differs(label, confined, free) for label in known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"honest": honest, "changed": changed, "full_points": full, "mode": mode.value}))
    sys.exit(1 if changed or not honest else 0)


def is_honest(item: Known, wrong_too: bool) -> bool:
    """Whether a submission may run unconfined here: honest, and right in everything unless mistakes are asked for."""
    right = item.default == "full" and not item.score and not item.delete and not item.duplicate
    return item.honest and item.status == "graded" and (right or wrong_too)


def points(verdict: Verdict) -> float:
    """What the checks can give: written answers wait for their teacher."""
    return sum(exercise.max_points for exercise in verdict.exercises if not exercise.manual)


def both_ways(
    course: Course, assignment: Assignment, known: dict[str, Known], mode: Mode
) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """Each submission's verdict confined, and with confinement off."""
    build_release(course, assignment)
    hand_in(course, assignment, list(known.values()))
    found = []
    for how in (mode, Mode.NONE):
        with progress_bar(f"{assignment.id} {how.value}") as progress:
            run = grade(course, assignment.id, how, progress=progress)
        assert not run.faults, run.faults
        found.append({verdict.student: verdict for verdict in run.verdicts})
    return found[0], found[1]


def differs(label: str, confined: dict[str, Verdict], free: dict[str, Verdict]) -> bool:
    """Whether a verdict is another without walls; says so."""
    one, other = confined[label], replace(free[label], isolation=confined[label].isolation)
    if one.digest == other.digest:
        return False
    print(f"DIFFERS {one.assignment} {label}: {one.score} points confined, {other.score} unconfined")
    for exercise, twin in zip(one.exercises, other.exercises, strict=True):
        for check, same in zip(exercise.checks, twin.checks, strict=True):
            if check != same:
                print(f"    {exercise.id}, {check.name}: {check} against {same}")
    return True


if __name__ == "__main__":
    main()
