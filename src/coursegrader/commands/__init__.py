"""One module a command: its options, and the call into the package. No logic lives here. The actions of `milestones` have a module of their own."""

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


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add `--workers`; 0, the value where it is left out, stands for one a core."""
    parser.add_argument("--workers", type=_workers, default=0, metavar="N", help="processes (default: one a core)")


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes: write 1 or more")
    return int(text)
