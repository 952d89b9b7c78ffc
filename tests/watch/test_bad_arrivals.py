"""Every odd thing that a student can hand in, or that can happen meanwhile: nothing is lost, and the student is told what is going on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coursegrader.errors import MachineFault
from coursegrader.report import write_report
from coursegrader.watch.collect import MAX_FILE_BYTES
from coursegrader.watch.inbound import scan
from coursegrader.watch.notices import local
from tests.pipeline.small_course import NAME, course_data
from tests.watch.exchange import Room
from tests.watch.watching import Live, once

AT_ONCE = {"feedback": "at once"}
WRONG = "def double(v):\n    return v"


def states(room: Room) -> list[str]:
    """What became of every submission, oldest first."""
    from coursegrader.watch.state import WatchState

    with WatchState(room.root) as state:
        return [row.state for row in state.rows()]


def test_twice_in_a_second_with_a_cooldown_the_second_waits_and_says_until_when(room: Room) -> None:
    room.configure(policy={**AT_ONCE, "cooldown_minutes": 10})
    room.submit("lea", double=WRONG)
    room.submit("lea", double=None)
    room.submit("lea")
    once(room.root)
    assert states(room) == ["graded", "superseded", "waiting"]
    pages = [path.read_text(encoding="utf-8") for path in room.fetch("lea")]
    assert "Multipliez chaque nombre par deux." in pages[0]
    assert "Une remise plus récente est corrigée" in pages[1]
    assert "au moins 10 minutes" in pages[2] and "est bien arrivée" in pages[2]
    assert room.klass.rows("lea")["double"][0] == 1.0
    room.configure(policy=AT_ONCE)  # the teacher lifts it
    once(room.root)
    assert states(room) == ["graded", "superseded", "graded"]
    assert room.klass.rows("lea")["double"][0] == 2.0
    assert "provisoire" in room.page("lea")


def test_no_attempts_left_is_said_and_changes_no_grade(room: Room) -> None:
    room.configure(policy={**AT_ONCE, "attempts": 1})
    room.submit("lea")
    inbound = room.submit("lea", double=WRONG)
    once(room.root)
    assert states(room) == ["graded", "refused"]
    assert "tous vos essais sont utilisés" in room.page("lea")
    assert room.klass.rows("lea")["double"][0] == 2.0
    assert (inbound / f"{NAME}.ipynb").is_file()  # kept


def test_an_empty_submission_is_rejected_with_the_reason(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    inbound = room.submit("lea", "")
    graded = [event for event in once(room.root) if event.kind == "graded"]
    assert [event.data["status"] for event in graded] == ["rejected"]
    secret = (inbound / "submission_secret.txt").read_text()
    from nbgrader.utils import notebook_hash

    page = room.folder / "petit" / "feedback" / f"{notebook_hash(secret=secret, notebook_id=NAME)}.html"
    assert "pas pu être lue" in page.read_text(encoding="utf-8")
    room.submit("lea")
    once(room.root)
    assert room.klass.rows("lea")["double"][0] == 2.0


def test_a_renamed_notebook_is_graded_and_its_page_is_fetched(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    room.submit("lea", file="mon devoir.ipynb")
    once(room.root)
    assert "mon devoir.ipynb" in room.page("lea")
    assert [path.name for path in room.fetch("lea")] == ["mon devoir.html"]
    assert room.klass.rows("lea")["total"][0] == 3.0


def test_after_the_deadline_it_is_graded_and_the_page_says_late(room: Room) -> None:
    assignment = {**course_data()["assignments"][0], "release": "2020-01-01 08:00", "due": "2020-01-08 23:59"}
    room.configure(policy=AT_ONCE, assignments=[assignment])
    room.submit("lea")
    once(room.root)
    assert "après la date limite (08.01.2020 à 23:59)" in room.page("lea")
    assert room.klass.rows("lea")["total"][0] == 3.0


def test_the_page_says_what_the_policies_say_and_keeps_the_figures(room: Room) -> None:
    due = f"{datetime.now(ZoneInfo('Europe/Zurich')) - timedelta(hours=30):%Y-%m-%d %H:%M}"
    assignment = {**course_data()["assignments"][0], "release": "2020-01-01 08:00", "due": due}
    policy = {**AT_ONCE, "late": {"percent_per_day": 10}, "attempts": 3, "counts": "best"}
    room.configure(policy=policy, assignments=[assignment])
    room.submit("lea")
    once(room.root)
    first = room.page("lea")
    assert "remise n° 1" in first and "3 comptent au plus" in first
    assert "2 jours entamés" in first and "20 % des points obtenus sont retirés" in first
    write_report(room.klass.course)
    room.submit("lea", double=WRONG)
    once(room.root)
    pages = room.fetch("lea")
    second = pages[-1].read_text(encoding="utf-8")
    assert len(pages) == 2 and pages[0].read_text(encoding="utf-8") == first
    assert "remise n° 2" in second and "remise n° 1, déposée" in second  # the first counts: it has more points
    assert "Mes résultats dans le cours" in second and "Multipliez chaque nombre par deux." in second


def test_before_the_deadline_feedback_waits_for_it(room: Room) -> None:
    assignment = {**course_data()["assignments"][0], "due": "2999-01-08 23:59"}
    room.configure(policy={"feedback": "after due"}, assignments=[assignment])
    room.submit("lea", double=WRONG)
    once(room.root)
    assert "08.01.2999 à 23:59" in room.page("lea")
    assert "Multipliez" not in room.page("lea")
    room.configure(policy={"feedback": "after due"}, assignments=[{**assignment, "due": "2026-09-08 23:59"}])
    assert [event.student for event in once(room.root) if event.kind == "released"] == ["lea"]
    assert "Multipliez chaque nombre par deux." in room.page("lea")


def test_500_mb_beside_it_links_and_pipes_are_left_out_and_named(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    inbound = room.submit("lea")
    with (inbound / "données.bin").open("wb") as file:
        file.truncate(500 << 20)
    (inbound / "lien").symlink_to("/etc/passwd")
    (inbound / "dossier").symlink_to("/etc")
    os.mkfifo(inbound / "tuyau")
    (inbound / "notes.md").write_text("à garder")
    once(room.root)
    collected = room.root / "submitted" / "lea" / NAME
    assert {path.name for path in collected.iterdir()} == {
        f"{NAME}.ipynb", "timestamp.txt", "submission_secret.txt", "notes.md"
    }  # fmt: skip
    page = room.page("lea")
    assert all(name in page for name in ("données.bin", "lien", "dossier", "tuyau"))
    assert MAX_FILE_BYTES < (500 << 20)
    assert room.klass.rows("lea")["total"][0] == 3.0


def test_a_notebook_that_is_a_link_earns_nothing_of_what_it_points_to(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    target = room.submit("noe") / f"{NAME}.ipynb"
    inbound = room.submit("lea")
    (inbound / f"{NAME}.ipynb").unlink()
    (inbound / f"{NAME}.ipynb").symlink_to(target)
    once(room.root)
    assert room.klass.rows("lea")["total"][0] == 0.0
    assert room.klass.rows("noe")["total"][0] == 3.0


def test_during_grading_the_next_one_waits_its_turn(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    slow = "import time\ntime.sleep(1)\n" + WRONG
    with Live(room.root, workers=2) as live:
        room.submit("lea", double=slow)
        live.until("received", "lea")
        room.submit("lea")
        assert live.until("graded", "lea").data["score"] == 6.0
        assert live.until("graded", "lea", 2).data["score"] == 7.0
    assert room.klass.rows("lea")["double"][0] == 2.0
    assert len(room.fetch("lea")) == 2


def test_what_is_nobodys_is_set_aside_for_the_teacher_and_hurts_nobody(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    whole = room.submit("lea")
    stamp = (whole / "timestamp.txt").read_text()
    for name in ("sans plus", f"..+{NAME}+{stamp}+x", f"a\x1b[2J+{NAME}+{stamp}+x", f"noe+autre-devoir+{stamp}+x"):
        shutil.copytree(whole, whole.parent / name)
    (whole.parent / f"zoe+{NAME}+{stamp}+x").write_text("no folder")
    shutil.copytree(whole, whole.parent / f"ida+{NAME}+hier+x")  # its timestamp.txt says something else
    odd = "3:" + "1" * 29  # no time, and dateutil raises what it does not say
    shutil.copytree(whole, whole.parent / f"eve+{NAME}+{odd}+x")
    (whole.parent / f"eve+{NAME}+{odd}+x" / "timestamp.txt").write_text(odd)
    events = once(room.root)
    assert [event.student for event in events if event.kind == "graded"] == ["lea"]
    assert len([event for event in events if event.kind == "aside"]) == 6
    found, unfinished = scan(room.inbound, set(), "petit", time.time() + 3600)
    assert unfinished == 0 and len(found) == 8
    assert sorted(os.listdir(room.root / "submitted")) == [".staging", "lea"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_in_another_s_name_is_set_aside(room: Room) -> None:
    room.traits = room.traits.replace("check_owner = False", "check_owner = True")
    room.configure(policy=AT_ONCE)
    forged = room.submit("lea")
    os.chown(forged, 65534, 65534)
    own = room.submit("root")
    events = once(room.root)
    assert [event.student for event in events if event.kind == "graded"] == ["root"]
    (aside,) = [event for event in events if event.kind == "aside"]
    assert "nobody's folder" in aside.note and own != forged


def test_a_claim_of_an_earlier_hour_is_told_to_the_teacher(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    whole = room.submit("lea")
    early = "2026-01-01 10:00:00.000000 CET"
    renamed = whole.parent / f"lea+{NAME}+{early}+x"
    whole.rename(renamed)
    (renamed / "timestamp.txt").write_text(early)
    (received,) = [event for event in once(room.root) if event.kind == "received"]
    assert "minutes older" in received.note


FULL = """
import json, sys
sys.path.insert(0, {repository!r})
from pathlib import Path
from coursegrader.sandbox.choose import best_mode
from coursegrader.watch import watcher as module
from coursegrader.watch.service import Options, serve

module.RETRY_SECONDS = (0.5, 0.5)
root, filler = Path({root!r}), Path({root!r}) / "filler"
events, watchers = [], []

def tell(event):
    events.append(event)
    if event.kind == "started":
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 10, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    pass
    if event.kind == "fault" and filler.exists():
        filler.unlink()  # somebody makes room
    if event.kind == "graded":
        watchers[0].stop()

serve(root, best_mode()[0], tell, Options(workers=1), watchers.append)
print(json.dumps([[event.kind, event.student, event.note] for event in events]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of the test's own needs root")
def test_on_a_full_disk_it_says_so_and_goes_on_when_there_is_room(room: Room, tmp_path: Path) -> None:
    room.configure(policy=AT_ONCE)
    room.submit("lea")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = FULL.format(repository=str(Path(__file__).parents[2]), root=str(disk / "course"))
    mount = f'mount -t tmpfs -o size=24m,mode=755 none {disk} && cp -a {room.root} {disk}/course && exec "$@"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    events: list[Any] = json.loads(done.stdout.splitlines()[-1])
    faults = [note for kind, _, note in events if kind == "fault"]
    assert faults and ("space" in faults[0] or "full" in faults[0])
    assert [student for kind, student, _ in events if kind == "graded"] == ["lea"]
    assert "provisoire" in room.page("lea")


def test_no_exchange_is_said_with_what_to_do(room: Room) -> None:
    with pytest.raises(MachineFault, match="there is no exchange in /nowhere"):
        once(room.root, exchange=Path("/nowhere"))


def test_moments_are_told_in_the_course_s_time(room: Room) -> None:
    assert local(room.klass.course, 0.0) == "01.01.1970 à 01:00"


def test_an_assignment_that_leaves_the_course_waits_for_its_return(room: Room) -> None:
    room.configure(policy=AT_ONCE)
    room.submit("lea")
    with Live(room.root, workers=1) as live:
        live.until("graded", "lea")
        room.configure(policy=AT_ONCE, assignments=[{**course_data()["assignments"][0], "id": "02-autre"}])
        room.submit("noe")
        assert "no assignment" in live.until("aside", "noe").note
    assert not [event for event in live.events if event.kind == "fault"]


def test_a_folder_that_stays_closed_is_told_to_the_teacher(room: Room) -> None:
    whole = room.submit("lea")
    (whole / "timestamp.txt").unlink()
    (whole / "timestamp.txt").symlink_to(whole / "timestamp.txt")  # a loop: it cannot be read by anybody
    found, unfinished = scan(room.inbound, set(), "petit")
    assert (found, unfinished) == ([], 1)
    (arrival,), unfinished = scan(room.inbound, set(), "petit", time.time() + 3600)
    assert unfinished == 0 and "never finished" in arrival.problem
