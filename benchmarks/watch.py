"""From Submit to feedback on disk: thirty students at once, by nbgrader's own submit, into an exchange that a watcher serves.

    make bench-watch                     30 students of the light course of benchmarks/throughput_course
    python benchmarks/watch.py --students 12 --bank

The watcher is the command, running as a service does; students are threads that call nbgrader's ExchangeSubmit as JupyterLab's server extension
does: five one after another, then all at the same moment. A submission's time ends when its page is in the exchange's feedback folder.

The CPU time of the student's own cells and calls is told apart. In the light course it is some hundredths of a second, so what is measured
is ours; with `--bank`, the known submissions of assignment 01, it is seconds each, for which all others queue. Ends with one line of JSON:

    median_s, p95_s               of all at once: from the click to the page, less the student's own computing
    median_queue_s, p95_queue_s   less, besides, the computing of those who were graded before, shared by the cores: what no watcher can avoid
    median_total_s, p95_total_s   nothing subtracted
    alone_s                       one at a time: the median, less the student's own computing
    submit_s                      nbgrader's submit itself, a part of all of these: the median when all do it at once
    lost, graded_twice            of all that were handed in
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

HERE = Path(__file__).resolve().parent
LIGHT = HERE / "throughput_course"
sys.path[:0] = [str(HERE.parent), str(HERE), str(LIGHT)]

from answers import answers_of
from throughput import hand_in

from coursegrader.bank import load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import load_course
from coursegrader.demo import make_class_folder
from coursegrader.store import VerdictStore

ALONE = 5
BANK = "01-compter-generer"


@dataclass(frozen=True)
class Sent:
    """A submission: when its button was clicked and when submit was done (seconds since 1970), and its folder's name in the exchange."""

    clicked: float
    submitted: float
    name: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--workers", type=int, default=0, help="of the watcher (default: one a core)")
    parser.add_argument("--bank", action="store_true", help=f"the known submissions of {BANK}, heavy ones, instead")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-watch-"))
    work.chmod(0o755)
    course = prepare(work, options.bank)
    alone = [f"a{number}" for number in range(ALONE)]
    together = [f"s{number:02d}" for number in range(options.students)]
    homes = (bank_students if options.bank else light_students)(work, course, ["warm", *alone, *together])
    sent: dict[str, Sent] = {}
    with Service(course.root, work / "exchange", options.workers) as service:
        service.until("started", 1)
        for number, name in enumerate(
            ["warm", *alone], start=1
        ):  # the service has been up for a while when a class comes
            sent[name] = submit_one(work, course, name, homes[name])
            service.until("graded", number)
        sent |= submit_all(work, course, {name: homes[name] for name in together})
        service.until("graded", len(homes))
    times = measured(work, course, sent, service.events)
    report(course, times, alone, together, service.events, options.workers or os.cpu_count() or 1)
    shutil.rmtree(work, ignore_errors=True)


def prepare(work: Path, bank: bool) -> Any:
    """The course, of one assignment, in a folder of its own, released into an exchange of its own."""
    root = work / "course"
    if bank:
        make_class_folder(HERE.parent, root)
    else:
        shutil.copytree(LIGHT, root)
    exchange = work / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (root / "course_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\nc.ExchangeCollect.check_owner = False\n")
        file.write('COURSE["policy"] = {"feedback": "at once"}\n')
    course = load_course(root, only=[BANK] if bank else None)
    build_release(course, course.assignments[0])
    run_exchange("ReleaseAssignment", work, course, root)
    return course


def light_students(work: Path, course: Any, names: list[str]) -> dict[str, Path]:
    """Homes with the light assignment in them, answered rightly and wrongly, each in another mixture."""
    assignment = course.assignments[0].id
    release = course.release_dir(assignment)
    notebook = nbformat.read(release / f"{assignment}.ipynb", as_version=4)
    hand_in(work / "written", notebook, {name: answers_of(number)[0] for number, name in enumerate(names)})
    homes = {}
    for name in names:
        homes[name] = work / "homes" / name
        shutil.copytree(release, homes[name] / assignment)
        shutil.copy(
            work / "written" / "submitted" / name / assignment / f"{assignment}.ipynb", homes[name] / assignment
        )
    return homes


def bank_students(work: Path, course: Any, names: list[str]) -> dict[str, Path]:
    """Homes with assignment 01 in them: the known submissions that end by themselves, right and wrong ones in turn."""
    released = course.release_dir(BANK)
    release = json.loads((released / f"{BANK}.ipynb").read_text(encoding="utf-8"))
    solutions = solutions_of(build_source(course, course.assignment(BANK)))
    bank = load_bank(HERE.parent / "tests" / "submissions" / BANK)
    known = [k for k in bank if k.label.startswith(("right", "wrong"))]
    homes = {}
    for number, name in enumerate(names):
        homes[name] = work / "homes" / name
        shutil.copytree(released, homes[name] / BANK)
        (homes[name] / BANK / f"{BANK}.ipynb").write_bytes(known[number % len(known)].notebook(release, solutions))
    return homes


def run_exchange(door: str, work: Path, course: Any, root: Path, student: str = "*") -> Any:
    """One of nbgrader's exchange classes, in a folder."""
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory
    from traitlets.config import Config

    config: Any = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = course.id
    config.CourseDirectory.assignment_id = course.assignments[0].id
    config.CourseDirectory.student_id = student
    config.Exchange.root = str(work / "exchange")
    config.Exchange.assignment_dir = str(root)
    config.Exchange.cache = str(root / ".cache")
    made = getattr(ExchangeFactory(config=config), door)(
        coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
    )
    made.start()
    return made


def submit_one(work: Path, course: Any, name: str, home: Path) -> Sent:
    """Submit."""
    clicked = time.time()
    made = run_exchange("Submit", work, course, home, name)
    return Sent(clicked, time.time(), str(made.assignment_filename))


def submit_all(work: Path, course: Any, homes: dict[str, Path]) -> dict[str, Sent]:
    """Everybody presses Submit at the same moment."""
    gate = threading.Barrier(len(homes))
    sent: dict[str, Sent] = {}

    def student(name: str, home: Path) -> None:
        gate.wait()
        sent[name] = submit_one(work, course, name, home)

    threads = [threading.Thread(target=student, args=item) for item in homes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def when_released(work: Path, course: Any, names: Iterable[str]) -> dict[str, float]:
    """When each page was written, by the disk's own clock."""
    from nbgrader.utils import notebook_hash

    found = {}
    folder = work / "exchange" / course.id
    for inbound in (folder / "inbound").iterdir():
        name = inbound.name.partition("+")[0]
        secret = (inbound / "submission_secret.txt").read_text(encoding="utf-8")
        page = folder / "feedback" / f"{notebook_hash(secret=secret, notebook_id=course.assignments[0].id)}.html"
        if name in names and page.is_file():
            found[name] = page.stat().st_mtime
    return found


def measured(work: Path, course: Any, sent: dict[str, Sent], events: list[dict[str, Any]]) -> pd.DataFrame:
    """Seconds of each submission, by student: in all, of nbgrader's submit, and of the student's own computing."""
    pages = when_released(work, course, sent)
    own = {event["student"]: event["data"]["student_seconds"] for event in events if event["kind"] == "graded"}
    times = pd.DataFrame(
        {
            "released": pd.Series(pages, dtype=float),
            "clicked": pd.Series({name: one.clicked for name, one in sent.items()}),
            "submit_s": pd.Series({name: one.submitted - one.clicked for name, one in sent.items()}),
            "student_s": pd.Series(own, dtype=float),
        }
    )
    times["total_s"] = times["released"] - times["clicked"]
    times["above_s"] = times["total_s"] - times["student_s"]
    return times


def report(
    course: Any,
    times: pd.DataFrame,
    alone: list[str],
    together: list[str],
    events: list[dict[str, Any]],
    workers: int,
) -> None:
    """Print what was measured."""
    crowd = times.loc[together].sort_values("released")
    before = crowd["student_s"].cumsum() - crowd["student_s"]
    crowd["queue_s"] = crowd["above_s"] - before / min(workers, os.cpu_count() or 1)
    columns = ["total_s", "submit_s", "student_s", "above_s", "queue_s"]
    print(f"{len(alone)} one after another")
    print(times.loc[alone, columns[:4]].describe(percentiles=[0.5]).round(3).to_string())
    print(f"\n{len(together)} at once")
    print(crowd[columns].describe(percentiles=[0.5, 0.95]).round(3).to_string())
    graded = [event["name"] for event in events if event["kind"] == "graded"]
    with VerdictStore(course.root / "verdicts.db") as store:
        twice = sum(len(list(store.history(name, course.assignments[0].id))) > 1 for name in times.index)
    lost = times.index[times[["released", "student_s"]].isna().any(axis=1)]
    shown = {"": "above_s", "_queue": "queue_s", "_total": "total_s"}
    result: dict[str, Any] = {}
    for label, column in shown.items():
        result[f"median{label}_s"] = round(float(crowd[column].median()), 2)
        result[f"p95{label}_s"] = round(float(crowd[column].quantile(0.95)), 2)
    result |= {
        "alone_s": round(float(times.loc[alone, "above_s"].median()), 2),
        "submit_s": round(float(crowd["submit_s"].median()), 2),
        "student_s": round(float(crowd["student_s"].median()), 2),
        "lost": len(lost),
        "graded_twice": twice + len(graded) - len(set(graded)),
        "students": len(together),
        "cores": os.cpu_count(),
    }
    print(json.dumps(result))
    sys.exit(1 if len(lost) or result["graded_twice"] else 0)


class Service:
    """The command, running."""

    def __init__(self, root: Path, exchange: Path, workers: int) -> None:
        command = [sys.executable, "-m", "coursegrader.cli", "watch", "--json-lines", "--root", str(root)]
        command += ["--exchange", str(exchange), "--workers", str(workers)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def until(self, kind: str, count: int) -> None:
        """Wait for so many events of a kind."""
        with self._news:
            enough = self._news.wait_for(lambda: sum(e["kind"] == kind for e in self.events) >= count, 240)
        if not enough:
            print("\n".join(map(str, self.events)), file=sys.stderr)
            raise SystemExit(f"the watcher did not tell {count} times {kind!r} within four minutes")

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)


if __name__ == "__main__":
    main()
