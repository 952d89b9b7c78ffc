"""A student's own page, and the same figures as a part of a feedback page. No script, no address, styles named by their hashes."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from coursegrader.report import student_view
from coursegrader.report.page import sha256, style_text, template
from coursegrader.report.student_view import StudentView
from coursegrader.report.texts import t

_BEGIN, _END = "<!-- mes-resultats -->", "<!-- /mes-resultats -->"
_PART = re.compile(re.escape(_BEGIN) + ".*?" + re.escape(_END) + r"\n?", re.DOTALL)
_STYLES = re.compile(r"style-src ('sha256-[A-Za-z0-9+/=]+')( 'sha256-[A-Za-z0-9+/=]+')*")
_SIZES: dict[str, Any] = {
    name.lower(): getattr(student_view, name) for name in ("WIDTH", "HEIGHT", "LEFT", "RIGHT", "TOP", "BOTTOM")
}


def student_page(view: StudentView) -> str:
    """The document; the same view gives the same text."""
    policy = (
        f"default-src 'none'; style-src '{sha256(style_text())}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = template("student.html.j2")
    return page.render(view=view, policy=policy, style=Markup(style_text()), level=2, **_SIZES)


def with_own_figures(feedback: str, part: str) -> str | None:
    """A feedback page with the student's figures at the end of it, in the place of older ones.

    nbgrader's `release_feedback` and `fetch_feedback` hand over one page for each notebook that was handed in, under the notebook's name, and nothing
    else: the figures have to travel in it.

    Args:
        feedback: a page of `coursegrader grade`.
        part: of `figures_part`.

    Returns:
        The page; None for a document that is no such page, which is to stay as it is.

    Example:
        >>> with_own_figures("<p>a page of another program</p>", "") is None
        True
    """
    bare = _PART.sub("", feedback)
    head, head_end, body = bare.partition("</head>")
    before, main_end, after = body.rpartition("</main>")
    style = style_text("own_figures.css")
    head, found = _STYLES.subn(rf"style-src \1 '{sha256(style)}'", head, count=1)
    if not (found and head_end and main_end):
        return None
    return f"{head}{_BEGIN}<style>{style}</style>{_END}\n{head_end}{before}{part}{main_end}{after}"


def figures_part(view: StudentView) -> str:
    """The student's figures as a part of a feedback page."""
    body = template("student_body.html.j2").render(view=view, level=3, **_SIZES)
    title, lead = escape(t("own_section")), escape(view.lead)
    return f'{_BEGIN}<div class="own-figures"><h2>{title}</h2><p class="intro">{lead}</p>\n{body}</div>{_END}\n'
