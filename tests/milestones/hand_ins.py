"""Hand-ins written for tests: slides, archives, answers."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TITLES = ("Trier des messages", "But du projet", "Méthodes", "Défis et surprises", "Résultats", "Questions")
LOG = "| Date | Heures | Travail |\n|---|---|---|\n" + "\n".join(
    f"| {n} mars | 3 | lire, coder, mesurer |" for n in range(1, 10)
)
GOAL = "Notre but est de retrouver neuf messages urgents sur dix. Le code est ici : https://gitlab.com/lea/urgences"

TRAINING = """
import json
import numpy as np

exemples = np.loadtxt("donnees/exemples.csv", delimiter=",")
X, y = exemples[:, :2], exemples[:, 2]
poids = np.zeros(2)
for epoque in range(50):
    erreur = X @ poids - y
    poids -= 0.1 * (X.T @ erreur / len(y))


def evaluer(X, y):
    return float(np.mean((X @ poids - y) ** 2))


print(evaluer(X, y))
np.save("modele.npy", poids)
"""


def pptx(titles: tuple[str, ...] = TITLES) -> bytes:
    """Slides with these titles."""
    from pptx import Presentation

    made = Presentation()
    for title in titles:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "Une phrase sur ce sujet, but nothing else."
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def pdf(titles: tuple[str, ...] = TITLES, password: str = "") -> bytes:
    """Pages with these titles, by matplotlib; encrypted by pypdf where a password is given."""
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    stream = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfPages(stream) as pages:
        for title in titles:
            figure = Figure(figsize=(4, 3))
            figure.text(0.1, 0.8, title)
            pages.savefig(figure)
    if not password:
        return stream.getvalue()
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(stream.getvalue())))
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def notebook(*cells: tuple[str, str] | tuple[str, str, str]) -> bytes:
    """A notebook of (kind, source) or (kind, source, grade id)."""
    made: list[dict[str, Any]] = []
    for kind, source, *grade_id in cells:
        metadata = {"nbgrader": {"grade_id": grade_id[0], "grade": True, "solution": True}} if grade_id else {}
        cell = {"cell_type": kind, "source": source, "metadata": metadata}
        made.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def answers(goal: str = GOAL, log: str = LOG) -> bytes:
    """The assignment's own notebook, answered."""
    return notebook(("markdown", "# Le but"), ("markdown", goal, "but"), ("markdown", log, "journal"))


def project() -> dict[str, bytes]:
    """A complete repository."""
    return {
        "README.md": b"# Urgences\nDonnees inventees dans donnees/. Lancer projet.ipynb : il entraine et evalue.",
        "projet.ipynb": notebook(("code", TRAINING)),
        "donnees/exemples.csv": b"1,0,1\n0,1,0\n1,1,1\n0,0,0\n",
        "modele.npy": b"\x93NUMPY" + bytes(200),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return stream.getvalue()


def zip_bomb() -> bytes:
    """Half a megabyte that would become 500 MB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            with archive.open(f"{number}.csv", "w", force_zip64=False) as file:
                for _ in range(100):
                    file.write(bytes(1 << 20))
    return stream.getvalue()


def lying_zip() -> bytes:
    """A zip that says of a file of 200 kB that it holds 10 bytes."""
    data = bytearray(zipped({"a.csv": bytes(200_000)}))
    central = data.rfind(b"PK\x01\x02")
    for place in (22, central + 24):
        struct.pack_into("<L", data, place, 10)
    return bytes(data)


def tar_bomb() -> bytes:
    """A gzip stream of zeros behind a header that promises 2 GB."""
    info = tarfile.TarInfo("zeros.csv")
    info.size = 2 << 30
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
        packed.write(info.tobuf())
        for _ in range(460):
            packed.write(bytes(1 << 20))
    return stream.getvalue()


def described_tar(kind: bytes, said: bytes, times: int = 1) -> bytes:
    """A packed tar of one file that says much about it: `said` in an entry of a kind that describes the next one, so many times over."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, len(said)
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
        for number in range(times):
            packed.write(bytes(head) + said + bytes(-len(said) % 512))
            packed.write(tarfile.TarInfo(f"{number}.py").tobuf())
        packed.write(bytes(1024))
    return stream.getvalue()


def many_attributes(count: int, start: int = 0) -> bytes:
    """What a tar says in its POSIX form: so many attributes of names that nothing else has."""
    return b"".join(b"16 %011x=\n" % number for number in range(start, start + count))


def holes_map() -> bytes:
    """A tar whose file has holes, in POSIX form, and a map of them that never ends a line."""
    said = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    info, described = tarfile.TarInfo("h.csv"), tarfile.TarInfo("x")
    info.size, described.type, described.size = 64 << 20, tarfile.XHDTYPE, len(said)
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
        packed.write(described.tobuf(tarfile.USTAR_FORMAT) + said + bytes(-len(said) % 512) + info.tobuf())
        for _ in range(64):
            packed.write(b"9" * (1 << 20))
        packed.write(tarfile.TarInfo("a.py").tobuf() + bytes(1024))
    return stream.getvalue()


def old_holes() -> bytes:
    """A tar whose file has holes, in GNU's old form, with a map that goes on."""
    info = tarfile.TarInfo("h.csv")
    info.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[482] = 1
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return gzip.compress(bytes(head) + (b"%011o\0" % 1 * 42 + b"\1" + bytes(7)) * 10_000)


def put(root: Path, student: str, assignment: str, files: Mapping[str, bytes], at: str = "") -> Path:
    """Put files where `nbgrader collect` would, with its timestamp."""
    folder = root / "submitted" / student / assignment
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if at:
        (folder / "timestamp.txt").write_text(at)
    return folder
