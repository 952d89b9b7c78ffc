"""A student's figures of the whole course at the end of a feedback page: `coursegrader report` puts them there, and a page that is written
anew takes them over from the one before.

nbgrader's `release_feedback` and `fetch_feedback` hand over one page for each notebook that was handed in, under the notebook's name, and nothing
else: the figures have to travel in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from coursegrader.feedback.page import style_hash

_BEGIN, _END = "<!-- mes-resultats {} -->", "<!-- /mes-resultats -->"
_PART = re.compile(r"<!-- mes-resultats (\w*) ?-->(.*?)<!-- /mes-resultats -->\n?", re.DOTALL)
_STYLES = re.compile(r"style-src ('sha256-[A-Za-z0-9+/=]+')( 'sha256-[A-Za-z0-9+/=]+')*")
HEAD_BYTES = 32_768  # a page's head, in which the figures' digest stands, ends well before


def with_figures(page: str, style: str, part: str, digest: str) -> str | None:
    """A feedback page with a student's figures at the end of it, in the place of older ones.

    Args:
        page: of `coursegrader grade`.
        style: for the figures.
        part: the figures.
        digest: letters and digits that name them.

    Returns:
        The page; None for a document that is no such page, which is to stay as it is.

    Example:
        >>> with_figures("<p>a page of another program</p>", "", "", "0") is None
        True
    """
    head, head_end, body = _PART.sub("", page).partition("</head>")
    before, main_end, after = body.rpartition("</main>")
    head, found = _STYLES.subn(rf"style-src \1 '{style_hash(style)}'", head, count=1)
    if not (found and head_end and main_end):
        return None
    begin = _BEGIN.format(digest)
    return f"{head}{begin}<style>{style}</style>{_END}\n{head_end}{before}{begin}{part}{_END}\n{main_end}{after}"


def digest_of(page: str) -> str | None:
    """What the figures in a page are named by, from the page or its first `HEAD_BYTES`; None where it has none."""
    found = _PART.search(page)
    return found[1] if found else None


def carriers(root: Path, students: Iterable[str], assignments: Sequence[str]) -> set[str]:
    """Which of these students have figures in their feedback pages of one of these assignments.

    Args:
        root: the course's folder.
        students, assignments: ids.
    """
    found = set()
    for student in students:
        if any(_carries(root / "feedback" / student / name / f"{name}.html") for name in assignments):
            found.add(student)
    return found


def _carries(path: Path) -> bool:
    try:
        return digest_of(beginning(path, HEAD_BYTES)) is not None
    except OSError:
        return False


def beginning(path: Path, size: int) -> str:
    """The first bytes of a file as text; "" where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(size).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def keep_figures(page: str, before: str) -> str:
    """A page written anew, with the figures of the one before: grading again makes no page poorer.

    What a student wrote is escaped in a page, so that nobody can put such a part there.
    """
    parts = _PART.findall(before)
    if len(parts) != 2:
        return page
    (digest, style), (_, part) = parts
    return with_figures(page, style.removeprefix("<style>").removesuffix("</style>"), part, digest) or page
