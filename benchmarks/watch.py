"""From Submit to feedback on disk: thirty students at once, by nbgrader's own submit, into an exchange that a watcher serves.

    make bench-watch
    python benchmarks/watch.py --students 30

The watcher is the command, running as a service does; students are threads that call nbgrader's ExchangeSubmit as JupyterLab's server extension
does, all at the same moment. A submission's time ends when its page is in the exchange's feedback folder. The CPU time of the student's
own cells is told apart and subtracted (`student_s`). Ends with one line of JSON.
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
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from coursegrader.bank import load_bank, solutions_of
from coursegrader.build import build_release, build_source
from coursegrader.course import load_course
from coursegrader.demo import make_class_folder
from coursegrader.store import VerdictStore

ASSIGNMENT = "01-compter-generer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--workers", type=int, default=0, help="of the watcher (default: one a core)")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-watch-"))
    work.chmod(0o755)
    course = prepare(work)
    homes = students(work, course, options.students)
    with Service(course.root, work / "exchange", options.workers) as service:
        service.until("started", 1)
        submit_one(work, course.id, "warm", homes["warm"])  # the service has been up for a while when a class comes
        service.until("graded", 1)
        names = [name for name in homes if name != "warm"]
        sent = submit_all(work, course.id, {name: homes[name] for name in names})
        service.until("graded", 1 + len(names))
        pages = when_released(work, course.id, names)
    report(course, names, sent, pages, service.events)
    shutil.rmtree(work, ignore_errors=True)


def prepare(work: Path) -> Any:
    """The course in a folder of its own, released into an exchange of its own."""
    root = make_class_folder(HERE.parent, work / "course")
    exchange = work / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (root / "course_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\nc.ExchangeCollect.check_owner = False\n")
        file.write('COURSE["policy"] = {"feedback": "at once"}\n')
    course = load_course(root, only=[ASSIGNMENT])
    build_release(course, ASSIGNMENT)
    run_exchange("ReleaseAssignment", work, course.id, root)
    return course


def students(work: Path, course: Any, count: int) -> dict[str, Path]:
    """Homes with the assignment in them: the known submissions that end by themselves, right and wrong ones in turn."""
    release = json.loads((course.release_dir(ASSIGNMENT) / f"{ASSIGNMENT}.ipynb").read_text(encoding="utf-8"))
    solutions = solutions_of(build_source(course, course.assignment(ASSIGNMENT)))
    known = [
        k
        for k in load_bank(HERE.parent / "tests" / "submissions" / ASSIGNMENT)
        if k.label.startswith(("right", "wrong"))
    ]
    homes = {}
    for number in range(count + 1):
        name = f"s{number:02d}" if number < count else "warm"
        folder = work / "homes" / name / ASSIGNMENT
        shutil.copytree(course.release_dir(ASSIGNMENT), folder)
        (folder / f"{ASSIGNMENT}.ipynb").write_bytes(known[number % len(known)].notebook(release, solutions))
        homes[name] = folder.parent
    return homes


def run_exchange(door: str, work: Path, course_id: str, root: Path, student: str = "*") -> Any:
    """One of nbgrader's exchange classes, in a folder."""
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory
    from traitlets.config import Config

    config: Any = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = course_id
    config.CourseDirectory.assignment_id = ASSIGNMENT
    config.CourseDirectory.student_id = student
    config.Exchange.root = str(work / "exchange")
    config.Exchange.assignment_dir = str(root)
    config.Exchange.cache = str(root / ".cache")
    made = getattr(ExchangeFactory(config=config), door)(
        coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
    )
    made.start()
    return made


def submit_one(work: Path, course_id: str, name: str, home: Path) -> tuple[float, str]:
    """Submit; when the click was (seconds since 1970), and the folder's name in the exchange."""
    clicked = time.time()
    made = run_exchange("Submit", work, course_id, home, name)
    return clicked, str(made.assignment_filename)


def submit_all(work: Path, course_id: str, homes: dict[str, Path]) -> dict[str, tuple[float, str]]:
    """Everybody presses Submit at the same moment."""
    gate = threading.Barrier(len(homes))
    sent: dict[str, tuple[float, str]] = {}

    def student(name: str, home: Path) -> None:
        gate.wait()
        sent[name] = submit_one(work, course_id, name, home)

    threads = [threading.Thread(target=student, args=item) for item in homes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def when_released(work: Path, course_id: str, names: list[str]) -> dict[str, float]:
    """When each page was written, by the disk's own clock."""
    from nbgrader.utils import notebook_hash

    found = {}
    folder = work / "exchange" / course_id
    for inbound in (folder / "inbound").iterdir():
        name = inbound.name.partition("+")[0]
        secret = (inbound / "submission_secret.txt").read_text(encoding="utf-8")
        page = folder / "feedback" / f"{notebook_hash(secret=secret, notebook_id=ASSIGNMENT)}.html"
        if name in names and page.is_file():
            found[name] = page.stat().st_mtime
    return found


def report(
    course: Any,
    names: list[str],
    sent: dict[str, tuple[float, str]],
    pages: dict[str, float],
    events: list[dict[str, Any]],
) -> None:
    """Print what was measured."""
    graded = [event for event in events if event["kind"] == "graded" and event["student"] in names]
    own = {event["student"]: event["data"]["student_seconds"] for event in graded}
    times = pd.DataFrame({"total_s": {n: pages[n] - sent[n][0] for n in names if n in pages}, "student_s": own})
    times["above_s"] = times["total_s"] - times["student_s"]
    print(times.describe(percentiles=[0.5, 0.95]).round(2).to_string())
    with VerdictStore(course.root / "verdicts.db") as store:
        twice = sum(len(list(store.history(name, ASSIGNMENT))) > 1 for name in names)
    lost = [name for name in names if name not in pages or name not in own]
    result = {
        "median_s": round(float(times["above_s"].median()), 2),
        "p95_s": round(float(times["above_s"].quantile(0.95)), 2),
        "median_total_s": round(float(times["total_s"].median()), 2),
        "p95_total_s": round(float(times["total_s"].quantile(0.95)), 2),
        "lost": len(lost),
        "graded_twice": twice + len(graded) - len({event["name"] for event in graded}),
        "students": len(names),
        "cores": os.cpu_count(),
    }
    print(json.dumps(result))
    sys.exit(1 if lost or result["graded_twice"] else 0)


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
