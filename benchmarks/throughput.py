"""The same submissions through stock nbgrader, through otter and through coursegrader, side by side in one run.

    make bench-throughput                  60 submissions
    python benchmarks/throughput.py --submissions 12 --otter .venv-bench/bin/python

Five one-point torch exercises; every grader runs the same notebooks and the same comparisons, and the grades must be equal. nbgrader and
coursegrader are timed as their commands, start included; otter in a process that has it imported. Ours takes seconds where the others take
minutes, and a machine does not run evenly: it is run before, between and after them, each time from nothing, and the mean counts. Memory is
sampled in a run of its own, for sampling takes time. Ends with one line of JSON:

    ratio_nbgrader, ratio_otter    their seconds a submission over ours
    overhead_ms                    a submission's way through our stages without the student's own computing, median, with one submission in flight:
                                   nobody else's computing is waited for
    overhead_shared_ms             the same with every core at work, the waiting for other submissions included
    private_mb                     memory of its own (10^6 bytes) of the largest submission in flight, snapshots included
    commit_ms                      a small transaction of SQLite on this disk, median of 20
    grades_equal                   every grader gave every student the points that the answers deserve
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

HERE = Path(__file__).resolve().parent
COURSE = HERE / "throughput_course"
sys.path[:0] = [str(COURSE), str(HERE)]
BIN = Path(sys.executable).parent
STAGES = ["read", "fork", "confine", "cells", "checks", "page", "record"]
NAMES = [*STAGES, "student_cpu"]
POINTS = ("count_matrix", "normalize", "one_hot", "cross_entropy", "train")
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=60)
    parser.add_argument(
        "--otter",
        type=lambda text: Path(text).absolute(),
        default=None,
        help="Python of an environment with otter-grader (left out: not measured)",
    )
    parser.add_argument("--only-ours", action="store_true", help="leave the others out: quick, and no ratios")
    options = parser.parse_args()
    from answers import answers_of
    from memory import private_mb

    work = Path(tempfile.mkdtemp(prefix="throughput-"))
    work.chmod(0o755)
    students = {f"s{number:03d}": answers_of(number) for number in range(options.submissions)}
    deserved = {student: grades for student, (_, grades) in students.items()}
    written = {student: answers for student, (answers, _) in students.items()}
    print(f"{len(students)} submissions of five exercises; working in {work}", flush=True)

    ours, seconds, grades, timings = side_by_side(work, written, options)
    stages = timings[NAMES].quantile([0.5, 0.95]).T.set_axis(["median", "p95"], axis=1)
    alone = timings_of(verdicts_of(grading(ours, "--force", "--workers", "1")))
    stages.insert(0, "alone", alone[NAMES].median())
    stages.loc["start"] = start_seconds(ours, min(written))
    memory = private_mb(grading(ours, "--force"), ENVIRONMENT)
    equal = all_deserved(grades, deserved)
    per = {grader: total / len(students) for grader, total in seconds.items()}
    print("\nseconds a submission, start included")
    print(pd.Series(per).round(3).to_string())
    print(
        "\nmilliseconds by stage of one submission: one in flight; with every core at work (start: of a run, whatever the number)"
    )
    print((1000 * stages).round(1).to_string())
    overhead = (1000 * (stages.loc[STAGES].sum() - stages.loc["student_cpu"])).round(1)
    result = {
        "ratio_nbgrader": round(per["nbgrader"] / per["coursegrader"], 1) if "nbgrader" in per else None,
        "ratio_otter": round(per["otter"] / per["coursegrader"], 1) if "otter" in per else None,
        "overhead_ms": overhead["alone"],
        "overhead_shared_ms": overhead["median"],
        "private_mb": round(memory, 1) if memory is not None else None,
        "grades_equal": equal,
        "commit_ms": commit_ms(work),
    }
    print(f"of record, {result['commit_ms']} ms are a transaction of SQLite on this disk")
    shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(result))
    sys.exit(0 if equal else 1)


def side_by_side(
    work: Path, written: dict[str, dict[str, str]], options: argparse.Namespace
) -> tuple[Path, dict[str, float], dict[str, dict[str, dict[str, int]]], pd.DataFrame]:
    """Every grader on the same answers, ours before, between and after the others.

    Returns:
        A folder that we have graded; wall seconds by grader, the mean of ours; grades by run; the seconds of our stages, a row a submission.
    """
    seconds: dict[str, float] = {}
    grades: dict[str, dict[str, dict[str, int]]] = {}
    rounds: list[tuple[float, pd.DataFrame]] = []

    def run_ours() -> Path:
        root = work / f"ours-{len(rounds)}"
        found, taken, timings = run_coursegrader(root, written)
        grades[f"coursegrader, run {len(rounds) + 1}"] = found
        rounds.append((taken, timings))
        print(f"coursegrader {taken:8.1f} s", flush=True)
        return root

    ours = run_ours()
    if not options.only_ours:
        grades["nbgrader"], seconds["nbgrader"] = run_nbgrader(work / "stock", ours, written)
        print(f"nbgrader     {seconds['nbgrader']:8.1f} s", flush=True)
    run_ours()
    if options.otter is not None and not options.only_ours:
        grades["otter"], seconds["otter"] = run_otter(work / "otter", work / "stock", options.otter, list(written))
        print(f"otter        {seconds['otter']:8.1f} s", flush=True)
    run_ours()
    seconds["coursegrader"] = sum(taken for taken, _ in rounds) / len(rounds)
    return ours, seconds, grades, pd.concat([timings for _, timings in rounds])


def all_deserved(grades: dict[str, dict[str, dict[str, int]]], deserved: dict[str, dict[str, int]]) -> bool:
    """Whether every run gave every student what the answers deserve; where one did not, it is said."""
    for grader, found in grades.items():
        wrong = [student for student in deserved if found.get(student) != deserved[student]]
        if wrong:
            print(
                f"{grader}: {len(wrong)} grades are not the deserved ones, first {wrong[0]}: {found.get(wrong[0])} {deserved[wrong[0]]}"
            )
    return all(found == deserved for found in grades.values())


def commit_ms(folder: Path) -> float:
    """Milliseconds of one small transaction of SQLite as nbgrader opens it, median: the part of "record" that is the disk's."""
    taken = []
    with closing(sqlite3.connect(folder / "commit.db")) as db:
        db.execute("CREATE TABLE small (value TEXT)")
        for _ in range(20):
            db.execute("INSERT INTO small VALUES (?)", ("x" * 4096,))
            started = time.perf_counter()
            db.commit()
            taken.append(time.perf_counter() - started)
    return round(1000 * sorted(taken)[10], 1)


def run_coursegrader(
    root: Path, written: dict[str, dict[str, str]]
) -> tuple[dict[str, dict[str, int]], float, pd.DataFrame]:
    """Grades, wall seconds of `coursegrader grade` in a folder where nothing was graded before, and the seconds of its stages, a row a submission."""
    from coursegrader.build import build_release
    from coursegrader.course import load_course

    shutil.copytree(COURSE, root)
    course = load_course(root)
    build_release(course, course.assignments[0])
    release = nbformat.read(root / "release" / "bench" / "bench.ipynb", as_version=4)
    hand_in(root, release, written)
    started = time.perf_counter()
    verdicts = verdicts_of(grading(root))
    seconds = time.perf_counter() - started
    grades = {
        v["student"]: {e["id"]: int(sum(c["points"] for c in e["checks"] if c["passed"])) for e in v["exercises"]}
        for v in verdicts
    }
    return grades, seconds, timings_of(verdicts)


def verdicts_of(command: list[object]) -> list[dict[str, Any]]:
    """What our command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return [json.loads(line) for line in done.stdout.splitlines()]


def timings_of(verdicts: list[dict[str, Any]]) -> pd.DataFrame:
    """Seconds by stage, a row a submission."""
    timings = pd.DataFrame([v["timing"] for v in verdicts])
    timings["confine"] = timings["spawn"] - timings["fork"]
    return timings


def start_seconds(root: Path, student: str) -> float:
    """Wall seconds of our command for one submission, without what is its own: start and end, whatever the number."""
    started = time.perf_counter()
    (verdict,) = verdicts_of(grading(root, "--force", "--student", student))
    seconds = time.perf_counter() - started
    timing = verdict["timing"]
    return seconds - float(timing["total"]) - float(timing["record"])


def grading(root: Path, *more: str) -> list[object]:
    """Our command."""
    return [BIN / "coursegrader", "grade", "bench", "--json", "--root", root, *more]


def run_nbgrader(root: Path, ours: Path, written: dict[str, dict[str, str]]) -> tuple[dict[str, dict[str, int]], float]:
    """Grades and wall seconds of stock `nbgrader autograde` on the same notebooks, its tests hidden in the grade cells."""
    from nbgrader.api import Gradebook

    source = nbformat.read(ours / "source" / "bench" / "bench.ipynb", as_version=4)
    for cell in source.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            test = stand_alone_test(cell.metadata.nbgrader.grade_id)
            cell.source = f"### BEGIN HIDDEN TESTS\n{test}### END HIDDEN TESTS"
    (root / "source" / "bench").mkdir(parents=True)
    nbformat.write(source, root / "source" / "bench" / "bench.ipynb")
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    run([BIN / "nbgrader", "generate_assignment", "bench"], root)
    hand_in(root, nbformat.read(root / "release" / "bench" / "bench.ipynb", as_version=4), written)
    started = time.perf_counter()
    run([BIN / "nbgrader", "autograde", "bench"], root)
    seconds = time.perf_counter() - started
    grades: dict[str, dict[str, int]] = {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "bench") as gradebook:
        for submission in gradebook.assignment_submissions("bench"):
            grades[submission.student.id] = {
                g.name: int(g.auto_score or 0) for n in submission.notebooks for g in n.grades
            }
    return grades, seconds


def run_otter(root: Path, stock: Path, python: Path, students: list[str]) -> tuple[dict[str, dict[str, int]], float]:
    """Grades and wall seconds of otter, in process, on the notebooks that nbgrader had."""
    tests = root / "tests"
    tests.mkdir(parents=True)
    for name in POINTS:
        body = "\n".join(f"    {line}" for line in stand_alone_test(name).splitlines())
        (tests / f"{name}.py").write_text(
            f"import torch\nfrom otter.test_files import test_case\n\nOK_FORMAT = False\nname = {name!r}\npoints = 1\n\n\n"
            f"@test_case(points=1, hidden=True)\ndef test_it({name}):\n{body}\n"
        )
    environment = {**ENVIRONMENT, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [python, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements"],
        cwd=root, check=True, capture_output=True, env=environment,
    )  # fmt: skip
    done = subprocess.run(
        [python, HERE / "throughput_otter.py", root / "autograder.zip", stock / "submitted", *students],
        cwd=root, check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    result = json.loads(done.stdout.splitlines()[-1])
    return result["grades"], result["seconds"]


def stand_alone_test(exercise: str) -> str:
    """The hidden check of an exercise as bare asserts, for graders whose tests run beside the answer."""
    text = (COURSE / "grading_tests" / "bench" / f"test_{exercise}.py").read_text()
    body = text.split("(student):\n")[1]
    body = re.sub(r"^    ", "", body, flags=re.MULTILINE).replace("student.", "")
    compare = (
        "got = torch.as_tensor(got).double()\nassert got.shape == expected.shape\n"
        "assert torch.allclose(got, expected.double(), rtol=1e-3, atol=1e-4)\n"
    )
    return re.sub(r"expect\.close\(.*\)\n", compare, body)


def hand_in(root: Path, release: nbformat.NotebookNode, written: dict[str, dict[str, str]]) -> None:
    """Every student's notebook: the release with their answers."""
    for student, answers in written.items():
        notebook = nbformat.from_dict(release)
        notebook.cells = [nbformat.from_dict(cell) for cell in release.cells]
        for cell in notebook.cells:
            exercise = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-solution")
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answers[exercise]
        folder = root / "submitted" / student / "bench"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "bench.ipynb")


def run(command: list[object], cwd: Path) -> None:
    """Run a command quietly; what it printed is shown when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        raise SystemExit(f"{command[0]} failed")


if __name__ == "__main__":
    main()
