"""Deliverables are opened, counted, searched and run; what is no slides, too large or hostile is said in words."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from coursegrader.course import Course
from coursegrader.milestones import archives
from coursegrader.milestones.archives import BadArchive, read_archive
from coursegrader.milestones.handin import read_hand_in
from coursegrader.milestones.precheck import Precheck, precheck
from coursegrader.milestones.repository import KNOWN, Online, ask_online, find_links, link_problem
from coursegrader.milestones.sections import sections_of
from coursegrader.milestones.worklog import read_work_log
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from coursegrader.submission import printable
from tests.milestones import hand_ins as made
from tests.milestones.conftest import NAME, said


def test_a_complete_hand_in_lacks_nothing(look: Any) -> None:
    found = look({f"{NAME}.ipynb": made.answers(), "diapos.pptx": made.pptx(), "code.zip": made.zipped(made.project())})
    assert all(finding.ok for group in found.values() for finding in group), said(found)
    whole = {"answers", "hours", "slides", "sections", "link", "readme", "data", "training", "evaluation", "artefact"}
    assert set(found) == {*whole, "runs"}
    last: Precheck = look.last
    assert (last.missing, last.flags) == (0, 0) and len(last.digest) == 64
    assert found["hours"][0].said.startswith("Journal : 27 heures en 9 lignes")
    assert "6 diapositives" in found["slides"][0].said


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("diapos.pdf", made.pdf(), "True diapos.pdf s'ouvre : 6 diapositives."),
        ("diapos.pdf", made.pdf(("1. Goal", "Methods", "Challenges", "Surprises", "Results")), "True Les parties"),
        ("diapos.pdf", made.pdf(("Goal", "Methods", "x", "y", "z")), "annonce : les défis et surprises, les résultats"),
        ("diapos.pdf", made.pdf(("But",)), "False diapos.pdf : 1 diapositives pour dix minutes"),
        ("diapos.pdf", made.pdf(("",) * 6), "None diapos.pdf : aucun texte ne peut y être lu"),
        ("diapos.pdf", made.pdf(password="secret"), "False diapos.pdf : le fichier est protégé"),
        ("diapos.pdf", b"no PDF at all", "False diapos.pdf : le fichier ne s'ouvre pas"),
        ("diapos.pdf", b"%PDF-1.7\n1 0 obj <<>> endobj trailer", "False diapos.pdf : le fichier ne s'ouvre pas"),
        ("diapos.pdf", b"", "False diapos.pdf : le fichier ne s'ouvre pas"),
        ("diapos.pptx", made.zipped({"a": b"b"}), "False diapos.pptx : le fichier ne s'ouvre pas"),
        ("diapos.pptx", made.pdf(), "False diapos.pptx : le fichier ne s'ouvre pas"),
        (
            "diapos.ipynb",
            made.notebook(*(("markdown", f"# {title}") for title in made.TITLES)),
            "True Les parties demandées ont un titre",
        ),
        ("autre.txt", b"", "False Il manque les diapositives"),
    ],
)
def test_slides_are_opened_counted_and_searched(look: Any, name: str, content: bytes, expected: str) -> None:
    found = look({name: content})
    assert expected in said({k: found[k] for k in ("slides", "sections") if k in found})


def test_slides_of_300_mb_are_refused_before_they_are_read(look: Any, course: Course) -> None:
    folder = made.put(course.root, "lea", NAME, {"diapos.pdf": b"%PDF-1.4"})
    os.truncate(folder / "diapos.pdf", 300 << 20)
    code = (
        "import resource, sys; from pathlib import Path; from coursegrader.milestones.handin import read_hand_in\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = read_hand_in(Path(sys.argv[1]), 'projet-2-but')\n"
        "print(found.problems, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    problems, _, grown = done.stdout.strip().rpartition(" ")
    assert "file_too_large', {'size': 300, 'limit': 60}" in problems
    assert int(grown) < 20_000  # kilobytes: nothing of the 300 MB was read
    found = look({})
    assert "diapos.pdf : 300 Mo, c'est trop : au plus 60 Mo. Le fichier n'a pas été ouvert" in said(found)


def test_nothing_handed_in_is_said(course: Course, mode: Mode) -> None:
    found = precheck(course, course.milestone("but"), "lea", mode, shared())
    assert [(f.check, f.ok) for f in found.findings] == [("hand_in", False)]


def test_answers_that_are_missing_are_named(look: Any) -> None:
    found = look({f"{NAME}.ipynb": made.answers(goal="Trop court.")})
    assert [f.said for f in found["answers"]] == ["Il manque une réponse : « but »."]
    assert "answers" in look({f"{NAME}.ipynb": b"{"}) and "ne peut pas être lu" in said(look({}))


@pytest.mark.parametrize(
    ("log", "ok", "expected"),
    [
        (made.LOG, True, "27 heures en 9 lignes"),
        (made.LOG.replace("| 3 |", "| 2 |"), False, "compte 18 heures ; entre 20 et 40"),
        (made.LOG.replace("| 3 |", "| 5h30 |"), False, "compte 49,5 heures"),
        (made.LOG.replace("| 3 |", "| beaucoup |", 1), False, "n'a pas d'heures lisibles"),
        (made.LOG.replace("| 3 |", "| 30 |", 1), False, "au plus 16 par ligne"),
        (made.LOG + "\n| **Total** | 27 | |", True, "27 heures en 9 lignes"),
        ("Vingt-sept heures de travail en tout, promis, sans tableau.", False, "Le journal de travail est vide"),
    ],
)
def test_the_hours_of_the_log_are_added_up(look: Any, log: str, ok: bool, expected: str) -> None:
    (finding,) = look({f"{NAME}.ipynb": made.answers(log=log)})["hours"]
    assert finding.ok is ok and expected in finding.said
    assert read_work_log(log).rows <= 9


def test_a_notebook_that_stops_is_named_with_its_cell(look: Any) -> None:
    files = {"projet.ipynb": made.notebook(("code", "a = 1"), ("markdown", "texte"), ("code", "a / 0"))}
    (finding,) = look(files)["runs"]
    assert finding.ok is False and finding.said == "projet.ipynb s'arrête à la cellule 3 : ZeroDivisionError."


def test_a_notebook_has_no_network_and_that_is_not_held_against_it(look: Any) -> None:
    code = "import urllib.request\nurllib.request.urlopen('https://example.org/data.csv')"
    (finding,) = look({"projet.ipynb": made.notebook(("code", code))})["runs"]
    assert finding.ok is None and "demande le réseau" in finding.said


def test_an_incomplete_repository_says_what_is_missing(look: Any) -> None:
    found = look({"code.tar.gz": made.tarred({"projet/app.py": b"print('bonjour')"})})
    missing = {name for name, group in found.items() if any(f.ok is False for f in group)}
    assert {"readme", "data", "training", "evaluation", "artefact"} <= missing
    (flag,) = found["flag"]
    assert flag.flag and flag.ok is None and look.last.flags == 1


def test_a_wrapper_raises_a_flag_with_its_evidence_and_no_verdict(look: Any) -> None:
    source = "import openai\nprint(openai.chat.completions.create(model='gpt-4o', messages=[]))"
    (flag,) = look({"app.py": source.encode(), "README.md": b"x"})["flag"]
    assert flag.flag and flag.ok is None and "rien n'est entraîné" in flag.said
    assert {k: flag.evidence[0][k] for k in ("kind", "file", "line")} == {"kind": "hosted", "file": "app.py", "line": 2}


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("https://github.com/lea/projet", ""),
        ("https://gitlab.epfl.ch/groupe/sous-groupe/projet.git", ""),
        ("https://github.com/lea", "no_repository"),
        ("https://github.com/", "no_repository"),
        ("http://localhost:8888/lab/tree", "host"),
        ("https://192.168.1.5/lea/projet", "host"),
        ("https://example.com/lea/projet", "host"),
        ("https://[bad/lea/projet", "malformed"),
        ("https://github.com:port/lea/projet", "malformed"),
        ("file:///home/lea/projet", "scheme"),
        ("git@github.com:lea/projet.git", "ssh"),
        ("https://lea:ghp_abc@github.com/lea/projet", "secret"),
        ("https://github.com/lea/projet?token=abc", "secret"),
    ],
)
def test_links_are_judged_by_their_form(link: str, problem: str) -> None:
    assert find_links(f"Le code : {link}, merci.") == [link]
    assert link_problem(link) == problem


def test_a_link_that_points_nowhere_is_told_and_no_secret_is_repeated(look: Any) -> None:
    goal = (
        "Notre but est écrit ici en plus de huit mots : https://lea:ghp_abc@github.com/lea/x et https://localhost/a/b"
    )
    found = look({f"{NAME}.ipynb": made.answers(goal=goal)})
    assert [f.ok for f in found["link"]] == [False, False]
    assert "ghp_abc" not in said(found) and "ne mène nulle part" in said(found)


def test_only_online_is_the_address_asked(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    files = {f"{NAME}.ipynb": made.answers()}
    assert "n'a pas été ouvert" in said(look(files))
    asked: list[str] = []
    found = look(files, online=lambda link: asked.append(link) or "HTTP 404")
    assert asked == ["https://gitlab.com/lea/urgences"]
    assert found["link"][0].ok is False and "ne mène nulle part (HTTP 404)" in found["link"][0].said
    assert look(files, online=lambda link: "")["link"][0].ok is True


def test_asking_online_keeps_out_of_private_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.7", 443))])
    assert ask_online("https://gitlab.intern.ch/a/b") == "gitlab.intern.ch est dans un réseau privé"


@pytest.mark.parametrize(
    "link",
    [
        f"https://{'a' * 70}.com/x/y",
        "https://exemple..org/a/b",
        "https://\N{LATIN SMALL LETTER E WITH ACUTE}.invalid/a/b",
    ],
)
def test_a_name_that_cannot_be_one_is_no_traceback(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursegrader.milestones.repository._network", lambda: True)
    assert "n'existe pas" in ask_online(link)


def test_without_a_network_no_link_is_missing(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    asked: list[str] = []

    def refused(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host not in there:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return [(2, 1, 6, "", ("140.82.121.3", 443))]

    there: tuple[str, ...] = ()
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    files, online = {f"{NAME}.ipynb": made.answers(goal=f"{made.GOAL} et https://gitlab.com/lea/donnees")}, Online()
    found = look(files, online=online)
    assert [f.ok for f in found["link"]] == [True, True] and "n'a pas été ouvert" in found["link"][0].said
    assert online.missing and asked == ["gitlab.com", *KNOWN]  # found out once
    there = KNOWN[:1]
    online = Online()
    found = look(files, online=online)
    assert [f.ok for f in found["link"]] == [False, False] and "le nom gitlab.com n'existe pas" in found["link"][0].said
    assert not online.missing


def test_an_address_is_asked_where_it_was_looked_at_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    import ipaddress
    import socket
    import threading

    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        for answer in (b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 404 x\r\n\r\n", b"\x1b[2J boo\r\n\r\n", b""):
            wire, _ = server.accept()
            asked.append(wire.recv(1000).partition(b"\r\n")[0])
            wire.sendall(answer)
            slow.wait(0 if answer else 60)  # the last one says nothing and does not hang up
            wire.close()

    slow = threading.Event()
    monkeypatch.setattr("coursegrader.milestones.repository.PATIENCE", 0.3)
    monkeypatch.setattr(ipaddress.IPv4Address, "is_global", True)
    looked_up: list[str] = []

    def look_up(
        host: str, *_: Any, **__: Any
    ) -> list[Any]:  # another answer the second time: a name that was bound anew
        looked_up.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if host in ("depot.org", "127.0.0.1") else "10.0.0.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    thread = threading.Thread(target=serve)
    thread.start()
    link = f"http://depot.org:{port}/lea/été"
    try:
        said = [ask_online(link) for _ in range(4)]
    finally:
        slow.set()
        thread.join()
        server.close()
    assert said[:2] == ["", "HTTP 404"]
    assert said[2] == "depot.org ne répond pas (BadStatusLine)"
    assert said[3].startswith("depot.org ne répond pas (")
    assert asked[0] == b"HEAD /lea/%C3%A9t%C3%A9 HTTP/1.1"
    assert looked_up.count("depot.org") == 4  # once for each question: the connection goes to the address


def test_what_a_student_wrote_is_one_line_and_moves_no_cursor(look: Any) -> None:
    forged = "X\\n  ok       tout va bien\\nbut: 0 missing; validated by this check\\x1b[2J"
    log = made.LOG.replace("| 3 |", "| \x1b]8;;https://x\x07 3 |", 1)
    cell = f'raise type("{forged}", (Exception,), {{}})()'
    found = look({f"{NAME}.ipynb": made.answers(log=log), "a.ipynb": made.notebook(("code", cell))})
    told = [finding.said for group in found.values() for finding in group]
    assert all(line == printable(line) for line in told), told
    assert any(r"X\n  ok" in line for line in told) and any(r"\x1b]8" in line for line in told)


def test_only_a_link_is_left_to_the_teacher(look: Any) -> None:
    (finding,) = look({f"{NAME}.ipynb": made.answers()})["code"]
    assert finding.ok is None and "Joignez aussi une archive" in finding.said


ARCHIVES = {
    "bomb.zip": (made.zip_bomb, "bomb"),
    "bomb.tar.gz": (made.tar_bomb, "bomb"),
    "name.tar.gz": (lambda: made.described_tar(tarfile.GNUTYPE_LONGNAME, b"a/" * (4 << 20)), "bomb"),
    "attributes.tar.gz": (lambda: made.described_tar(tarfile.XHDTYPE, made.many_attributes(100_000)), "bomb"),
    "common-attributes.tar.gz": (
        lambda: made.described_tar(tarfile.XGLTYPE, made.many_attributes(2_000), times=100),
        "bomb",
    ),
    "holes.tar.gz": (made.old_holes, "damaged"),
    "lying.zip": (made.lying_zip, "damaged"),
    "none.zip": (lambda: b"no archive", "damaged"),
    "cut.zip": (lambda: made.zipped(made.project())[:-30], "damaged"),
    "cut.tar.gz": (lambda: made.tarred(made.project())[:-60], "damaged"),
    "none.tgz": (lambda: b"no archive", "damaged"),
    "many.zip": (lambda: made.zipped({f"{n}.txt": b"" for n in range(5100)}), "too_many"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_harm_or_do_not_open_are_refused_in_time(tmp_path: Path, name: str) -> None:
    make, reason = ARCHIVES[name]
    (tmp_path / name).write_bytes(make())
    with pytest.raises(BadArchive) as caught:
        read_archive(tmp_path / name)
    assert caught.value.reason == reason


@pytest.mark.parametrize("pack", [made.zipped, made.tarred])
def test_nothing_in_an_archive_leaves_it(tmp_path: Path, pack: Any) -> None:
    path = tmp_path / ("a.zip" if pack is made.zipped else "a.tar.gz")
    path.write_bytes(pack({"../evil.py": b"1", "/etc/x.py": b"2", "C:\\x.py": b"3", "ok/a.py": b"4", "b.py": b"5"}))
    files, left_out = read_archive(path)
    assert sorted(files) == ["b.py", "ok/a.py"] and len(left_out) == 3
    assert files["b.py"] == (1, b"5")


def test_names_that_no_folder_can_hold_stop_nobody_s_precheck(look: Any) -> None:
    """The class's prechecks ended there: the file could not be put beside the notebook that is run."""
    names = ["a", "a/b.py", "n.ipynb/c.py", f"{'x' * 300}.py", f"{'é' * 150}.py", "d.py"]
    cell = made.notebook(("code", "import d"))
    (finding,) = look({"p.zip": made.zipped({**dict.fromkeys(names, b""), "n.ipynb": cell})})["runs"]
    assert finding.ok is True


def test_what_a_tar_says_about_a_file_is_read_within_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(made.described_tar(tarfile.XHDTYPE, made.many_attributes(50), times=20))
    assert len(read_archive(path)[0]) == 20
    path.write_bytes(made.holes_map())
    assert read_archive(path) == ({"a.py": (0, b"")}, ["h.csv"])


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    folder = made.put(tmp_path, "lea", NAME, {"a.tar.gz": made.tarred({"a.py": b"1"}, {"passwd.txt": "/etc/passwd"})})
    (folder / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.py")
    started = time.monotonic()
    found = read_hand_in(folder, NAME)
    assert time.monotonic() - started < 60  # a pipe is never waited for
    assert [file.path for file in found.files] == ["a.py"]
    assert {name for name, _, _ in found.problems} == {"link.py", "pipe.py", "a.tar.gz: passwd.txt"}


def test_large_files_of_an_archive_are_known_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ONE", 10)
    (tmp_path / "a.zip").write_bytes(made.zipped({"big.csv": bytes(11), "small.csv": b"1"}))
    files, _ = read_archive(tmp_path / "a.zip")
    assert files == {"big.csv": (11, None), "small.csv": (1, b"1")}


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("Objectifs", {"goal"}),
        ("2) Le but", {"goal"}),
        ("Good results but slow", {"results"}),
        ("Notre démarche", {"methods"}),
        ("DIFFICULTÉS RENCONTRÉES", {"challenges"}),
        ("III. Résultats", {"results"}),
        ("Aim and methods", {"goal", "methods"}),
        ("Ce que nous avons obtenu comme résultats est écrit ici.", set()),
        ("Bonjour", set()),
    ],
)
def test_sections_are_found_by_their_titles(page: str, expected: set[str]) -> None:
    assert sections_of([page]) == expected


def test_a_hand_in_fills_no_memory_and_what_is_looked_at_goes_first(tmp_path: Path) -> None:
    """A megabyte of archives or a sparse file costs a student nothing."""
    zeros = made.zipped({f"{n}.bin": bytes(15 << 20) for n in range(3)})
    files = {f"{n:02}.zip": zeros for n in range(12)} | {"zz.py": b"print(1)", f"{NAME}.ipynb": made.answers()}
    folder = made.put(tmp_path, "lea", NAME, files)
    for n in range(4):
        with (folder / f"data{n}.bin").open("wb") as file:
            file.truncate(16 << 20)
    found = read_hand_in(folder, NAME)
    assert sum(len(file.content or b"") for file in found.files) <= 128 << 20
    assert found.ending("zz.py")[0].content == b"print(1)"
    assert sum(file.path.endswith(".bin") for file in found.files) == 34  # known by name and size
    assert [(name, key) for name, key, _ in found.problems] == [
        (f"{n}.zip", "milestones.too_many_archives") for n in (10, 11)
    ]


def test_code_in_an_archive_that_is_too_large_to_be_read_is_flagged(look: Any) -> None:
    files = made.project() | {"app.py": b"#" * (17 << 20) + b"\nimport openai\nopenai.chat.completions.create()"}
    found = look({f"{NAME}.ipynb": made.answers(), "diapos.pptx": made.pptx(), "code.zip": made.zipped(files)})
    (flag,) = found["flag"]
    assert flag.flag and {"too long to be read"} <= {seen["kind"] for seen in flag.evidence}
    assert not look.last.complete
