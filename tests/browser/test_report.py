"""The report in Debian's chromium: no error, no request, charts drawn, everything within reach of a keyboard, and on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gradebook_class import MadeClass, Size, make_class
from coursegrader.report import write_report

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": (1200, 900), "phone": (390, 800)}


@pytest.fixture(scope="module")
def chrome(request: pytest.FixtureRequest) -> Iterator[Any]:
    try:  # two playwrights do not live in one process
        yield request.getfixturevalue("browser")
        return
    except pytest.FixtureLookupError:
        pass
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[12, 1000])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MadeClass:
    folder = tmp_path_factory.mktemp(f"report{request.param}")
    made = make_class(folder / "course", Size(request.param, 6, 4, milestones=3))
    write_report(made.course, now=NOW, only=made.students[:3])
    write_report(made.course, now=NOW, audience="class")
    return made


@dataclass
class Visit:
    """A page that is open, and what went wrong while it was."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chrome: Any, made: MadeClass) -> Iterator[Any]:
    contexts = []

    def go(name: str, size: str = "desktop", **options: Any) -> Visit:
        width, height = SIZES[size]
        context = chrome.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.on("console", lambda message: visit.errors.append(message.text))
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.goto((made.course.root / "reports" / name).as_uri(), wait_until="load", timeout=120_000)
        return visit

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["classe.html", "classe-partagee.html", "etudiants/etu00001.html"])
def test_no_error_no_request_nothing_wider_than_the_window(visit: Any, name: str, size: str) -> None:
    seen = visit(name, size)
    assert seen.errors == []
    assert [url[:40] for url in seen.requests if not url.startswith("data:")] == [seen.page.url[:40]]
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if name == "etudiants/etu00001.html":  # what is next is a sentence: no word a line on a phone
        cells = "[...document.querySelectorAll('.scroll td:last-child:not(.n)')].filter(cell => cell.offsetParent)"
        widths = seen.page.evaluate(f"{cells}.map(cell => cell.offsetWidth)")
        assert widths and min(widths) >= 140, widths
        letters = seen.page.evaluate("document.querySelector('.own .value').getBoundingClientRect().height")
        assert letters >= 10
    else:
        charts = seen.page.locator(".chart")
        drawn = seen.page.locator(".chart svg.main-svg:first-of-type")
        assert charts.count() >= 3 and drawn.count() >= charts.count()
        assert seen.page.locator(".chart .point, .chart .points path, .chart .js-line, .chart .bars path").count() > 5


def test_the_dates_of_the_timeline_are_whole_on_a_phone(visit: Any, made: MadeClass) -> None:
    if len(made.students) > 40:
        return  # counts, no dates
    page = visit("classe.html", "phone").page
    sides = "all => all.map(e => e.getBoundingClientRect()).map(box => [box.left, box.right])"
    dates = page.locator("#jalons .xtick text").evaluate_all(sides)
    ((left, right),) = page.locator("#jalons .chart").evaluate_all(sides)
    assert len(dates) >= 2 and left <= dates[0][0] and dates[-1][1] <= right
    assert all(one[1] < other[0] for one, other in pairwise(dates))


def test_tables_are_sorted_and_searched_by_keyboard(visit: Any, made: MadeClass) -> None:
    page = visit("classe.html").page
    page.locator("#classe thead button").nth(2).focus()
    page.keyboard.press("Enter")
    head = page.locator("#classe thead th").nth(2)
    assert head.get_attribute("aria-sort") == "ascending"
    read = "rows => rows.map(r => Number(r.cells[2].dataset.n))"
    ascending = page.locator("#classe tbody tr").evaluate_all(read)
    assert ascending == sorted(ascending) and len(ascending) == len(made.students)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("#classe tbody tr").evaluate_all(read) == sorted(ascending, reverse=True)
    page.locator("#classe-filtre").fill("anais o'neill")  # Anaïs
    shown = page.locator("#classe tbody tr:visible")
    assert 1 <= shown.count() < len(made.students)
    assert all("Anaïs O'Neill" in text for text in shown.all_inner_texts())
    page.locator("#classe-filtre").fill("nobody of this name")
    assert shown.count() == 0 and page.locator(".search output").inner_text() == "Personne ne correspond."


def test_a_screen_reader_finds_names_landmarks_and_headings(visit: Any) -> None:
    page = visit("classe.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    assert page.locator("h1").count() == 1 and page.locator("html").get_attribute("lang") == "fr"
    unnamed = "all => all.filter(e => !(e.getAttribute('aria-label') || '').trim()).length"
    assert page.locator("[role=img], [role=region], nav").evaluate_all(unnamed) == 0
    assert page.locator("section:not([aria-labelledby])").count() == 0
    assert page.locator("table:not(:has(caption)), thead th:not([scope]), tbody th:not([scope])").count() == 0
    focusable = ".chart a[href], .chart button, .chart [tabindex='0']"
    assert page.locator(focusable).count() == 0  # the table says it; nobody has to tab through a chart


def test_dark_and_paper_have_their_own_colours(visit: Any, tmp_path: Path) -> None:
    seen = visit("classe.html", color_scheme="dark")
    page = seen.page
    colour = "getComputedStyle(document.querySelector('.chart .xtick text, .chart .ytick text')).fill"
    dark = page.evaluate(colour)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    paper = page.evaluate(colour)
    assert dark != paper
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('.chart svg.main-svg')].map(s => s.clientWidth))")
        <= 680
    )
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(colour) == dark
    page.pdf(path=str(tmp_path / "classe.pdf"), format="A4")
    assert (tmp_path / "classe.pdf").stat().st_size > 20_000
    assert seen.errors == []
