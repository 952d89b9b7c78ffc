"""Outputs that a student's process claims its cells had, brought into nbformat's exact form.

What is not of that form is dropped: nothing odd reaches the notebook writer, the HTML or a browser.
"""

from __future__ import annotations

from typing import Any

MAX_OUTPUTS = 500
_MIME: dict[str, type | tuple[type, ...]] = {
    "text/plain": str,
    "text/html": str,
    "text/markdown": str,
    "text/latex": str,
    "image/png": str,
    "image/jpeg": str,
    "application/json": (dict, list, str, int, float, bool),
}


def clean_outputs(outputs: list[Any]) -> list[dict[str, Any]]:
    """The outputs that are well formed, in nbformat 4's form, with known mime types only.

    Example:
        >>> clean_outputs([{"output_type": "stream", "name": "stdout", "text": "a"}, 3])
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'a'}]
    """
    cleaned = (_clean(output) for output in outputs[:MAX_OUTPUTS] if type(output) is dict)
    return [output for output in cleaned if output is not None]


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
        known = {
            key: _text(value) if type(value) is str else value for key, value in data.items() if _is_mime(key, value)
        }
        if not known:
            return None
        clean: dict[str, Any] = {"output_type": kind, "data": known, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            clean["execution_count"] = count if type(count) is int else None
        return clean
    elif kind == "error":
        name, value, trace = output.get("ename"), output.get("evalue"), output.get("traceback")
        if type(name) is str and type(value) is str and type(trace) is list:
            lines = [_text(line) for line in trace[:200] if type(line) is str]
            return {"output_type": "error", "ename": _text(name)[:200], "evalue": _text(value), "traceback": lines}
    return None


def _is_mime(key: Any, value: Any) -> bool:
    return type(key) is str and key in _MIME and isinstance(value, _MIME[key])


def _text(text: str) -> str:
    """Text that can be written as UTF-8: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
