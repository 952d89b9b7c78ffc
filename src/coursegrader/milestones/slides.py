"""Slides: PDF and PPTX are opened in a confined child, because they are written by others for parsers with a history; notebooks as data."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from coursegrader.allowance import Times
from coursegrader.milestones.handin import File, markdown
from coursegrader.sandbox.confinement import Limits, Mode, make_plan
from coursegrader.sandbox.warm import WarmParent
from coursegrader.session import Cell, Session

PAGES = (5, 30)  # of a talk of ten minutes: from one in two minutes to three a minute
MARK = "coursegrader-slides:"
SECONDS = 40.0
MEMORY = 1 << 30
_READER = """
import json

def _pdf(path):
    import pypdf
    reader = pypdf.PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        return {"error": "encrypted"}
    count = len(reader.pages)
    return {"count": count, "pages": [reader.pages[n].extract_text()[:4000] for n in range(min(count, 60))]}

def _pptx(path):
    from itertools import islice
    from zipfile import ZipFile
    from pptx import Presentation
    with ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST:  # what would not fit anyway is not tried
            raise MemoryError
    slides = Presentation(path).slides
    texts = []
    for slide in islice(slides, 60):
        shapes = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts.append("\\n".join(shapes)[:4000])
    return {"count": len(slides), "pages": texts}

try:
    _found = (_pdf if NAME.endswith(".pdf") else _pptx)(NAME)
except Exception as error:  # running out of time is none: it ends the cell
    _found = {"error": "memory" if isinstance(error, MemoryError) else "damaged"}
print(MARK + json.dumps(_found))
"""


@dataclass(frozen=True)
class Slides:
    """What was read: number of pages, their texts, and what went wrong ("" or "encrypted", "damaged", "memory", "timeout")."""

    count: int = 0
    pages: tuple[str, ...] = ()
    error: str = ""


def read_slides(file: File, parent: WarmParent, mode: Mode) -> Slides:
    """Open a PDF, a PPTX or a notebook of slides.

    Args:
        file: with its content.
        parent: the warm parent to fork the confined child from.
        mode: of confinement.

    Example:
        >>> read_slides(File("slides.pdf", len(data), data), shared(), mode).count     # doctest: +SKIP
        12
    """
    content = file.content or b""
    name = file.path.lower()
    if name.endswith(".ipynb"):
        pages = tuple(markdown(content))
        return Slides(_notebook_slides(content, pages), pages)
    wanted = b"%PDF-" if name.endswith(".pdf") else b"PK\x03\x04"
    if wanted not in content[:1024]:
        return Slides(error="damaged")
    work_name = "slides.pdf" if name.endswith(".pdf") else "slides.pptx"
    # what ends it by time is the clock: the kernel's limit of processor time would look like one of memory
    limits = Limits(memory_bytes=MEMORY, cpu_seconds=math.ceil(SECONDS) + 5, file_bytes=96 << 20, disk_bytes=128 << 20)
    plan = make_plan(mode, limits, {work_name: content})
    times = Times(cell=SECONDS, cell_cpu=SECONDS, submission=2 * SECONDS, output_bytes=2 << 20, restarts=0)
    source = f"NAME, MARK, MOST = {work_name!r}, {MARK!r}, {MEMORY}\n{_READER}"
    with Session(parent, parent.register(plan), times) as session:
        outcome = session.run([Cell("slides", source)])[0]
    if outcome.status in ("timeout", "stopped", "skipped"):
        return Slides(error="timeout" if outcome.status == "timeout" else "memory")
    printed = "".join(output["text"] for output in outcome.outputs if output.get("name") == "stdout")
    return _understood(printed)


def _understood(printed: str) -> Slides:
    """What the child says, held to its form: the child may be in somebody else's hands by now."""
    try:
        said = json.loads(printed.rpartition(MARK)[2])
    except (ValueError, RecursionError):
        return Slides(error="damaged")
    if type(said) is not dict or said.get("error") in ("encrypted", "damaged", "memory"):
        return Slides(error=str(said.get("error")) if type(said) is dict else "damaged")
    count, pages = said.get("count"), said.get("pages")
    if type(count) is not int or type(pages) is not list or not all(type(page) is str for page in pages):
        return Slides(error="damaged")
    return Slides(max(0, min(count, 10_000)), tuple(pages[:60]))


def _notebook_slides(content: bytes, pages: tuple[str, ...]) -> int:
    """Slides of a notebook: cells marked as such, else its headings."""
    try:
        cells = json.loads(content.decode("utf-8-sig")).get("cells", [])
        kinds = [c.get("metadata", {}).get("slideshow", {}).get("slide_type") for c in cells if type(c) is dict]
    except (ValueError, AttributeError, RecursionError):
        return 0
    marked = sum(kind in ("slide", "subslide") for kind in kinds)
    return marked or sum(line.startswith(("# ", "## ")) for page in pages for line in page.splitlines())
