"""Write data/llm/gpt-prenoms.pt: the weights that the notebook of assignment 07 leaves behind when its solution is run.

.venv/bin/python scripts/make_gpt.py

Takes half a minute. The file is a snapshot: training on another machine gives weights a little different.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib

from coursegrader.build import build_source
from coursegrader.course import load_course

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "data" / "llm" / "gpt-prenoms.pt"


def main() -> None:
    matplotlib.use("Agg")
    notebook = build_source(load_course(ROOT, only=["07-gpt"]), "07-gpt")
    with tempfile.TemporaryDirectory() as folder:
        for path in (ROOT / "release" / "07-gpt").iterdir():
            if path.suffix != ".ipynb":
                shutil.copy(path, folder)
        os.chdir(folder)
        sys.path.insert(0, folder)
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell in notebook.cells:
            if cell.cell_type == "code" and not Path(OUT.name).exists():
                exec(compile(cell.source, cell.id, "exec"), names)
        OUT.write_bytes(Path(OUT.name).read_bytes())
        os.chdir(ROOT)


if __name__ == "__main__":
    main()
