"""The class's own view: nobody is in it, by name or by being few."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.gradebook_class import Size, make_class
from coursegrader.report import write_report
from coursegrader.report.privacy import CELL, ENOUGH, merged_bins, safe_count, safe_percent, safe_share

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def own_part(text: str) -> str:
    """The page without plotly.js, which is the same for everybody."""
    return re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("students", [1, 3, 9, 12, 40, 200])
def test_nobody_is_named_and_no_group_is_small(students: int, tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(students, 3, 3))
    path = write_report(made.course, audience="class", now=NOW).page
    text = own_part(path.read_text(encoding="utf-8"))
    for student, (first, last) in zip(made.students, made.names, strict=True):
        assert student not in text
        assert not re.search(rf"\b{re.escape(first)}\b", text) and not re.search(rf"\b{re.escape(last)}\b", text)
    assert not list(path.parent.glob("etudiants"))
    soup = BeautifulSoup(text, "html.parser")
    figures = json.loads(soup.select_one("#figures").string)  # type: ignore[union-attr, arg-type]
    if students < ENOUGH:
        assert figures == {}
        assert not re.findall(r"\d+\xa0%", soup.select_one("main").get_text())  # type: ignore[union-attr]
    for bar in (row for chart in figures.values() for row in chart["figure"]["data"] if row["type"] == "bar"):
        for detail in bar["customdata"]:
            if isinstance(detail, list):  # a bar of a histogram: from, to, how many
                assert detail[2] >= CELL
    for row in soup.select("#idees-tableau tbody tr"):
        assert int(row.find_all("td")[-1].get_text()) >= CELL


def test_what_is_shown_is_rounded_and_true(tmp_path: Path) -> None:
    made = make_class(tmp_path / "course", Size(200, 3, 3))
    text = own_part(write_report(made.course, audience="class", now=NOW).page.read_text(encoding="utf-8"))
    soup = BeautifulSoup(text, "html.parser")
    percent = np.where(made.handed_in, 100 * made.scores.sum(axis=2) / 6, np.nan)
    shown = [row.find_all("td")[2].get_text() for row in soup.select("#devoirs tbody tr")]
    assert shown == [f"{5 * round(np.nanmedian(percent[:, a]) / 5)}\xa0%" for a in range(3)]


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_count_that_is_shown_hides_everybody(count: int, others: int) -> None:
    shown = safe_count(count, count + others)
    assert (shown is not None) == (count >= CELL and others >= CELL and count + others >= ENOUGH)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12))
def test_bins_are_joined_until_each_holds_enough(counts: list[int]) -> None:
    bars = merged_bins(counts)
    assert all(count >= CELL for _, _, count in bars)
    if bars:
        assert sum(count for _, _, count in bars) == sum(counts)
        assert [start for start, _, _ in bars] == [0, *(end + 1 for _, end, _ in bars[:-1])]
        assert bars[-1][1] == len(counts) - 1 and len(bars) >= 2
        assert all(sum(counts[a : b + 1]) == n for a, b, n in bars)


@given(st.floats(0, 1), st.integers(1, 300))
def test_a_share_never_tells_that_all_or_none(share: float, total: int) -> None:
    shown = safe_share(share, total)
    assert shown is None or (total >= ENOUGH and share * total >= CELL - 1e-6 and (1 - share) * total >= CELL - 1e-6)
    assert safe_percent(100 * share, total) is None or total >= ENOUGH
