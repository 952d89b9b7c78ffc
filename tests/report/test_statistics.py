"""Difficulty, discrimination, lateness: against what was put into the class, and with care where it is small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.gradebook_class import MadeClass
from coursegrader.gradebook import Frames
from coursegrader.report import statistics


def test_difficulty_and_discrimination_are_those_of_the_points(large: MadeClass) -> None:
    items = statistics.by_exercise(Frames(large.course).exercises)
    assert len(items) == 12
    for item in items.itertuples():
        a, e = int(str(item.exercise)[1:3]) - 1, int(str(item.exercise)[4:]) - 1
        points = large.scores[large.handed_in[:, a], a].astype(float)
        assert item.success == pytest.approx(points[:, e].mean() / 2)
        rest = points.sum(axis=1) - points[:, e]
        assert item.discrimination == pytest.approx(np.corrcoef(points[:, e], rest)[0, 1])
        assert (item.full, item.none) == ((points[:, e] == 2).sum(), (points[:, e] == 0).sum())
    easy = pd.Series([large.difficulty[int(n[1:3]) - 1, int(n[4:]) - 1].mean() for n in items["exercise"]])
    assert items["success"].rank().corr(easy.rank()) < -0.9  # what was made hard comes out as hard


def test_a_small_class_gets_no_correlation(small: MadeClass) -> None:
    items = statistics.by_exercise(Frames(small.course).exercises)
    assert items["discrimination"].isna().all() and items["success"].notna().all()


def test_an_exercise_that_all_solve_has_no_discrimination() -> None:
    rows = [
        {"student": f"s{n}", "assignment": "a", "exercise": e, "score": s, "max_score": 2.0}
        for n in range(40)
        for e, s in (("all", 2.0), ("half", float(n % 2)), ("other", float(n % 3)))
    ]
    items = statistics.by_exercise(pd.DataFrame(rows)).set_index("exercise")
    assert np.isnan(items.loc["all", "discrimination"])
    assert items.loc["half", "success"] == 0.25


def test_misconceptions_count_people_not_checks(large: MadeClass) -> None:
    found = statistics.misconceptions(Frames(large.course).checks).set_index("exercise")["students"]
    expected = (~large.passed.all(axis=3) & large.wrong & large.handed_in[:, :, None]).sum(axis=0)
    for exercise, count in found.items():
        assert count == expected[int(str(exercise)[1:3]) - 1, int(str(exercise)[4:]) - 1]
    assert found.sum() == expected.sum() and found.is_monotonic_decreasing


def test_missing_counts_only_what_was_due(large: MadeClass) -> None:
    frames = Frames(large.course)
    half = frames.assignments["due"][1] + pd.Timedelta(hours=1)
    overview = statistics.by_assignment(frames.assignments, frames.submissions, 200, half)
    assert overview["over"].tolist() == [True, True, False, False]
    assert overview["missing"].tolist() == [*(~large.handed_in[:, :2]).sum(axis=0), 0, 0]
    people = statistics.by_student(frames.students, frames.submissions, overview)
    assert people["missing"].tolist() == (~large.handed_in[:, :2]).sum(axis=1).tolist()
