"""COURSE["scheduler"] and COURSE["cache"]: where it is graded and how much is kept. No part of a grade, so no part of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coursegrader.course.mistakes import Mistakes
from coursegrader.course.table import Table

_EXAMPLE = '"tls://host:8786", or {"address": "tls://host:8786", "ca": "tls/ca.pem", "cert": "tls/cert.pem", "key": "tls/key.pem"}'


def note_machines(data: Mapping[str, Any], mistakes: Mistakes) -> None:
    """Note what is wrong with both.

    Args:
        data: the dict COURSE.
        mistakes: receives what is wrong.
    """
    scheduler = data.get("scheduler", "tcp://")
    if isinstance(scheduler, dict):
        table = Table(scheduler, "scheduler", mistakes)
        table.keys(["address"], ["ca", "cert", "key"])
        for key in scheduler:
            table.text(key)
        scheduler = scheduler.get("address", "tcp://")
    if not isinstance(scheduler, str) or not scheduler.startswith(("tcp://", "tls://")):
        mistakes.add("COURSE, scheduler", f"{scheduler!r} is no address of a scheduler; write {_EXAMPLE}")
    table = Table(data.get("cache", {}), "cache", mistakes)
    table.keys([], ["max_mb", "keep_days"])
    for key in table.data:
        if key in ("max_mb", "keep_days") and table.integer(key, 0) < 0:
            table.wrong(key, "below 0; write a whole number, or leave it out")
