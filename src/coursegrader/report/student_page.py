"""A student's own page, and the same figures as a part of a feedback page. No script, no address, styles named by their hashes."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from markupsafe import Markup, escape

from coursegrader.feedback.figures import with_figures
from coursegrader.messages import FALLBACK, texts
from coursegrader.report.page import sha256, source, style_text, template
from coursegrader.report.student_view import StudentView
from coursegrader.report.texts import t

_DIGEST = re.compile(r'<meta name="coursegrader" content="([0-9a-f]{64})">')
HEAD_BYTES = 1_024  # the digest stands at the beginning of a page


def student_page(view: StudentView, lead: str, digest: str) -> str:
    """The document; the same arguments give the same text.

    Args:
        view: the figures.
        lead: a sentence that says of which day they are.
        digest: of `page_digest`, to know the page again by.
    """
    policy = (
        f"default-src 'none'; style-src '{sha256(style_text())}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = template("student.html.j2")
    return page.render(view=view, lead=lead, digest=digest, policy=policy, style=Markup(style_text()), level=2)


def page_digest(view: StudentView) -> str:
    """SHA-256 of all that a page shows: the person's figures, and templates, styles and texts. The day of writing is not among them."""
    return hashlib.sha256(f"{_frame_digest(view.language)}{view.digest}".encode()).hexdigest()


@cache
def _frame_digest(language: str) -> str:
    names = ("student.html.j2", "student_body.html.j2", "report.css", "own_figures.css")
    said = [source(name) for name in names] + [repr(sorted(texts(name).items())) for name in (FALLBACK, language)]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def digest_of(page: str) -> str | None:
    """The digest in a page, or in its first `HEAD_BYTES`."""
    found = _DIGEST.search(page)
    return found[1] if found else None


def with_own_figures(feedback: str, view: StudentView, lead: str, digest: str) -> str | None:
    """A feedback page with the student's figures in it; None for a document that is no such page."""
    body = template("student_body.html.j2").render(view=view, level=3)
    title = escape(t("own_section"))
    part = f'<div class="own-figures"><h2>{title}</h2><p class="intro">{escape(lead)}</p>\n{body}</div>'
    return with_figures(feedback, style_text("own_figures.css"), part, digest)
