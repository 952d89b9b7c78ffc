"""`coursegrader data`: the names that the course works on."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course_root import use_course_root
from coursegrader.errors import CourseFault


def add(commands: Any) -> None:
    """Add the command."""
    example = "  coursegrader data figures\n  coursegrader data figures --insee nat2022_csv.zip --json"
    parser = add_command(commands, "data", "look at the course's data", example)
    parser.add_argument("what", choices=["figures"], help="figures: the slides' figures beside the measured ones")
    parser.add_argument(
        "--insee",
        type=Path,
        metavar="FILE",
        help="the official national file (nat2022.csv or its zip) instead of the default list",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Load the names, measure, show."""
    root = options.root.resolve()
    use_course_root(root)
    try:
        names = importlib.import_module("reference.names")
        figures = importlib.import_module("reference.figures")
    except ImportError as error:
        raise CourseFault(
            f"{root} has no reference package: {error}", hint="Run the command in the course's folder, or give --root."
        ) from error
    try:
        loaded = (
            names.load_insee(options.insee)
            if options.insee
            else names.load_names(root / "data" / "names" / "prenoms.txt")
        )
    except names.NamesError as error:
        raise CourseFault(str(error)) from error
    measured = figures.figures(loaded)
    print(json.dumps(measured.to_dict(), ensure_ascii=False) if options.json else measured.table())
    return 0
