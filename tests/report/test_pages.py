"""The report's pages: what stands in them, for whom, and that they are whole by themselves."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from benchmarks.gradebook_class import MadeClass
from coursegrader import cli
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.report import student_files, write_report
from coursegrader.report.texts import percent

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def page(made: MadeClass, folder: Path, audience: str = "teacher") -> BeautifulSoup:
    written = write_report(made.course, folder, audience=audience, now=NOW)
    return BeautifulSoup(written.page.read_text(encoding="utf-8"), "html.parser")


def rows(soup: BeautifulSoup, table: str) -> list[list[str]]:
    found = soup.select(f"#{table} tbody tr")
    return [
        [cell.get_text(strip=True).replace("\xa0", " ").replace("\u202f", " ") for cell in row.find_all(["th", "td"])]
        for row in found
    ]


def test_the_class_page_says_what_is_in_the_gradebook(small: MadeClass, tmp_path: Path) -> None:
    soup = page(small, tmp_path)
    overview = rows(soup, "devoirs")
    assert [int(row[2]) for row in overview] == small.handed_in.sum(axis=0).tolist()
    late = (small.handed_in & (small.late_hours > 0)).sum(axis=0)
    assert [int(row[4]) for row in overview] == late.tolist()
    assert [int(row[5]) for row in overview] == (~small.handed_in).sum(axis=0).tolist()
    classe = rows(soup, "classe")
    assert [row[1] for row in classe] == small.students
    share = 100 * small.scores.sum(axis=2) / 6
    expected = [f"{int(share[0, a] + 0.5)} %" if small.handed_in[0, a] else "–" for a in range(4)]
    assert classe[0][5:] == expected


def test_every_chart_has_a_name_and_a_table(large: MadeClass, small: MadeClass, tmp_path: Path) -> None:
    for made in (small, large):
        soup = page(made, tmp_path)
        charts = soup.select(".chart")
        assert len(charts) >= 5
        figures = json.loads(soup.select_one("#figures").string)  # type: ignore[union-attr, arg-type]
        assert {chart["id"] for chart in charts} == set(figures)
        for chart in charts:
            assert len(str(chart["aria-label"])) > 20
            section = chart.find_parent("section")
            assert section is not None
            assert section.find("table") is not None or section["id"] == "progression"


def test_a_half_goes_up_as_it_does_in_the_charts() -> None:
    """62.5 and 87.5 are equally far from what is written, and nobody is told one point less than the chart shows."""
    shown = [percent(value).text for value in (62.5, 87.5, 62.4, 0.0, 100.0)]
    assert shown == ["63\xa0%", "88\xa0%", "62\xa0%", "0\xa0%", "100\xa0%"]


def test_no_text_speaks_of_a_band_that_is_not_drawn(small: MadeClass, large: MadeClass, tmp_path: Path) -> None:
    said = [page(made, tmp_path, "class").select_one("#progression .intro") for made in (small, large)]
    assert ["bande" in str(text) for text in said] == [False, True]


def test_the_page_fetches_nothing(small: MadeClass, tmp_path: Path) -> None:
    for audience in ("teacher", "class"):
        soup = page(small, tmp_path, audience)
        for tag in soup.find_all(True):
            for name in ("src", "srcset", "action", "data", "poster"):
                assert name not in tag.attrs, tag
            if "href" in tag.attrs:
                assert re.fullmatch(r"#[a-z-]+|data:,|etudiants/[^/:]+\.html", str(tag["href"]))
        policy = str(soup.select_one("meta[http-equiv]")["content"])  # type: ignore[index]
        assert "default-src 'none'" in policy and "unsafe-eval" not in policy
        assert "script-src 'sha256-" in policy and "unsafe-inline" not in policy.partition("style-src-attr")[0]


def test_a_student_s_page_holds_their_own_figures_only(small: MadeClass, tmp_path: Path) -> None:
    written = write_report(small.course, tmp_path, now=NOW)
    assert written.students == 12
    text = (tmp_path / "etudiants" / "etu00003.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    assert "script" not in {tag.name for tag in soup.find_all(True)}
    others = [name for n, name in enumerate(small.students) if n != 3]
    assert not [name for name in others if name in text]
    assert not [last for n, (_, last) in enumerate(small.names) if last != small.names[3][1] and last in text]
    results = [row.find_all("td")[3].get_text() for row in soup.select("#mes-devoirs ~ div tbody tr")]
    points = small.scores[3].sum(axis=1)
    assert results == [f"{100 * points[a] / 6:.0f}\xa0%" if small.handed_in[3, a] else "–" for a in range(4)]


def test_tables_that_scroll_are_reached_and_named(small: MadeClass, tmp_path: Path) -> None:
    write_report(small.course, tmp_path, now=NOW)
    soup = BeautifulSoup((tmp_path / "etudiants" / "etu00003.html").read_text(encoding="utf-8"), "html.parser")
    places = soup.select(".scroll")
    assert len(places) == len(soup.select("table")) > 2
    assert {(place.get("tabindex"), place.get("role")) for place in places} == {("0", "region")}
    names = [str(place["aria-label"]) for place in places]
    assert len(set(names)) == len(names) and names[0] == "Vos résultats, devoir par devoir"


def test_an_axis_of_shares_says_percent(small: MadeClass, tmp_path: Path) -> None:
    figures = json.loads(page(small, tmp_path).select_one("#figures").string)  # type: ignore[union-attr, arg-type]
    assert figures["difficulte-figure"]["figure"]["layout"]["xaxis"]["ticksuffix"] == "\xa0%"


def test_a_page_is_written_when_its_figures_have_changed(small: MadeClass, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(small.course.root, root)
    course, pages = load_course(root, only=[]), tmp_path / "reports" / "etudiants"
    assert write_report(course, tmp_path / "reports", now=NOW).changed == 12
    first = {path.name: path.read_bytes() for path in pages.iterdir()}
    tomorrow = NOW + timedelta(days=1)
    assert write_report(course, tmp_path / "reports", now=tomorrow).changed == 0
    with closing(sqlite3.connect(root / "gradebook.db")) as db, db:
        own = "SELECT id FROM submitted_notebook WHERE assignment_id IN (SELECT id FROM submitted_assignment WHERE student_id = 'etu00004')"
        db.execute(f"UPDATE grade SET manual_score = 1.25 WHERE notebook_id IN ({own})")
    (pages / "etu00007.html").unlink()
    (pages / "etu00008.html").write_text("")
    assert write_report(course, tmp_path / "reports", now=tomorrow).changed == 3
    now = {path.name: path.read_bytes() for path in pages.iterdir()}
    differing = {name for name in first if now[name] != first[name]}
    assert differing == {"etu00004.html", "etu00007.html", "etu00008.html"}  # the last two by their date alone
    assert "1,25 / 2" in now["etu00004.html"].decode() and b"02.12.2026" in now["etu00007.html"]


def test_several_processes_write_what_one_does(
    large: MadeClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(student_files, "PORTION", 60)
    alone, several = (
        write_report(large.course, tmp_path / str(workers), now=NOW, feedback=False, workers=workers)
        for workers in (1, 2)
    )
    assert (alone.students, alone.changed) == (several.students, several.changed) == (200, 200)
    for path in (tmp_path / "1" / "etudiants").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / "etudiants" / path.name).read_bytes()
    blocked = tmp_path / "blocked"
    (blocked / "etudiants" / "etu00150.html").mkdir(parents=True)
    with pytest.raises(MachineFault, match=r"etu00150\.html"):
        write_report(large.course, blocked, now=NOW, feedback=False, workers=2)


def test_the_command_says_where_the_pages_are(
    small: MadeClass, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(small.course.root)
    assert cli.main(["report", "--root", root, "--output", str(tmp_path), "--student", "etu00001"]) == 0
    shown = capsys.readouterr().out
    assert f"report: {tmp_path / 'classe.html'}" in shown
    assert [path.name for path in (tmp_path / "etudiants").iterdir()] == ["etu00001.html"]
    assert cli.main(["report", "--root", root, "--student", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
    with pytest.raises(CourseFault, match="nobody"):
        write_report(small.course, tmp_path, only=["nobody"])
