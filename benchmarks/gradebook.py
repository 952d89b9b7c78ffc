"""make bench-gradebook: frames, exports and the report of a very large class, and nbgrader's own export of the same database.

The class (10,000 students, 12 assignments, 8 exercises each) is written by bulk inserts into nbgrader's tables; nothing of it is cached. Each
step runs in a process of its own, whose peak of memory is the one that is told. nbgrader's export walks objects: it is measured on a part of the
assignments, and its time for all of them is worked out from two such parts, which are shown.

    python benchmarks/gradebook.py --before HEAD~3     the pages also by the code of that commit, beside today's
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT)]


def frames(root: Path) -> dict[str, float]:
    """Every frame that nbgrader's database gives, and the history."""
    from coursegrader.course import load_course
    from coursegrader.gradebook import Frames

    started = time.perf_counter()
    g = Frames(load_course(root, only=[]))
    rows = {
        name: float(len(getattr(g, name)))
        for name in ("students", "assignments", "exercises", "submissions", "history")
    }
    return {"seconds": time.perf_counter() - started, **rows}


def checks(root: Path) -> dict[str, float]:
    """The frame of checks, unpacked from every verdict."""
    from coursegrader.course import load_course
    from coursegrader.gradebook import Frames

    started = time.perf_counter()
    rows = len(Frames(load_course(root, only=[])).checks)
    return {"seconds": time.perf_counter() - started, "rows": float(rows)}


def export(root: Path) -> dict[str, float]:
    """What nbgrader's export writes (a row a student and assignment), and more: CSV and Parquet of the four frames, Moodle, Canvas, a workbook."""
    from coursegrader import export as to
    from coursegrader.course import load_course
    from coursegrader.export.files import write_csv_table
    from coursegrader.gradebook import Frames

    started, spent, last = time.perf_counter(), {}, time.perf_counter()
    course, folder = load_course(root, only=[]), root / "export"
    g = Frames(course)
    folder.mkdir(exist_ok=True)

    def lap(name: str) -> None:
        nonlocal last
        spent[name], last = time.perf_counter() - last, time.perf_counter()

    write_csv_table(g.submissions, folder / "submissions.csv")
    lap("submissions_csv")
    for name in ("students", "assignments", "exercises"):
        write_csv_table(getattr(g, name), folder / f"{name}.csv")
    lap("other_csv")
    for name in ("students", "assignments", "exercises", "submissions"):
        getattr(g, name).to_parquet(folder / f"{name}.parquet")
    lap("parquet")
    to.write_moodle(g, folder / "moodle.csv")
    to.write_canvas(g, folder / "canvas.csv")
    lap("platforms")
    to.write_workbook(course, g, folder / "notes.xlsx")
    lap("workbook")
    return {"seconds": time.perf_counter() - started, **spent}


def report(root: Path) -> dict[str, float]:
    """The class's page, as its teacher reads it."""
    from coursegrader.course import load_course
    from coursegrader.report import write_report

    started = time.perf_counter()
    written = write_report(load_course(root, only=[]), pages=False, feedback=False)
    return {"seconds": time.perf_counter() - started, "megabytes": written.page.stat().st_size / 1e6}


def pages(root: Path) -> dict[str, float]:
    """The class's page and a page for each student."""
    from coursegrader.course import load_course
    from coursegrader.report import write_report

    started = time.perf_counter()
    written = write_report(load_course(root, only=[]), feedback=False)
    changed = getattr(written, "changed", written.students)  # earlier code wrote all of them every time
    return {"seconds": time.perf_counter() - started, "students": float(written.students), "changed": float(changed)}


def nbgrader(root: Path, assignments: int) -> dict[str, float]:
    """nbgrader's own CSV export, of the first assignments."""
    from nbgrader.api import Gradebook
    from nbgrader.plugins import CsvExportPlugin

    from coursegrader.course import load_course

    course = load_course(root, only=[])
    started = time.perf_counter()
    plugin = CsvExportPlugin()
    plugin.to, plugin.assignment = str(root / "nbgrader.csv"), [a.id for a in course.assignments[:assignments]]
    with Gradebook(course.db_url, course.id) as gradebook:
        plugin.export(gradebook)
    rows = (root / "nbgrader.csv").read_text(encoding="utf-8").count("\n") - 1
    return {"seconds": time.perf_counter() - started, "rows": float(rows)}


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    f.__name__: f for f in (frames, checks, export, report, pages, nbgrader)
}


def main() -> int:
    """Make the class, run each step, print what it took, end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument(
        "--nbgrader-students", type=int, default=200, help="of the smaller class that nbgrader's export is measured on"
    )
    parser.add_argument(
        "--before", metavar="COMMIT", help="write the pages by the code of this commit too, side by side"
    )
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return _child(options.step, options.root, options.part)
    from gradebook_class import Size, make_class

    with tempfile.TemporaryDirectory(prefix="coursegrader-bench-") as folder:
        root, few = Path(folder) / "class", Path(folder) / "few"
        started = time.perf_counter()
        made = make_class(root, Size(options.students))
        print(
            f"{options.students} students, {int(made.handed_in.sum())} submissions made in {time.perf_counter() - started:.0f} s"
        )
        del made
        done = {name: _run(name, root) for name in ("frames", "checks", "export", "report")}
        if options.before:
            done["pages before"] = _run("pages", root, source=_source(options.before, Path(folder) / "before"))
            shutil.rmtree(root / "reports")
        done |= {"pages": _run("pages", root), "pages again": _run("pages", root)}
        for name, result in done.items():
            told = ", ".join(
                f"{key} {value:.2f}" for key, value in result.items() if key not in ("seconds", "peak_gb", "cpu_s")
            )
            print(
                f"{name:<13} {result['seconds']:7.2f} s  {result['cpu_s']:7.2f} s of processor  {result['peak_gb']:.2f} GB  {told}"
            )
        theirs = _nbgrader(few, options, Size, make_class)
    print(json.dumps(_summary(done, theirs, options.students)))
    return 0


def _nbgrader(root: Path, options: argparse.Namespace, size: Any, make: Any) -> dict[str, float]:
    """nbgrader's seconds a row (a student's assignment), on two sizes, so that its growth shows."""
    seconds = {}
    for students in (options.nbgrader_students // 2, options.nbgrader_students):
        own = root.with_name(f"{root.name}{students}")
        make(own, size(students), verdicts=False)
        result = _run("nbgrader", own, 12)
        seconds[students] = result["seconds"] / result["rows"]
        print(
            f"nbgrader's export of {students} students: {result['rows']:.0f} rows, {result['seconds']:.1f} s, {1000 * seconds[students]:.2f} ms a row"
        )
    return {
        "ms_a_row": 1000 * seconds[options.nbgrader_students],
        "ms_a_row_half": 1000 * seconds[options.nbgrader_students // 2],
    }


def _summary(done: dict[str, dict[str, float]], theirs: dict[str, float], students: int) -> dict[str, Any]:
    own = done["export"]["submissions_csv"]
    estimated = theirs["ms_a_row"] / 1000 * students * 12
    return {
        "students": students,
        "frames_s": round(done["frames"]["seconds"], 2),
        "checks_s": round(done["checks"]["seconds"], 2),
        "export_s": round(done["export"]["seconds"], 2),
        "report_s": round(done["report"]["seconds"], 2),
        "report_with_pages_s": round(done["pages"]["seconds"], 2),
        "report_again_s": round(done["pages again"]["seconds"], 2),
        **_pages_before(done),
        "peak_gb": round(max(result["peak_gb"] for result in done.values()), 2),
        "frames_peak_gb": round(done["frames"]["peak_gb"], 2),
        "ratio_nbgrader_export": round(estimated / own, 1),
        "nbgrader_export_s_estimated": round(estimated, 1),
        "nbgrader_ms_a_row": {"half": round(theirs["ms_a_row_half"], 2), "whole": round(theirs["ms_a_row"], 2)},
    }


def _pages_before(done: dict[str, dict[str, float]]) -> dict[str, Any]:
    """How much the pages alone, without the class's page, cost the processor then and now."""
    if "pages before" not in done:
        return {}
    before, now, again = (
        done[name]["cpu_s"] - done["report"]["cpu_s"] for name in ("pages before", "pages", "pages again")
    )
    return {
        "before_with_pages_s": round(done["pages before"]["seconds"], 2),
        "pages_cpu_s": {"before": round(before, 2), "now": round(now, 2), "again": round(again, 2)},
    }


def _source(commit: str, folder: Path) -> Path:
    """The package as it was at a commit."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder / "src"


def _run(step: str, root: Path, part: int | None = None, source: Path | None = None) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--root", str(root), *(["--part", str(part)] if part else [])]
    environment = {**os.environ, **({"PYTHONPATH": str(source)} if source else {})}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _child(step: str, root: Path, part: int | None) -> int:
    result = STEPS[step](root, part) if part else STEPS[step](root)
    own, forked = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    # the processor's own seconds beside the clock's: on a busy machine they tell what the step costs
    cpu = own.ru_utime + own.ru_stime + forked.ru_utime + forked.ru_stime
    print(json.dumps({**result, "peak_gb": max(own.ru_maxrss, forked.ru_maxrss) / 1024**2, "cpu_s": cpu}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
