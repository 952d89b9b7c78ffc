"""Write data/text/cours.txt: the prose of the first six notebooks, without code, formulas, tables and headings.

.venv/bin/python scripts/make_course_text.py

The file is a snapshot: a text that changes with every comma of the course would change every figure of assignment 08.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "data" / "text" / "cours.txt"
SKIPPED = re.compile(r"[$`|\[\]\\{}<>]|^#|^\+\+\+|^---|^!")


def paragraphs(markdown: str) -> list[str]:
    """Paragraphs of plain French prose, without the marks of emphasis."""
    body = markdown.split("---", 2)[2]
    body = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    found = [" ".join(block.split()) for block in body.split("\n\n")]
    return [re.sub(r"\*+", "", block) for block in found if len(block) >= 80 and not SKIPPED.search(block)]


def main() -> None:
    lines: list[str] = []
    for path in sorted((ROOT / "source").glob("0[1-6]-*/*.md")):
        lines += paragraphs(path.read_text(encoding="utf-8"))
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
