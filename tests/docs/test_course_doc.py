"""docs/course.md says what the course says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from coursegrader.course import load_course

ROOT = Path(__file__).resolve().parents[2]


def test_course_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_course_doc", ROOT / "scripts" / "make_course_doc.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "course.md").read_text(encoding="utf-8")
    assert written == module.page(load_course(ROOT, only=[])), "run scripts/make_course_doc.py"
