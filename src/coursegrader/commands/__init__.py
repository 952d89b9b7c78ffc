"""One module a command: its options, and the call into the package. No logic lives here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_command(commands: Any, name: str, summary: str, example: str, *, root: bool = True) -> argparse.ArgumentParser:
    """Add a command with its one-line summary and its examples, and `--root` where it works on a course."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"examples:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if root:
        parser.add_argument(
            "--root", type=Path, default=Path(), metavar="FOLDER", help="the course's folder (default: this one)"
        )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="write a structured log, a JSON object a line (also: COURSEGRADER_LOG)"
    )
    return parser
