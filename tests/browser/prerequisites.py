"""What the browser tests need besides the development environment, by name, with what to do where it is missing."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NODE_FOLDER = Path(os.environ.get("COURSEGRADER_NODE", REPOSITORY / ".node"))
# Nothing of the browser's own goes out: no updates, no pages of its maker's.
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Debian's browser."""
    return shutil.which("chromium")


def proxy() -> str | None:
    """The hub's proxy, installed in a folder of its own or for everybody."""
    own = NODE_FOLDER / "node_modules" / ".bin" / "configurable-http-proxy"
    return str(own) if own.is_file() else shutil.which("configurable-http-proxy")


def missing() -> list[str]:
    """A line for each thing that is not there."""
    lines = []
    if chromium() is None:
        lines.append("chromium, Debian's browser: sudo apt-get install chromium")
    if proxy() is None:
        folder = os.path.relpath(NODE_FOLDER)
        lines.append(f"configurable-http-proxy, the hub's proxy: npm install --prefix {folder} configurable-http-proxy")
    try:
        import jupyterhub
        import playwright

        assert jupyterhub and playwright
    except ImportError as error:
        lines.append(f"{error.name}, of the development environment: pip install -r requirements.lock")
    return lines


if __name__ == "__main__":
    found = missing()
    for line in found:
        print(f"make test-browser needs {line}", file=sys.stderr)
    sys.exit(1 if found else 0)
