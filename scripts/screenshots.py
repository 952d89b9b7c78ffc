"""Screenshots for docs/course.md: notebooks in JupyterLab, as released and as a student who solved them sees them.

    .venv/bin/python scripts/screenshots.py
    .venv/bin/python scripts/screenshots.py 09-trois-phases 10-classement

Needs Debian's chromium (/usr/bin/chromium). Runs the solved notebooks first, down to what is shown.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from coursegrader.bank import load_bank, solutions_of
from coursegrader.build import build_source
from coursegrader.course import load_course

ROOT = Path(__file__).resolve().parents[1]
SHOWN = {  # the headings of the two places, as released and solved; pixels by which the second is scrolled on, to its picture
    "01-compter-generer": ("Exercice 3", "Exercice 3", 0),
    "02-contexte-plus-long": ("Exercice 3", "Le fléau, vu sur la validation", 0),
    "03-un-neurone": ("Exercice 2", "Ce que la couche a appris", 0),
    "04-plongements": ("Exercice 5", "Exercice 5", 0),
    "05-entrainer": ("Exercice 4", "Lire deux courbes", 0),
    "06-plus-de-couches": ("Exercice 4", "Le duel", 0),
    "07-gpt": ("Exercice 1", "Où regarde-t-il", 0),
    "08-jetons": ("Exercice 4", "Exercice 6", 0),
    "09-trois-phases": ("Exercice 9", "Phase 2 : répondre", 0),
    "10-classement": ("Exercice 7", "Exercice 7", 560),
    "11-grand-modele": ("Exercice 7", "Exercice 7", 480),
    "12-au-dela-du-texte": ("Exercice 5", "Une image avec des mots", 0),
}
KINDS = ("empty", "solved")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = sys.argv[1:] or list(SHOWN)
        for name in names:
            prepare(folder, name)
        # As the course's hub gives it to students: without the teacher's panels, and without JupyterLab's news over the page.
        students_lab = ROOT / "deploy" / "hub" / "student" / "labconfig" / "page_config.json"
        settings = folder / ".jupyter" / "labconfig"
        settings.mkdir(parents=True)
        shutil.copy(students_lab, settings)
        port = free_port()
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                f"--port={port}",
                "--IdentityProvider.token=",
            ],
            cwd=folder,
            env={**os.environ, "HOME": scratch, "JUPYTER_CONFIG_DIR": f"{scratch}/.jupyter"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(server, f"http://127.0.0.1:{port}/api/status")
            photograph(port, names)
        finally:
            server.send_signal(signal.SIGINT)
            server.send_signal(signal.SIGINT)
            server.wait(30)


def prepare(folder: Path, name: str) -> None:
    """The released folder, and a copy of it with the answers filled in and run."""
    course = load_course(ROOT)
    for kind in KINDS:
        shutil.copytree(ROOT / "release" / name, folder / kind / name)
    release = json.loads((ROOT / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    answers = {
        exercise: re.sub(r"\n *### (BEGIN|END) SOLUTION", "", answer)
        for exercise, answer in solutions_of(build_source(course, course.assignment(name))).items()
    }
    reference = next(k for k in load_bank(ROOT / "tests" / "submissions" / name) if k.label == "reference")
    notebook = nbformat.reads(reference.notebook(release, answers).decode(), as_version=4)
    run(notebook, folder / "solved" / name, SHOWN[name][1])
    nbformat.write(notebook, folder / "solved" / name / f"{name}.ipynb")


def run(notebook: nbformat.NotebookNode, folder: Path, heading: str) -> None:
    """Run the cells down to the section after the one that is shown: what follows is not in the picture."""
    shown = next(i for i, cell in enumerate(notebook.cells) if f"### {heading}" in cell.source)
    later = (i for i, cell in enumerate(notebook.cells) if i > shown and re.search(r"^## ", cell.source, re.MULTILINE))
    end = next(later, len(notebook.cells))
    client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells[:end]):
            client.execute_cell(cell, index)


def photograph(port: int, names: list[str]) -> None:
    """Two pictures of each notebook, from its heading on."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1400}, locale="fr-FR")
        page.set_default_timeout(120_000)
        for name in names:
            *headings, more = SHOWN[name]
            for kind, heading, pixels in zip(KINDS, headings, (0, more), strict=True):
                page.goto(f"http://127.0.0.1:{port}/doc/tree/{kind}/{name}/{name}.ipynb?reset")
                page.wait_for_selector(".jp-Notebook .jp-Cell")
                page.wait_for_timeout(3000)  # formulas and highlighting are drawn after the cells
                while not (target := page.locator(".jp-Notebook h3", has_text=heading).first).count():
                    page.locator(".jp-WindowedPanel-outer").first.evaluate("node => node.scrollBy(0, 900)")
                    page.wait_for_timeout(300)
                for _ in range(3):  # what is drawn above it in the meantime pushes it down again
                    target.evaluate("node => node.scrollIntoView({block: 'start'})")
                    page.wait_for_timeout(2000)
                page.locator(".jp-WindowedPanel-outer").first.evaluate(f"node => node.scrollBy(0, {pixels})")
                page.wait_for_timeout(2000)
                save(page.screenshot(), ROOT / "docs" / "images" / f"{name}-{kind}.png")
        browser.close()


def save(picture: bytes, path: Path) -> None:
    """In 256 colours: text stays sharp, and a page of docs loads quickly."""
    from PIL import Image

    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256).save(path, optimize=True)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    """Until the server answers."""
    import time

    for _ in range(240):
        if server.poll() is not None:
            raise SystemExit("JupyterLab did not start")
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("JupyterLab does not answer")


if __name__ == "__main__":
    main()
