"""What formgrader shows of a student's notebook, brought to what cannot act.

The page is the teacher's: a script in it may do all that she may, such as enter grades for everybody. nbconvert writes HTML as it stands, in answers
and in outputs, and formgrader's template passes over nbconvert's own `sanitize_html`. So the two places where HTML comes in are closed here: Markdown
that is not the course's is shown with its HTML as text, and HTML that cells displayed is reduced as on a student's page.
"""

from __future__ import annotations

from html import escape
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor

from coursegrader.feedback.sanitize import clean_html

_KINDS = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg"}


class Harmless(Preprocessor):  # type: ignore[misc]
    """Of what cells displayed: text, pictures, and HTML without anything that runs, fetches or hides. Of their metadata: nbgrader's."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """nbconvert's hook for each cell."""
        nbgrader = cell.metadata.get("nbgrader", {})
        cell.metadata = {"nbgrader": {**nbgrader, "grade_id": escape(str(nbgrader["grade_id"]))}} if nbgrader else {}
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = _shown(output.data)
                output.metadata = {}  # "isolated" would put HTML into a frame of its own
        return cell, resources


def _shown(data: Any) -> dict[str, str]:
    """What is left of a mime bundle; an empty text where nothing is, since nbconvert wants something to show."""
    kept = {kind: str(value) for kind, value in data.items() if kind in _KINDS}
    html = _clean(kept.pop("text/html", ""))
    kept |= {"text/html": html} if html else {}
    return kept or {"text/plain": ""}


def _clean(value: str) -> str:
    try:
        return str(clean_html(value))
    except ValueError:  # too large to be parsed
        return ""


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """In place of nbconvert's `markdown2html`: Markdown as HTML, in which the student's own HTML is text and no link runs anything."""
    return str(MarkdownWithMath(renderer=_Renderer(escape=True, allow_harmful_protocols=False)).render(source))


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """nbconvert's, without the two things in it that a text could use: diagrams written as they stand, and pictures that must be there."""

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{escape(code)}</pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # A picture pasted into an answer does not travel; nbconvert would show no page at all without it.
        if url.startswith("attachment:"):
            return f"[{escape(text or url)}]"
        return str(super().image(text, url, title))
