"""Structured logs by area, a JSON object a line: off until a file is named (`--log FILE`, or COURSEGRADER_LOG).

Areas are "pipeline", "cluster", "cache" and "course". Lines hold ids and figures, never what a student wrote or a hidden check asks.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from coursegrader.errors import MachineFault, how_to_install
from coursegrader.student.keycheck import without_keys

VARIABLE = "COURSEGRADER_LOG"


class Log:
    """The log of one area.

    Example:
        >>> log("pipeline").write("graded", student="marley")            # nothing happens before start()
    """

    def __init__(self, area: str) -> None:
        self._area = area

    def write(self, event: str, **fields: Any) -> None:
        """Write a line: what happened, and to what."""
        if _logger is not None:
            _logger.info(event, area=self._area, **fields)


_logger: Any = None


@cache
def log(area: str) -> Log:
    """The log of an area."""
    return Log(area)


def start(path: Path | str | None = None) -> None:
    """Log to a file from now on; to the one that COURSEGRADER_LOG names when None; nowhere when neither does.

    Each line is one write at the end of the file, so that several processes may share it.

    Raises:
        MachineFault: the file cannot be written, or structlog is not installed.
    """
    global _logger
    chosen = path or os.environ.get(VARIABLE)
    if not chosen:
        return
    try:
        import structlog
    except ImportError as error:
        raise MachineFault(f"logs need structlog: {error}", hint=how_to_install("cluster")) from error
    try:
        file = open(chosen, "a", encoding="utf-8", buffering=1)  # noqa: SIM115  it stays open as long as the process
    except OSError as error:
        raise MachineFault(
            f"{chosen} cannot be written: {error.strerror or error}", hint="Name another --log."
        ) from error
    _logger = structlog.wrap_logger(
        structlog.WriteLogger(file),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_process,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            _without_keys,
        ],
    )


def _without_keys(logger: Any, name: str, line: Any) -> str:
    return without_keys(line)[0]


def _with_process(logger: Any, name: str, event: Any) -> Any:
    return {
        "at": event.pop("timestamp"),
        "area": event.pop("area"),
        "event": event.pop("event"),
        "process": os.getpid(),
    } | event
