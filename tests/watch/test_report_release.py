"""Each student's own figures travel in the page that nbgrader hands to that student, and to nobody else."""

from __future__ import annotations

from coursegrader import cli
from coursegrader.report import write_report
from tests.pipeline.small_course import NAME
from tests.watch.exchange import Room


def test_release_hands_every_student_their_own_figures(room: Room) -> None:
    room.submit("lea", double="def double(v):\n    return v")
    room.submit("zoe")
    room.teacher("Collect")
    room.klass.verdicts()
    graded = room.klass.page("lea")
    written = write_report(room.klass.course)
    assert (written.students, written.feedback) == (2, 2)
    room.teacher("ReleaseFeedback")
    lea, zoe = room.page("lea"), room.page("zoe")
    assert lea == room.klass.page("lea") != graded
    assert "Mes résultats dans le cours" in lea and "6 / 8" in lea and "7 / 8" not in lea
    assert "7 / 8" in zoe and "lea" not in zoe and "zoe" not in lea
    assert graded.partition("<main")[2].partition("</main>")[0] in lea  # the feedback itself is as it was
    policy = lea.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    assert policy.count("sha256-") == 2 and "unsafe" not in policy
    assert "<script" not in lea


def test_figures_are_replaced_and_left_out_when_asked(room: Room) -> None:
    room.submit("lea")
    room.teacher("Collect")
    room.klass.verdicts()
    graded = room.klass.page("lea")
    write_report(room.klass.course, feedback=False)
    assert room.klass.page("lea") == graded
    write_report(room.klass.course)
    once = room.klass.page("lea")
    write_report(room.klass.course)
    assert room.klass.page("lea") == once
    assert once.count("Mes résultats dans le cours") == 1
    page = room.root / "feedback" / "lea" / "01-petit" / "01-petit.html"
    page.write_text("<p>a page of another program</p>", encoding="utf-8")
    assert write_report(room.klass.course).feedback == 0
    assert page.read_text(encoding="utf-8") == "<p>a page of another program</p>"


def test_grading_again_keeps_the_figures_and_brings_them_up_to_date(room: Room) -> None:
    for student in ("lea", "zoe"):
        room.submit(student)
    room.teacher("Collect")
    room.klass.verdicts()
    bare = room.klass.page("lea")
    write_report(room.klass.course)
    zoe = room.klass.page("zoe")
    room.klass.hand_in("lea", double="def double(v):\n    return v")
    room.klass.verdicts()
    kept = room.klass.page("lea")
    assert "Multipliez chaque nombre par deux." in kept and "7 / 8" in kept  # as far as a crash may come
    grade = ["grade", NAME, "--root", str(room.root), "--workers", "1"]
    assert cli.main([*grade, "--student", "lea", "--force"]) == 0
    now = room.klass.page("lea")
    assert "6 / 8" in now and "7 / 8" not in now and now.count("Mes résultats dans le cours") == 1
    assert room.klass.page("zoe") == zoe
    assert write_report(room.klass.course).changed == 1  # lea's own page: the feedback pages are up to date
    assert "Mes résultats dans le cours" not in bare
