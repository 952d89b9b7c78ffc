"""Broken notebooks and frames by the thousand: real ones, changed where it hurts, the same for the same seed."""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Callable
from typing import Any

from coursegrader.sandbox import wire

TEXTS = (
    "", "x", "é", "\ud800", "\udfff\ud800", "\0", "a\x1b[31mb", "\u202eabc", "\ufeff", "e" + "\u0301" * 300, "𝔘𝔫𝔦", "🎉" * 50,
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</pre></body></html>", "javascript:alert(1)", "{{ 7 * 7 }}",
    "{% raw %}", "%s %n {0} {x}", "=cmd|' /C calc'!A0", "'; DROP TABLE grade; --", "../../../etc/passwd", "a" * 5000, "\n" * 500,
    "\r\n\r", "### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS\n1/0\n### END HIDDEN TESTS", "double-solution", "NaN", "1e9", "def", "(" * 200,
    "\\ud800", "]]>", "<!--", "&#x202e;", "data:text/html;base64,PHNjcmlwdD4=", "\x7f\x80\x9f", "\u2028\u2029",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 3, 4, 5, 10**9, 10**30, -(10**30), 1e9, 1e308, -0.0, float("nan"), float("inf"), 2**63, 0.1)
KEYS = (
    "cells", "nbformat", "nbformat_minor", "metadata", "cell_type", "source", "outputs", "id", "execution_count", "attachments",
    "nbgrader", "grade", "grade_id", "points", "solution", "locked", "schema_version", "task", "checksum", "cell_type", "kernelspec",
    "language_info", "name", "language", "widgets", "signature", "worksheets", "tags", "collapsed", "jupyter", "__class__",
)  # fmt: skip
MIMES = (
    "text/plain", "text/html", "image/png", "image/jpeg", "image/svg+xml", "application/javascript", "text/latex", "text/markdown",
    "application/json", "application/vnd.jupyter.widget-view+json", "x", "",
)  # fmt: skip


class Mutator:
    """Makes mutants of one notebook.

    Args:
        notebook: a real one, nbformat 4 JSON with answers in it.
        seed: the same seed gives the same mutants.
    """

    def __init__(self, notebook: dict[str, Any], seed: int) -> None:
        self._notebook = notebook
        self.rng = random.Random(seed)
        self._operations: tuple[Callable[[dict[str, Any]], None], ...] = (
            self._drop_key, self._replace_value, self._replace_value, self._add_key, self._odd_cells, self._duplicate, self._shuffle,
            self._grade_metadata, self._grade_metadata, self._outputs, self._ids, self._deep, self._huge, self._source, self._types,
        )  # fmt: skip

    def notebook(self) -> bytes:
        """One broken notebook, as a file's bytes."""
        mutant = copy.deepcopy(self._notebook)
        for _ in range(self.rng.choice((1, 1, 2, 3, 5, 9))):
            operation = self.rng.choice(self._operations)
            try:
                operation(mutant)
            except (KeyError, TypeError, AttributeError, IndexError, ValueError):
                continue  # an earlier mutation took away what this one works on
        data = json.dumps(mutant, ensure_ascii=self.rng.random() < 0.7).encode("utf-8", "surrogatepass")
        return self.bytes(data) if self.rng.random() < 0.15 else data

    def bytes(self, data: bytes) -> bytes:
        """The bytes with some changed, cut or repeated."""
        changed = bytearray(data)
        for _ in range(self.rng.choice((1, 2, 8, 64))):
            changed[self.rng.randrange(len(changed))] = self.rng.choice(
                (self.rng.randrange(256), 0x22, 0x7B, 0x5D, 0x00)
            )
        if self.rng.random() < 0.3:
            del changed[self.rng.randrange(len(changed)) :]
        return bytes(changed) * self.rng.choice((1, 1, 1, 2)) or b"x"

    def value(self, depth: int = 0) -> Any:
        """Any JSON value."""
        kind = self.rng.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return self.rng.choice((None, True, False))
        if kind <= 2:
            return self.rng.choice(NUMBERS)
        if kind <= 5:
            return self.rng.choice(TEXTS)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.rng.randrange(4))]
        return {self.rng.choice(KEYS + TEXTS): self.value(depth + 1) for _ in range(self.rng.randrange(4))}

    def outputs(self) -> list[Any]:
        """What a student's process may claim that a cell put out."""
        return [self._output() for _ in range(self.rng.randrange(4))]

    def _output(self) -> Any:
        kind = self.rng.choice(("stream", "display_data", "execute_result", "error", "update_display_data", 3, None))
        output: dict[str, Any] = {
            "output_type": kind,
            "name": self.rng.choice(("stdout", "stderr", 7)),
            "text": self.value(),
        }
        output |= {"data": {self.rng.choice(MIMES): self.value() for _ in range(3)}, "metadata": self.value()}
        output |= {
            "ename": self._text(),
            "evalue": self._text(),
            "traceback": self.value(),
            "execution_count": self.value(),
        }
        if self.rng.random() < 0.5:
            output["text"], output["traceback"] = self._text(), [self._text(), self._text()]
        return output if self.rng.random() < 0.9 else self.value()

    def _text(self) -> str:
        return self.rng.choice(TEXTS)

    def _places(self, value: Any, found: list[Any]) -> list[Any]:
        """Every dict and list in the notebook that is not empty."""
        stack = [value]
        while stack and len(found) < 2000:
            place = stack.pop()
            if isinstance(place, dict | list) and place:
                found.append(place)
                stack += place.values() if isinstance(place, dict) else place
        return found

    def _somewhere(self, notebook: dict[str, Any]) -> tuple[Any, Any]:
        place = self.rng.choice(self._places(notebook, []))
        return place, self.rng.choice(list(place)) if isinstance(place, dict) else self.rng.randrange(len(place))

    def _cell(self, notebook: dict[str, Any]) -> Any:
        return self.rng.choice(notebook["cells"])

    def _drop_key(self, notebook: dict[str, Any]) -> None:
        place, key = self._somewhere(notebook)
        del place[key]

    def _replace_value(self, notebook: dict[str, Any]) -> None:
        place, key = self._somewhere(notebook)
        place[key] = self.value()

    def _add_key(self, notebook: dict[str, Any]) -> None:
        place, _ = self._somewhere(notebook)
        if isinstance(place, dict):
            place[self.rng.choice(KEYS + TEXTS)] = self.value()
        else:
            place.insert(self.rng.randrange(len(place)), self.value())

    def _odd_cells(self, notebook: dict[str, Any]) -> None:
        notebook["cells"].insert(self.rng.randrange(len(notebook["cells"])), self.value())

    def _duplicate(self, notebook: dict[str, Any]) -> None:
        for _ in range(self.rng.choice((1, 3, 200))):
            twin = copy.deepcopy(self._cell(notebook))
            twin["source"] = self.rng.choice((twin["source"], self._text()))
            notebook["cells"].insert(self.rng.randrange(len(notebook["cells"])), twin)

    def _shuffle(self, notebook: dict[str, Any]) -> None:
        self.rng.shuffle(notebook["cells"])
        del notebook["cells"][self.rng.randrange(1, len(notebook["cells"])) :]

    def _grade_metadata(self, notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if self.rng.random() < 0.4:
                metadata = {**cell["metadata"].get("nbgrader", {})}
                metadata[
                    self.rng.choice(("points", "grade", "grade_id", "solution", "locked", "task", "schema_version"))
                ] = self.value(3)
                cell["metadata"] = self.rng.choice(({"nbgrader": metadata}, {"nbgrader": self.value()}, self.value()))

    def _outputs(self, notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            cell["outputs"] = self.outputs()

    def _ids(self, notebook: dict[str, Any]) -> None:
        one = self.value(3)
        for cell in notebook["cells"]:
            cell["id"] = one
            if self.rng.random() < 0.3 and "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"]["grade_id"] = self.rng.choice(("double", "double-solution", "total", one))

    def _deep(self, notebook: dict[str, Any]) -> None:
        deep: Any = 1
        for _ in range(self.rng.choice((20, 400))):
            deep = self.rng.choice(([deep], {"a": deep}))
        self._cell(notebook)[self.rng.choice(("metadata", "source", "outputs"))] = deep

    def _huge(self, notebook: dict[str, Any]) -> None:
        cell = self._cell(notebook)
        cell["source"] = self.rng.choice(("x" * 200_000, ["y\n"] * 5000, "#" + "é" * 50_000, "[" * 20_000))

    def _source(self, notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if self.rng.random() < 0.4:
                cell["source"] = self.rng.choice((self._text(), [self._text(), 3], [], [[self._text()]], self.value()))

    def _types(self, notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if self.rng.random() < 0.5:
                cell["cell_type"] = self.rng.choice(("code", "markdown", "raw", "heading", 3, None))


class FrameMutator:
    """Makes broken frames as a student's process could write them: right ones that were changed, and made-up ones."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        encoder = wire.Encoder()
        value = {"a": [1, 2.5, "é", None], "b": (True, {"x"}), "l": list(range(50)), "s": ["ab"] * 40, "f": [0.5] * 40}
        self._form = encoder.encode(value)
        self._buffers = encoder.buffers

    def frame(self) -> bytes:
        """The bytes of one frame."""
        form = copy.deepcopy(self._form)
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            self._change(form)
        header = {
            "id": self.rng.choice((1,) * 12 + (2, "1", None)),
            "value": form,
            "modified": self.rng.choice(([], ["0"], 3, [[]])),
        }
        for key in self.rng.sample(
            ("missing", "timeout", "raised", "builtin", "unsupported", "cpu", "line", "message"), 2
        ):
            if self.rng.random() < 0.3:
                header[key] = self._leaf()
        sizes = [len(buffer) for buffer in self._buffers]
        if self.rng.random() < 0.1:
            sizes[self.rng.randrange(len(sizes))] = self.rng.choice((0, 1, 2**20, 2**40, 2**64 - 1))
        text = json.dumps(header).encode("utf-8", "surrogatepass")
        length = len(text) if self.rng.random() < 0.9 else self.rng.choice((0, 1, len(text) + 7, 2**32 - 1))
        data = bytearray(struct.pack(f"<II{len(sizes)}Q", length, len(sizes), *sizes) + text + b"".join(self._buffers))
        if self.rng.random() < 0.25:
            for _ in range(self.rng.choice((1, 2, 16))):
                data[self.rng.randrange(len(data))] = self.rng.randrange(256)
        if self.rng.random() < 0.1:
            del data[self.rng.randrange(len(data)) :]
        return bytes(data)

    def _leaf(self) -> Any:
        return self.rng.choice(
            (*NUMBERS, *TEXTS[:12], None, True, [], {}, [[]], {"h": 0}, {"f": "0x1p9999"}, {"li": 0}, {"d": [[1]]})
        )

    def _change(self, form: Any) -> None:
        """One change at a random depth."""
        while True:
            place = form
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self.rng.choice(keys)
            if self.rng.random() < 0.4 or not isinstance(place[key], dict | list) or not place[key]:
                break
            form = place[key]
        if isinstance(place, dict) and self.rng.random() < 0.4:
            place[self.rng.choice(("l", "t", "e", "d", "ls", "li", "lf", "a", "T", "g", "h", "y", "s", "n"))] = (
                place.pop(key)
            )
        else:
            place[key] = self._leaf()
