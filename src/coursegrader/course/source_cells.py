"""Which exercises a MyST source names, by a light scan: loading a course must not wait for jupytext.

The build reads the same file with jupytext and is the one that decides; this scan only finds what is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^(`{3,}|~{3,})\{code-cell\}")
OPTION = re.compile(r"^\s*:?(exercise|check)\s*:\s*([\w-]+)\s*$")


@dataclass(frozen=True)
class NamedCell:
    """A cell that belongs to an exercise: role "exercise", "check" or "manual"; `line` counts from 1."""

    role: str
    exercise: str
    line: int


def named_cells(text: str) -> Iterator[NamedCell]:
    """All cells of a MyST text that name an exercise.

    Example:
        >>> list(named_cells("```{code-cell} ipython3\\n:check: f\\nf(1)\\n```"))
        [NamedCell(role='check', exercise='f', line=2)]
    """
    fence, heading = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            if line.startswith(fence):
                fence = ""
            elif heading and (match := OPTION.match(line)):
                yield NamedCell(match[1], match[2], number)
            elif heading and not line.startswith((":", "---")) and ":" not in line:
                heading = False
        elif match := FENCE.match(line):
            fence, heading = match[1], True
        elif line.startswith("+++") and (name := _manual(line)):
            yield NamedCell("manual", name, number)


def _manual(line: str) -> str | None:
    try:
        options = json.loads(line.lstrip("+").strip() or "{}")
    except ValueError:
        return None
    name = options.get("manual") if isinstance(options, dict) else None
    return name if isinstance(name, str) else None
