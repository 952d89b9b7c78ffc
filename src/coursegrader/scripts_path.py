"""The scripts of this environment, found by name: nbgrader runs `alembic` for a new database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_scripts_on_path() -> Iterator[None]:
    """nbgrader starts `alembic` by name when it makes a database, also when this environment is not activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
