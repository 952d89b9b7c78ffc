"""`coursegrader doctor`: what this machine can do, proved by doing it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from coursegrader.commands import add_command


def add(commands: Any) -> None:
    """Add the command."""
    example = "  coursegrader doctor\n  coursegrader doctor --json"
    parser = add_command(
        commands, "doctor", "say what this machine can do and what is missing, by probing it", example, root=False
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Probe and report; 0 when student code can be isolated."""
    from coursegrader.doctor import examine

    report = examine()
    print(json.dumps(report.to_dict(), ensure_ascii=False) if options.json else report.text())
    return 0 if report.isolated else 4
