"""What a person does in JupyterLab: open nbgrader's lists, type into a cell, press a button."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.browser.conftest import PATIENCE

SIZE = {"width": 1280, "height": 800}
MILLISECONDS = 1000 * PATIENCE


@contextmanager
def page_of(browser: Any, address: str) -> Iterator[Any]:
    """A person's browser window, with cookies of its own, at an address."""
    context = browser.new_context(viewport=SIZE, locale="fr-CH")
    try:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.set_default_navigation_timeout(MILLISECONDS)
        page.goto(address)
        yield page
    finally:
        context.close()


def open_menu(page: Any) -> Any:
    """Open the Nbgrader menu; its entries. A click that comes while JupyterLab is still busy closes it again: then once more."""
    label = page.locator('#jp-MainMenu .lm-MenuBar-itemLabel:text-is("Nbgrader")')
    entries = page.locator("#jp-mainmenu-nbgrader li[data-command]")
    label.wait_for()
    for _ in range(20):
        label.click()
        page.wait_for_timeout(500)
        if entries.count() and entries.first.is_visible():
            return entries
        page.keyboard.press("Escape")
    raise AssertionError("the Nbgrader menu does not open")


def menu(page: Any, command: str) -> None:
    """Choose a command in the Nbgrader menu."""
    open_menu(page)
    page.locator(f'#jp-mainmenu-nbgrader li[data-command="nbgrader:{command}"]').click()


def commands(page: Any) -> set[str]:
    """What the Nbgrader menu offers."""
    found = {entry.get_attribute("data-command") for entry in open_menu(page).all() if entry.is_visible()}
    page.keyboard.press("Escape")
    return found


def tab(page: Any, label: str) -> None:
    """Bring a tab to the front."""
    page.locator(f'#jp-main-dock-panel .lm-TabBar-tabLabel:text-is("{label}")').click()


def rows(page: Any, kind: str) -> Any:
    """Assignments in one of the lists: released, fetched or submitted."""
    return page.locator(f"#{kind}_assignments_list > .list_item")


def press(page: Any, kind: str, button: str) -> None:
    """Press a button in one of the lists."""
    page.locator(f'#{kind}_assignments_list button:text-is("{button}")').first.click()


def fetch(page: Any, assignment: str) -> None:
    """Open the list of assignments and fetch one."""
    menu(page, "open-assignment-list")
    rows(page, "released").first.wait_for()
    press(page, "released", "Fetch")
    page.locator(f'#fetched_assignments_list a:text("{assignment}")').first.click()
    page.locator("#fetched_assignments_list .nested_list_item a").first.wait_for()


def answer(page: Any, exercise: str, source: str) -> None:
    """Type an answer into the cell of an exercise, in the place of what stands there."""
    cell = page.locator(f'.jp-Notebook .jp-Cell:has(.cm-content:has-text("{exercise}"))').first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def save(page: Any) -> None:
    """Save the notebook, and see that it is saved."""
    page.keyboard.press("Control+s")
    page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current:not(.jp-mod-dirty)").first.wait_for()


def dialog(page: Any) -> str:
    """Read a dialog and close it."""
    page.locator(".jp-Dialog").wait_for()
    text = str(page.locator(".jp-Dialog").inner_text())
    page.locator(".jp-Dialog button").last.click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    return text


def until(page: Any, selector: str) -> None:
    """Press the list's refresh button until something is there."""
    for _ in range(int(PATIENCE)):
        page.locator("#refresh_assignments_list").click()
        page.wait_for_timeout(1000)
        if page.locator(selector).count():
            return
    raise AssertionError(f"{selector} did not come")
