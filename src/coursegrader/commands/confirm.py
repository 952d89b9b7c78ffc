"""Show differences, ask, write: what `policy` and `regrade` share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursegrader.changes import Change  # it imports torch


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--diff`, `--yes` and `--json`."""
    parser.add_argument("--diff", action="store_true", help="show the difference; write only after a yes")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--json", action="store_true", help="differences as JSON lines; written only with --yes")


def show(changes: Sequence[Change], options: argparse.Namespace, *, detail: bool) -> None:
    """One line a student, and with `detail` the exercises and checks below it."""
    if options.json:
        for change in changes:
            print(json.dumps(change.to_dict(), ensure_ascii=False))
        return
    width = max((len(change.student) for change in changes), default=0)
    for change in changes:
        before = "-" if change.before is None else f"{change.before:g}"
        arrow = f"{before} -> {change.after:g}" if change.moves else f"{change.after:g} (stays)"
        print(f"{change.student:<{width}}  {change.assignment}  {arrow}  {'; '.join(change.why)}".rstrip())
        if not detail:
            continue
        for exercise in change.exercises:
            print(f"    {exercise.exercise}: {_points(exercise.before)} -> {_points(exercise.after)}")
        for check in change.checks:
            print(f"      {check.exercise}/{check.check}: {check.before} -> {check.after} ({check.points:g})")


def _points(points: float | None) -> str:
    return "-" if points is None else f"{points:g}"


def note(line: str, options: argparse.Namespace) -> None:
    """A remark for people."""
    if not options.json:
        print(line)


def finish(found: Sequence[object], options: argparse.Namespace, write: Callable[[], None]) -> int:
    """Ask where somebody is there to answer, and write.

    Returns:
        0 where nothing differs or it is written; 1 where it is not.
    """
    if not found:
        note("Nothing differs.", options)
        return 0
    if not (options.yes or _agreed(len(found), options)):
        note("Nothing is written.", options)
        return 1
    write()
    note(f"Written: {len(found)}.", options)
    return 0


def _agreed(count: int, options: argparse.Namespace) -> bool:
    if options.json or not sys.stdin.isatty():
        note("Run again with --yes to write.", options)
        return False
    try:
        return input(f"Write these {count} changes? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
