"""`coursegrader grade`: grade what was submitted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursegrader.commands import add_command, grading, isolation
from coursegrader.course import Course, load_course
from coursegrader.course.mistakes import did_you_mean
from coursegrader.terminal import progress_bar, table_of, verdict_row
from coursegrader.verdict import Verdict

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from coursegrader.cluster import Scheduler
    from coursegrader.grade import Run
    from coursegrader.sandbox.confinement import Mode


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader grade 01-compter-generer                     everybody who is not graded yet\n"
        "  coursegrader grade 01-compter-generer --student marley    one student\n"
        "  coursegrader grade 01-compter-generer --force --workers 2\n"
        "  coursegrader grade 01-compter-generer --scheduler tcp://grader.example:8786\n"
        "\n"
        "Submissions lie in submitted/<student>/<assignment>/, as `nbgrader collect` or `nbgrader zip_collect` puts them."
    )
    parser = add_command(
        commands, "grade", "run submissions in the sandbox, check them, write grades and feedback", example
    )
    grading.add_options(parser)
    parser.add_argument("--force", action="store_true", help="grade again what has not changed")
    parser.add_argument("--json", action="store_true", help="verdicts as JSON lines on standard output")
    cluster = parser.add_argument_group("on a Dask cluster (docs/scale.md)")
    cluster.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help='tcp://host:8786, tls://host:8786, or "local" for processes here (default: COURSE["scheduler"], else local)',
    )
    for name, what in (("ca", "authority"), ("cert", "certificate"), ("key", "key")):
        cluster.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"{what} for tls://, a PEM file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade, show progress, and sum up."""
    from coursegrader.cluster import scheduler_of
    from coursegrader.start_up import quick_imports, start_warm_parent

    course = load_course(options.root, only=[options.assignment])
    scheduler = scheduler_of(course, options.scheduler, options.tls_ca, options.tls_cert, options.tls_key)
    if scheduler is None:
        start_warm_parent(course, options.assignment, confined=not options.no_isolation)
    with quick_imports():
        from coursegrader.grade import grade

    mode = isolation.chosen_mode(options) if scheduler is None else isolation.wanted_mode(options)
    seen = _Seen(options.json)
    with (
        _executor(scheduler, course, options.assignment, mode) as executor,
        progress_bar("grading", quiet=options.json) as progress,
    ):
        done = grade(
            course,
            options.assignment,
            mode,
            students=options.student,
            force=options.force,
            workers=options.workers,
            executor=executor,
            progress=progress,
            each=seen.take,
        )
    if options.json:
        for student, fault in done.faults.items():
            print(json.dumps({"student": student, "status": "fault", "reason": fault}, ensure_ascii=False))
    else:
        _sum_up(course, options.assignment, done, seen, everybody=not options.student)
    grading.refresh_figures(course, seen.graded, [options.assignment])
    absent = set(options.student or ()) - seen.students - set(done.faults)
    for line in _why_absent(course, options.assignment, sorted(absent)):
        print(line, file=sys.stderr)
    return 1 if done.faults or absent else 0


class _Seen:
    """What is remembered of each verdict: a line of the table, no more, so that memory does not grow with verdicts."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self.rows: list[dict[str, str]] = []
        self.students: set[str] = set()
        self.graded: set[str] = set()

    def take(self, verdict: Verdict, new: bool) -> None:
        self.students.add(verdict.student)
        if new:
            self.graded.add(verdict.student)
        if self._json:
            print(verdict.to_json())
        elif new:
            self.rows.append(verdict_row(verdict))


@contextmanager
def _executor(scheduler: Scheduler | None, course: Course, assignment: str, mode: Mode) -> Iterator[Executor | None]:
    """The cluster where one is named; None for processes on this machine."""
    if scheduler is None:
        yield None
        return
    from coursegrader.cluster import ClusterExecutor

    with ClusterExecutor(scheduler, course, assignment, mode, say=_say) as executor:
        yield executor


def _say(line: str) -> None:
    """A line above the progress bar."""
    print(f"coursegrader: {line}", file=sys.stderr, flush=True)


def _why_absent(course: Course, assignment: str, students: Sequence[str]) -> Iterator[str]:
    """Of students who were asked for and have no submission: whether they are unknown, or have handed in nothing."""
    if not students:
        return
    from coursegrader.gradebook import Frames

    submitted = course.root / "submitted"
    listed = {path.name for path in submitted.iterdir()} if submitted.is_dir() else set()
    known = sorted({*Frames(course).students["student"], *listed})
    for student in students:
        if student in known:
            place = submitted / student / assignment
            yield f"{student}: has handed in nothing for {assignment}: there is no {place}"
        else:
            yield f"{student}: is neither in the class list nor in submitted/. {did_you_mean(student, known)}"


def _sum_up(course: Course, assignment: str, done: Run, seen: _Seen, *, everybody: bool) -> None:
    if not done.counts.total and everybody:
        print(f"No submission of {assignment} in {course.root / 'submitted'}.")
    rows = sorted(seen.rows, key=lambda row: row["student"])
    if rows:
        print(table_of(rows))
        print(f"feedback: {course.root / 'feedback' / rows[0]['student'] / assignment / assignment}.html")
    if done.counts.unchanged:
        print(f"{done.counts.unchanged} unchanged since they were graded; --force grades them again.")
    for student, fault in done.faults.items():
        print(f"{student}: not graded, the machine failed: {fault}", file=sys.stderr)
