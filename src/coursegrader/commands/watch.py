"""`coursegrader watch`: grade as soon as somebody submits."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command, add_workers, isolation


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader watch\n  coursegrader watch --once            # what is there now, for cron\n"
        "  coursegrader watch --list            # what became of every submission\n"
        "  coursegrader watch --exchange /srv/exchange --json-lines"
    )
    parser = add_command(commands, "watch", "grade submissions as they arrive in nbgrader's exchange", example)
    parser.add_argument("--exchange", type=Path, metavar="FOLDER", help="its root (default: nbgrader's configuration)")
    parser.add_argument("--once", action="store_true", help="grade what is there and end")
    parser.add_argument("--list", action="store_true", help="show what became of every submission and end")
    parser.add_argument("--json-lines", action="store_true", help="a JSON object a line on standard output")
    parser.add_argument("--plain", action="store_true", help="lines instead of a table, also on a terminal")
    add_workers(parser)
    parser.add_argument(
        "--poll", type=float, default=0.0, metavar="S", help="look every S seconds instead of being told by the kernel"
    )
    isolation.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Watch until stopped; 1 when, once, something could not be graded."""
    root = options.root.resolve()
    if options.list:
        return _list(root, options)
    from coursegrader.watch.exchange import only_one

    with only_one(root):  # before everything that takes seconds to import
        return _watch(root, options)


def _watch(root: Path, options: argparse.Namespace) -> int:
    from coursegrader.sandbox.warm import shared
    from coursegrader.start_up import quick_imports

    shared(modes=not options.no_isolation)  # warms up while the rest is imported
    with quick_imports():
        from coursegrader.watch.events import shown
        from coursegrader.watch.service import Options, serve
        from coursegrader.watch.watcher import Watcher

    def stop_by_signal(watcher: Watcher) -> None:
        signal.signal(signal.SIGTERM, watcher.stop)
        signal.signal(signal.SIGINT, watcher.stop)

    chosen = Options(options.exchange, options.once, options.workers, options.poll)
    with shown(json_lines=options.json_lines, plain=options.plain) as tell:
        failed = serve(root, isolation.chosen_mode(options), tell, chosen, stop_by_signal)
    return 1 if options.once and failed else 0


def _list(root: Path, options: argparse.Namespace) -> int:
    from coursegrader.watch.state import FILE, WatchState

    if not (root / FILE).is_file():
        print(f"No watcher has run in {root} yet.")
        return 0
    with WatchState(root) as state:
        rows = state.rows()
    if options.json_lines:
        import json

        for row in rows:
            known = {"name": row.arrival.name, "student": row.arrival.student, "assignment": row.arrival.assignment}
            print(json.dumps(known | {"state": row.state, "why": row.why, "page": row.page}, ensure_ascii=False))
        return 0
    import pandas as pd

    table = [
        (
            f"{row.arrival.stamp:%Y-%m-%d %H:%M:%S}",
            row.arrival.student,
            row.arrival.assignment,
            row.state,
            row.page,
            row.why,
        )
        for row in rows
    ]
    columns = ["submitted (UTC)", "student", "assignment", "state", "page", "why"]
    print(pd.DataFrame(table, columns=columns).to_string(index=False) if table else "Nothing has arrived yet.")
    return 0
