"""What commands show on a terminal: a progress bar on stderr, tables on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from coursegrader.verdict import Verdict

Step = Callable[[int, int, Verdict | None], None]


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Step]:
    """A bar with count and remaining time; plain lines where stderr is no terminal, nothing when quiet."""
    if quiet:
        yield lambda done, total, verdict: None
        return
    if not sys.stderr.isatty():
        yield lambda done, total, verdict: print(
            f"{title} {done}/{total} {verdict.student if verdict else ''}".rstrip(), file=sys.stderr
        )
        return
    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[who]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, who="")
        yield lambda done, total, verdict: bar.update(
            task, completed=done, total=total, who=verdict.student if verdict else ""
        )


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """One line a submission: student, points, status, isolation."""
    return table_of([verdict_row(verdict) for verdict in verdicts])


def verdict_row(verdict: Verdict) -> dict[str, str]:
    """What a table says of a verdict: all that is kept of it while a large class is graded."""
    return {
        "student": verdict.student,
        "points": f"{verdict.score:g}/{verdict.max_score:g}",
        "status": verdict.status,
        "isolation": verdict.isolation,
        "note": verdict.reason or _attention(verdict),
    }


def table_of(rows: Sequence[dict[str, str]]) -> str:
    """Rows as a table."""
    import pandas as pd  # a third of a second that a run without a table need not spend

    return str(pd.DataFrame(rows).to_string(index=False))


def _attention(verdict: Verdict) -> str:
    waiting = [exercise.id for exercise in verdict.exercises if exercise.needs_teacher]
    return f"for the teacher: {', '.join(waiting)}" if waiting else ""
