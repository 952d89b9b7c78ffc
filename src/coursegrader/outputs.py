"""Outputs that a student's process claims its cells had, brought into nbformat's exact form.

What is not of that form is dropped: nothing odd reaches the notebook writer, the HTML or a browser.
"""

from __future__ import annotations

import json
from typing import Any

MAX_OUTPUTS = 500
_MIME = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg"}


def clean_outputs(outputs: list[Any], limit: int | None = None) -> list[dict[str, Any]]:
    """The outputs that are well formed, in nbformat 4's form, with known mime types only.

    Args:
        outputs: what the student's process says.
        limit: characters kept of all together; outputs that do not fit any more are left out.

    Example:
        >>> clean_outputs([{"output_type": "stream", "name": "stdout", "text": "a"}, 3])
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'a'}]
    """
    kept: list[dict[str, Any]] = []
    for output in outputs[:MAX_OUTPUTS]:
        clean = _clean(output) if type(output) is dict else None
        size = size_of([clean]) if clean is not None else 0
        if clean is None or (limit is not None and size > limit):
            continue
        limit = None if limit is None else limit - size
        kept.append(clean)
    return kept


def size_of(outputs: list[dict[str, Any]]) -> int:
    """Characters in outputs that are clean."""
    return sum(
        len(output.get("text", ""))
        + sum(map(len, output.get("data", {}).values()))
        + sum(map(len, output.get("traceback", ())))
        + len(output.get("evalue", ""))
        for output in outputs
    )


def _clean(output: dict[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name, text = output.get("name"), output.get("text")
        if name in ("stdout", "stderr") and type(text) is str:
            return {"output_type": "stream", "name": name, "text": _text(text)}
    elif kind in ("display_data", "execute_result"):
        data = output.get("data")
        if type(data) is not dict:
            return None
        known = {key: _text(value) for key, value in data.items() if key in _MIME and type(value) is str}
        if "application/json" in data and "text/plain" not in known:
            known |= _json_as_text(data["application/json"])
        if not known:
            return None
        clean: dict[str, Any] = {"output_type": kind, "data": known, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            clean["execution_count"] = count if type(count) is int and 0 <= count < 10**9 else None
        return clean
    elif kind == "error":
        name, value, trace = output.get("ename"), output.get("evalue"), output.get("traceback")
        if type(name) is str and type(value) is str and type(trace) is list:
            lines = [_text(line) for line in trace[:200] if type(line) is str]
            return {"output_type": "error", "ename": _text(name)[:200], "evalue": _text(value), "traceback": lines}
    return None


def _json_as_text(value: Any) -> dict[str, str]:
    """JSON that is shown as text: as a value it could nest without end, hold NaN or text that is no UTF-8."""
    try:
        return {"text/plain": _text(json.dumps(value, ensure_ascii=False, allow_nan=False))}
    except (ValueError, RecursionError):
        return {}


def _text(text: str) -> str:
    """Text that can be written as UTF-8: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
