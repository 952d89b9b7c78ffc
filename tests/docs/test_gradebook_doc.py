"""The ten answers of docs/gradebook.md are run as they stand there and compared with what was put into the class."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader.gradebook import Frames

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    return make_class(tmp_path_factory.mktemp("docs") / "course", Size(40, 3, 2))


def questions() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "gradebook.md").read_text(encoding="utf-8")
    part = text.partition("## Ten questions")[2].partition("\n## ")[0]
    return re.findall(r"### (.+?)\n\n```python\n(.+?)```", part, re.DOTALL)


def run(made: MadeClass, number: int) -> Any:
    code = questions()[number][1]
    assert len(code.strip().splitlines()) == 3
    names: dict[str, Any] = {"g": Frames(made.course)}
    exec(code, names)
    return names["answer"]


def percent(made: MadeClass) -> np.ndarray[Any, Any]:
    """(students, assignments), NaN where nothing was handed in."""
    return np.where(made.handed_in, 100 * made.scores.sum(axis=2) / 4, np.nan)


def test_there_are_ten() -> None:
    assert len(questions()) == 10


def test_who_is_missing_and_the_medians(made: MadeClass) -> None:
    names = Frames(made.course).students["name"]
    assert run(made, 0) == names[~made.handed_in[:, 0]].tolist()
    assert list(run(made, 1).values()) == pytest.approx(np.nanmedian(percent(made), axis=0), abs=0.051)


def test_hardest_exercise_and_commonest_misconception(made: MadeClass) -> None:
    handed = made.handed_in[:, :, None]
    share = (made.scores / 2).sum(axis=0) / handed.sum(axis=0)
    a, e = np.unravel_index(np.argmin(share), share.shape)
    assert run(made, 2) == f"e{a + 1:02d}_{e + 1}"
    known = (~made.passed.all(axis=3) & made.wrong & handed).sum(axis=0)
    a, e = (int(n) for n in run(made, 3).removeprefix("e").split("_"))
    assert known[a - 1, e - 1] == known.max()


def test_help_and_lateness(made: MadeClass) -> None:
    expected = []
    for s, student in enumerate(made.students):
        handed = np.flatnonzero(made.handed_in[s])
        weeks = handed * 7 * 24 + made.late_hours[s, handed]
        last = handed[np.argsort(weeks)][-2:]
        if len(last) and np.nanmax(percent(made)[s, last]) < 50:
            expected.append(student)
    assert run(made, 4) == expected
    late = (made.handed_in & (made.late_hours > 0)).sum(axis=0)
    assert run(made, 5) == {f"{a + 1:02d}-devoir": n for a, n in enumerate(late) if n}


def test_progress_and_failing_checks(made: MadeClass) -> None:
    change = percent(made)[:, 2] - percent(made)[:, 0]
    assert change[made.students.index(run(made, 6))] == np.nanmax(change)
    exercise, check, message = run(made, 7)
    failed = (~made.passed & made.handed_in[:, :, None, None]).sum(axis=0)
    a, e, k = int(exercise[1:3]) - 1, int(exercise[4:]) - 1, int(check[-1]) - 1
    assert failed[a, e, k] == failed.max() and exercise in message


def test_totals_and_history(made: MadeClass) -> None:
    total = 100 * made.scores.sum(axis=(1, 2)) / 12
    assert list(run(made, 8).values()) == pytest.approx(total, abs=0.051)
    assert set(run(made, 9).values()) == {0.0}  # each was graded once
