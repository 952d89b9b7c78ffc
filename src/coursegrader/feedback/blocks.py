"""What a cell put out, as blocks that a page can show: text, picture, table, error or a note.

Every block is paid for out of a budget, so that no amount of output makes a page that a browser cannot open.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from coursegrader.feedback.plain import Excerpt, excerpt, grouped, strip_ansi
from coursegrader.feedback.png import Png, read_png
from coursegrader.feedback.sanitize import clean_html, is_too_large
from coursegrader.messages import text

MAX_BLOCKS = 40
MAX_HTML_BYTES = 150_000
_BLOCK_OVERHEAD = 300  # bytes of the elements around a block
_LINE_OVERHEAD = 40

Output = dict[str, Any]


@dataclass
class Budget:
    """What student text and pictures may still take on the page, in bytes, and the HTML that may still be parsed."""

    text: int = 400_000
    images: int = 1_250_000
    html_chars: int = 300_000
    html_tags: int = 15_000

    def pay_text(self, size: int) -> bool:
        """Take `size` bytes if they are left."""
        if size > self.text:
            return False
        self.text -= size
        return True

    def pay_parsing(self, html: str) -> bool:
        """Take what parsing `html` costs, if it is left: crafted input takes a second for a few thousand tags."""
        chars, tags = len(html), html.count("<")
        if chars > self.html_chars or tags > self.html_tags:
            return False
        self.html_chars -= chars
        self.html_tags -= tags
        return True

    def pay_image(self, size: int) -> bool:
        """Take `size` bytes if they are left."""
        if size > self.images:
            return False
        self.images -= size
        return True


@dataclass(frozen=True)
class Block:
    """One thing to show.

    Attributes:
        kind: "stdout", "stderr", "result", "error", "html", "image" or "note".
        label: what it is, for readers who do not see its colour.
        excerpt: of a block of text.
        markup: of an html block, sanitized.
        image: of an image block; `label` is its alternative text.
    """

    kind: str
    label: str
    excerpt: Excerpt | None = None
    markup: Markup | None = None
    image: Png | None = None


class OutputRenderer:
    """Turns outputs into blocks and numbers the pictures of a page.

    Args:
        budget: of the whole page.

    Example:
        >>> output = {"output_type": "stream", "name": "stdout", "text": "a"}
        >>> OutputRenderer(Budget()).blocks([output], "decode")[0].kind
        'stdout'
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._figures = 0

    def blocks(self, outputs: Sequence[Output], exercise: str | None) -> list[Block]:
        """The blocks of one cell's outputs.

        Args:
            outputs: cleaned, nbformat 4.
            exercise: id, for the pictures' alternative texts.
        """
        merged = _merge_streams(outputs)
        shown = [block for output in merged[:MAX_BLOCKS] if (block := self._block(output, exercise)) is not None]
        if len(merged) > MAX_BLOCKS:
            shown.append(_note("feedback.cut_outputs", count=grouped(len(merged) - MAX_BLOCKS)))
        return _one_note_only(shown)

    def affordable(self, part: Excerpt) -> bool:
        """Whether the page has room for a text, which is paid for if so."""
        lines = part.head.count("\n") + part.tail.count("\n") + 2
        size = sum(len(escape(piece).encode()) for piece in (part.head, part.tail))
        return self.budget.pay_text(size + lines * _LINE_OVERHEAD + _BLOCK_OVERHEAD)

    def _block(self, output: Output, exercise: str | None) -> Block | None:
        kind = output["output_type"]
        if kind == "stream":
            kind = "stderr" if output["name"] == "stderr" else "stdout"
            return self._text(kind, f"feedback.{kind}", output["text"])
        if kind == "error":
            return self._text("error", "feedback.error", _trace(output))
        return self._display(output["data"], exercise)

    def _display(self, data: dict[str, Any], exercise: str | None) -> Block | None:
        if "image/png" in data:
            return self._image(data["image/png"], exercise)
        if "text/html" in data:
            block = self._html(data["text/html"])
            if block is not None or "text/plain" not in data:
                return block or _note("feedback.html_dropped")
        for mime in ("text/plain", "text/markdown", "text/latex"):
            if mime in data:
                return self._text("result", "feedback.result", data[mime])
        if "application/json" in data:
            return self._text("result", "feedback.result", json.dumps(data["application/json"], ensure_ascii=False))
        return _note("feedback.image_dropped")

    def _html(self, value: str) -> Block | None:
        """A block; None where the plain text has to do, because the HTML is too large or too costly to parse."""
        if is_too_large(value) or not self.budget.pay_parsing(value):
            return None
        markup = clean_html(value)
        size = len(markup.encode())
        if not markup.striptags():
            return _note("feedback.html_dropped")
        if size > MAX_HTML_BYTES or not self.budget.pay_text(size + _BLOCK_OVERHEAD):
            return None
        return Block("html", text("feedback.table"), markup=markup)

    def _image(self, encoded: str, exercise: str | None) -> Block:
        image = read_png(encoded)
        if image is None or not self.budget.pay_image(len(image.base64) + _BLOCK_OVERHEAD):
            return _note("feedback.image_dropped")
        self._figures += 1
        fields = {"number": self._figures, "width": image.width, "height": image.height}
        alt = text("feedback.alt_exercise", exercise=exercise, **fields) if exercise else text("feedback.alt", **fields)
        return Block("image", alt, image=image)

    def _text(self, kind: str, label: str, value: str) -> Block | None:
        part = excerpt(value)
        if not part.head.strip() and not part.tail:
            return None
        return Block(kind, text(label), part) if self.affordable(part) else _note("feedback.cut_page")


def _trace(output: Output) -> str:
    """The traceback without the line of dashes that IPython draws above it; where there is none, the exception."""
    lines = output["traceback"]
    if lines and not strip_ansi(lines[0][:500]).strip("-\n "):
        lines = lines[1:]
    return "\n".join(lines) or f"{output['ename']}: {output['evalue']}"


def _note(key: str, **fields: object) -> Block:
    return Block("note", text(key, **fields))


def _one_note_only(blocks: list[Block]) -> list[Block]:
    """The same note twice in a row says nothing more."""
    pairs = zip([None, *blocks], blocks, strict=False)
    return [block for before, block in pairs if block.kind != "note" or block != before]


def _merge_streams(outputs: Sequence[Output]) -> list[Output]:
    """Neighbours on the same stream joined: a hundred calls of `print` are one text."""
    merged: list[tuple[Output, list[str]]] = []
    for output in outputs:
        name = output.get("name") if output["output_type"] == "stream" else None
        if name is not None and merged and merged[-1][0].get("name") == name:
            merged[-1][1].append(output["text"])
        else:
            merged.append((output, [output["text"]] if name is not None else []))
    return [{**output, "text": "".join(parts)} if parts else output for output, parts in merged]
