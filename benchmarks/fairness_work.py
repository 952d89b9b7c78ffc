"""What a class of the fairness benchmark hands in: honest notebooks of a small course or of a real assignment, and hostile ones."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from known import known_notebooks

from coursegrader.build import build_release
from coursegrader.course import Course, load_course
from coursegrader.demo import make_class_folder
from tests.pipeline.small_course import NAME, Class, solution_of, write_config, write_course

HERE = Path(__file__).resolve().parent
Notebook = dict[str, Any]

HONEST: tuple[dict[str, Any], ...] = (
    {},
    {"double": "def double(v):\n    return v"},
    {"total": None},
    {"total": "def total(values):\n    return float(torch.tensor([float(v) for v in values]).double().sum())"},
    {"Tally": "x ="},
)
# In the place of an answer; {name} is the exercise's.
HOSTILE = (
    "def {name}(*args, **more):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "hog = []\nwhile True:\n    try: hog.append(bytearray(1 << 24))\n    except BaseException: pass",
    "while True:\n    try: print('x' * 10**6)\n    except BaseException: pass",
    "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        while True: pass\ntime.sleep(60)",
    "def {name}(*args, **more):\n    import time\n    time.sleep(60)",
)


@dataclass(frozen=True)
class Work:
    """A built course and the notebooks that its students hand in, in turn."""

    root: Path
    assignment: str
    honest: Sequence[Notebook]
    hostile: Sequence[Notebook]


def small_work(root: Path) -> Work:
    """The small course of the tests, of which a submission takes a tenth of a second."""
    klass = Class(write_course(root))
    write_config(root, cell_seconds=5.0, call_seconds=5.0)
    build_release(load_course(root), NAME)
    return Work(root, NAME, [klass.notebook(**answers) for answers in HONEST], _hostile(klass.notebook()))


def known_work(root: Path, assignment: str) -> Work:
    """An assignment of the course: its known submissions that are honest and end by themselves."""
    make_class_folder(HERE.parent, root)
    course = load_course(root)
    build_release(course, course.assignment(assignment))
    path = course.release_dir(assignment) / f"{assignment}.ipynb"
    release = json.loads(path.read_text(encoding="utf-8"))
    known = known_notebooks(course, assignment, release)
    return Work(root, assignment, list(known.values()), _hostile(known["reference"]))


def _hostile(right: Notebook) -> list[Notebook]:
    """The right notebook with one answer replaced: each kind of harm at the place of every exercise."""
    found = []
    for position, cell in enumerate(right["cells"]):
        if cell["cell_type"] == "code" and (name := solution_of(cell)):
            for source in HOSTILE:
                notebook = copy.deepcopy(right)
                notebook["cells"][position]["source"] = source.format(name=name)
                found.append(notebook)
    random.Random(11).shuffle(found)
    return found


class Classes:
    """Makes classes that nobody has graded yet: what an earlier run knows would put the quick ones first.

    Attributes:
        honest, hostile: the students' ids. In the order of names there is one hostile among any eleven.
    """

    def __init__(self, work: Work, honest: int) -> None:
        self.work, self._made = work, 0
        everybody = range(honest * 11 // 10)
        # one among every eleven names: of a free draw, which may put most of them into the first half, quantiles would tell the luck
        rng = random.Random(7)
        places = {first + rng.randrange(11) for first in everybody[: honest // 10 * 11 : 11]}
        self.honest = [f"s{position:06d}" for position in everybody if position not in places]
        self.hostile = [f"s{position:06d}" for position in sorted(places)]

    def new(self, hostile: bool) -> Course:
        """A course with the honest ones' work handed in, and the hostile ones' if asked."""
        self._made += 1
        root = self.work.root.with_name(str(self._made))
        shutil.copytree(self.work.root, root)
        self._hand_in(root, self.honest, self.work.honest)
        if hostile:
            self._hand_in(root, self.hostile, self.work.hostile)
        return load_course(root, only=[])

    def _hand_in(self, root: Path, students: Sequence[str], notebooks: Sequence[Mapping[str, Any]]) -> None:
        for number, student in enumerate(students):
            notebook = copy.deepcopy(dict(notebooks[number % len(notebooks)]))
            last = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][-1]
            last["source"] = "".join(last["source"]) + f"\n# {student}"  # nobody hands in the bytes of another
            folder = root / "submitted" / student / self.work.assignment
            folder.mkdir(parents=True)
            (folder / f"{self.work.assignment}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
