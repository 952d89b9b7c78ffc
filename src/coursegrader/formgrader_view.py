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

from coursegrader.feedback.blocks import Budget
from coursegrader.feedback.sanitize import clean_html, is_too_large

MAX_TEXT = (
    20_000  # characters of one Markdown text of a student's; the time that parsing takes may grow with their square
)
MAX_MARKDOWN = 100_000  # of all of them
AS_TEXT = "as text"  # in a cell's metadata
_KINDS = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg"}


class Harmless(Preprocessor):  # type: ignore[misc]
    """Of what cells displayed: text, pictures, and HTML without anything that runs, fetches or hides. Of their metadata: nbgrader's.

    Markdown and HTML that would take the teacher's server long are left as text.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """nbconvert's hook for a notebook."""
        self._budget, self._markdown = Budget(), MAX_MARKDOWN
        made: tuple[Any, Any] = super().preprocess(nb, resources)
        return made

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """nbconvert's hook for each cell."""
        nbgrader = cell.metadata.get("nbgrader", {})
        cell.metadata = {"nbgrader": {**nbgrader, "grade_id": escape(str(nbgrader["grade_id"]))}} if nbgrader else {}
        given = nbgrader.get("locked") and not nbgrader.get("solution")
        if cell.cell_type == "markdown" and not given and not self._affordable(cell.source):
            cell.metadata[AS_TEXT] = True
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = self._shown(output.data)
                output.metadata = {}  # "isolated" would put HTML into a frame of its own
        return cell, resources

    def _affordable(self, markdown: str) -> bool:
        fits = len(markdown) <= min(MAX_TEXT, self._markdown)
        self._markdown -= len(markdown) if fits else 0
        return fits

    def _shown(self, data: Any) -> dict[str, str]:
        """What is left of a mime bundle; an empty text where nothing is, since nbconvert wants something to show."""
        kept = {kind: str(value) for kind, value in data.items() if kind in _KINDS}
        html = kept.pop("text/html", "")
        if html and self._budget.pay_parsing(html) and not is_too_large(html) and (clean := str(clean_html(html))):
            kept["text/html"] = clean
        if not self._affordable(kept.get("text/markdown", "")):
            kept.setdefault("text/plain", kept.pop("text/markdown")[:MAX_TEXT])
        return kept or {"text/plain": ""}


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """In place of nbconvert's `markdown2html`: Markdown as HTML, in which the student's own HTML is text and no link runs anything."""
    if context.get("cell", {}).get("metadata", {}).get(AS_TEXT):
        return f"<pre>{escape(source)}</pre>\n"
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
