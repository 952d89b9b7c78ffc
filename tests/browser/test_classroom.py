"""One command, and a course runs: a student fetches, solves, validates, submits and reads feedback; a teacher corrects in formgrader."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import PATIENCE, Camera, Room, start_classroom, stop_classroom
from tests.browser.lab import answer, commands, dialog, fetch, menu, page_of, press, rows, save, tab, until
from tests.pipeline.small_course import NAME, RIGHT, Class

WRONG = "def total(values):\n    return float(len(values))"


def test_a_student_fetches_solves_validates_submits_and_reads_feedback(
    browser: Any, room: Room, camera: Camera
) -> None:
    with page_of(browser, room.addresses["student"]) as page:
        assert "nbgrader:open-formgrader" not in commands(page)
        fetch(page, NAME)
        page.locator("#fetched_assignments_list .nested_list_item a").first.click()
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        answer(page, "def double", RIGHT["double"])
        answer(page, "def total", WRONG)
        answer(page, "class Tally", RIGHT["Tally"])
        camera.shoot(page, "student-notebook")
        save(page)
        tab(page, "Assignments")
        press(page, "fetched", "Validate")
        said = dialog(page)
        assert "total" in said and "double(" not in said  # what is right is not named
        press(page, "fetched", "Submit")
        rows(page, "submitted").first.wait_for()
        until(page, '#submitted_assignments_list button:text-is("Fetch Feedback")')
        fetched = lambda: sorted((room.home / NAME / "feedback").glob("*/*.html"))  # noqa: E731
        for _ in range(int(PATIENCE)):
            press(page, "submitted", "Fetch Feedback")
            page.wait_for_timeout(1000)
            if fetched() and "Additionnez" in fetched()[-1].read_text(encoding="utf-8"):
                break
        until(page, '#submitted_assignments_list a:text("view feedback")')
        camera.shoot(page, "student-submitted")
        page.locator('#submitted_assignments_list a:text("view feedback")').first.click()
        page.locator(f'.jp-DirListing-item:has-text("{NAME}.html")').dblclick()
        html = page.frame_locator(".jp-HTMLViewer iframe")
        html.locator("#contenu").wait_for()
        shown = html.locator("body").inner_text()
        assert "Additionnez tous les nombres." in shown
        assert "Multipliez chaque nombre par deux." not in shown
        camera.shoot(page, "student-feedback")
    rows_written = Class(room.root).rows("camille")
    assert (rows_written["double"][0], rows_written["total"][0], rows_written["Tally"][0]) == (2.0, 0.0, 2.0)


def test_a_teacher_autogrades_grades_by_hand_and_releases_feedback(browser: Any, room: Room, camera: Camera) -> None:
    with page_of(browser, room.addresses["teacher"]) as page:
        menu(page, "open-formgrader")
        frame = page.frame_locator("iframe").first
        frame.locator("td.num-submissions a").first.click()
        frame.locator("td.autograde a").first.wait_for()
        camera.shoot(page, "teacher-submissions")
        frame.locator("td.autograde a").first.click()
        confirm(frame, "Successfully autograded")
        frame.locator('a:text-is("Manual Grading")').first.click()
        frame.locator(f'a:text-is("{NAME}")').first.click()
        frame.locator(f'td.name a:text-is("{NAME}")').first.click()
        frame.locator("td.name a, td.submission-name a, td a:has-text('Submission')").first.click()
        frame.locator("input.score").first.wait_for()
        waiting = frame.locator("input.score")
        waiting.last.fill("1")
        waiting.last.press("Tab")
        frame.locator("textarea.comment").last.fill("Bien expliqué.")
        frame.locator("textarea.comment").last.press("Tab")
        frame.locator(".save-icon, .glyphicon-ok").first.wait_for(state="attached")
        camera.shoot(page, "teacher-manual-grading")
        page.wait_for_timeout(1000)
        menu(page, "open-formgrader")
    graded = Class(room.root)
    assert graded.rows("camille")["explain"][1] == 1.0
    with page_of(browser, room.addresses["teacher"]) as page:
        menu(page, "open-formgrader")
        frame = page.frame_locator("iframe").first
        frame.locator("td.num-submissions a").first.click()
        frame.locator("td.generate-feedback a").first.click()
        confirm(frame, "Successfully generated feedback")
        frame.locator("td.release-feedback a").first.click()
        confirm(frame, "Successfully released feedback")
    with page_of(browser, room.addresses["student"]) as page:
        menu(page, "open-assignment-list")
        rows(page, "submitted").first.wait_for()
        for _ in range(int(PATIENCE)):
            press(page, "submitted", "Fetch Feedback")
            page.wait_for_timeout(1000)
            (html,) = (room.home / NAME / "feedback").glob("*/*.html")
            if "Bien expliqué." in html.read_text(encoding="utf-8"):
                break
        else:
            raise AssertionError("the teacher's comment did not come")


def confirm(frame: Any, text: str) -> None:
    """Read formgrader's dialog and close it."""
    frame.locator(f'.modal.in:has-text("{text}")').wait_for()
    frame.locator(".modal.in button:has-text('Close'), .modal.in button:has-text('OK')").first.click()
    frame.locator(".modal.in").wait_for(state="detached")


def test_ctrl_c_ends_it_and_a_second_start_goes_on(browser: Any, room: Room, course_folder: Any) -> None:
    code, said = stop_classroom(room)
    assert code == 0 and "goes on from here" in said
    again = start_classroom(course_folder, room.folder)
    try:
        assert again.addresses["student"].rpartition("=")[2] == room.addresses["student"].rpartition("=")[2]
        with page_of(browser, again.addresses["student"]) as page:
            menu(page, "open-assignment-list")
            rows(page, "submitted").first.wait_for()
    finally:
        code, _ = stop_classroom(again)
    assert code == 0
