"""`coursegrader cache info|clean`: the store of verdicts, its size, and making it smaller."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader cache info\n"
        "  coursegrader cache clean                      what nobody's grade rests on\n"
        "  coursegrader cache clean --keep-days 90       only what is older than 90 days\n"
        "  coursegrader cache clean --max-mb 500         only as much as makes it that small, oldest first\n"
        "  coursegrader cache clean --dry-run            say it, remove nothing\n"
        "\n"
        'COURSE["cache"] = {"max_mb": 500, "keep_days": 90} does it after every grading.'
    )
    parser = add_command(commands, "cache", "the store of verdicts: its size, and cleaning it", example)
    parser.add_argument("action", choices=["info", "clean"])
    parser.add_argument(
        "--keep-days", type=_not_negative, metavar="N", help="keep what was recorded in the last N days"
    )
    parser.add_argument("--max-mb", type=_not_negative, metavar="M", help="stop when the store is that small")
    parser.add_argument("--dry-run", action="store_true", help="remove nothing")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def run(options: argparse.Namespace) -> int:
    """Look or clean."""
    from coursegrader import cache

    path = load_course(options.root, only=[]).root / "verdicts.db"
    if options.action == "info":
        found = cache.info(path)
        if options.json:
            print(json.dumps(asdict(found)))
        else:
            print(f"{path}: {found.bytes / 2**20:.1f} MB, {found.verdicts} verdicts, {found.history} rows of history")
            print(
                f"{found.standing} verdicts carry a grade and are never cleaned; {found.verdicts - found.standing} may go."
            )
        return 0
    most = None if options.max_mb is None else options.max_mb << 20
    done = cache.clean(path, options.keep_days, most, dry_run=options.dry_run)
    if options.json:
        print(json.dumps({**asdict(done), "dry_run": options.dry_run}))
    else:
        would = "would remove" if options.dry_run else "removed"
        print(
            f"{would} {done.verdicts} verdicts; {done.before / 2**20:.1f} MB before, {done.after / 2**20:.1f} MB after"
        )
    return 0
