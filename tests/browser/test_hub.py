"""A hub with one teacher and two students: what each sees, and what none of them can."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.browser.conftest import PATIENCE, Camera
from tests.browser.hub import Hub
from tests.browser.lab import commands, fetch, menu, page_of, press, rows
from tests.pipeline.small_course import NAME

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="system users of the test's own need root")


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as started:
        yield started


@contextmanager
def logged_in(browser: Any, hub: Hub, user: str) -> Iterator[Any]:
    """A person at the hub, JupyterLab open."""
    with page_of(browser, f"{hub.address}/hub/login") as page:
        page.locator("#username_input").fill(user)
        page.locator("#password_input").fill(hub.password)
        page.locator("#login_submit").click()
        page.locator("#jp-MainMenu").wait_for()
        yield page


def status(page: Any, address: str) -> int:
    """What the hub answers to a person who asks for an address."""
    return int(page.request.get(address, max_redirects=0).status)


def test_two_students_and_a_teacher_see_what_is_theirs(browser: Any, hub: Hub, camera: Camera) -> None:
    with logged_in(browser, hub, hub.lea) as page:
        assert "nbgrader:open-formgrader" not in commands(page)
        fetch(page, NAME)
        press(page, "fetched", "Submit")
        rows(page, "submitted").first.wait_for()
        feedback = hub.home(hub.lea) / NAME / "feedback"
        for _ in range(int(PATIENCE)):
            press(page, "submitted", "Fetch Feedback")
            page.wait_for_timeout(1000)
            if list(feedback.glob("*/*.html")):
                break
        (html,) = feedback.glob("*/*.html")
        assert hub.lea in html.read_text(encoding="utf-8"), hub.log()
        assert status(page, f"{hub.address}/user/{hub.lea}/formgrader") == 404
        assert status(page, f"{hub.address}/user/{hub.lea}/api/contents/{NAME}") == 200
    with logged_in(browser, hub, hub.noe) as page:
        menu(page, "open-assignment-list")
        rows(page, "released").first.wait_for()
        assert rows(page, "submitted").count() == 0
        listing = page.request.get(f"{hub.address}/user/{hub.noe}/api/contents/").json()
        assert NAME not in [entry["name"] for entry in listing["content"]]
        assert status(page, f"{hub.address}/user/{hub.lea}/api/contents/{NAME}") != 200
        page.goto(f"{hub.address}/user/{hub.lea}/lab")
        assert "403" in page.locator("body").inner_text()
        camera.shoot(page, "hub-not-yours")
    with logged_in(browser, hub, hub.teacher) as page:
        menu(page, "open-formgrader")
        frame = page.frame_locator("iframe").first
        frame.locator("td.num-submissions a").first.click()
        frame.locator(f'td.student-id:text-is("{hub.lea}")').wait_for()
        assert frame.locator("td.student-id").count() == 1


def test_the_kernel_keeps_them_apart_not_only_the_pages(hub: Hub) -> None:
    course = hub.exchange / "petit"
    places = [hub.home(hub.lea), hub.home(hub.teacher), course / "inbound", course / "feedback"]
    for place in places:
        done = hub.as_user(hub.noe, ["ls", str(place)])
        assert done.returncode != 0 and "Permission denied" in done.stderr, place
    for name in ("gradebook.db", "verdicts.db", f"grading_tests/{NAME}/test_double.py", f"feedback/{hub.lea}"):
        assert hub.as_user(hub.noe, ["test", "-e", str(hub.course / name)]).returncode != 0
    assert (hub.course / "gradebook.db").is_file()
    assert hub.as_user(hub.noe, ["ls", str(course / "outbound" / NAME)]).returncode == 0
