"""Importing from the course's own folder: `reference` belongs to a course, not to the installed package."""

from __future__ import annotations

import sys
from pathlib import Path


def use_course_root(root: Path) -> None:
    """Make `import reference` mean this course's, and forget another course's that was imported before."""
    path = str(root)
    loaded = sys.modules.get("reference")
    if loaded is not None and Path(str(loaded.__path__[0])).parent != root:
        forget_reference()
    if path in sys.path:
        sys.path.remove(path)
    sys.path.insert(0, path)


def forget_reference() -> None:
    """Have the next `import reference` read its files again."""
    for name in [name for name in sys.modules if name == "reference" or name.startswith("reference.")]:
        del sys.modules[name]
