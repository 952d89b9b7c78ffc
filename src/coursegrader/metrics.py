"""Figures of a running service for Prometheus: what was graded, how long each stage took, what waits.

Nothing is counted, and nothing imported, until `enable` or `serve` is called: a command on a terminal needs no metrics. The names are
Prometheus' own style (https://prometheus.io/docs/practices/naming/): seconds, bytes, `_total` for what only grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coursegrader.errors import MachineFault, how_to_install

# From a cached verdict (milliseconds) to a submission that used all its time (minutes).
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


@dataclass(frozen=True)
class _Figures:
    registry: Any
    submissions: Any
    stage: Any
    waiting: Any
    running: Any
    cache: Any
    repeated: Any


_figures: _Figures | None = None


def enable() -> None:
    """Count from now on. May be called again.

    Raises:
        MachineFault: prometheus_client is not installed.
    """
    global _figures
    if _figures is not None:
        return
    try:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    except ImportError as error:
        raise MachineFault(f"metrics need prometheus_client: {error}", hint=how_to_install("cluster")) from error
    registry = CollectorRegistry()
    _figures = _Figures(
        registry,
        Counter(
            "coursegrader_submissions_total",
            "Submissions by outcome: graded, rejected, unchanged (the verdict stood) or fault (of the machine).",
            ["assignment", "outcome"],
            registry=registry,
        ),
        Histogram(
            "coursegrader_stage_seconds",
            "Seconds of a submission by stage: read, spawn, cells, checks, page, total.",
            ["stage"],
            buckets=SECONDS,
            registry=registry,
        ),
        Gauge("coursegrader_waiting", "Submissions that wait for a worker.", registry=registry),
        Gauge("coursegrader_running", "Submissions that a worker has.", registry=registry),
        Gauge("coursegrader_cache_bytes", "Size of the store of verdicts.", registry=registry),
        Counter(
            "coursegrader_repeated_total",
            "Submissions given out again, by reason: yielded (took longer than others) or died (its process did).",
            ["reason"],
            registry=registry,
        ),
    )


def count(assignment: str, outcome: str, timing: Mapping[str, float] | None = None) -> None:
    """Count a submission, and its stages where it has run.

    Args:
        assignment: id.
        outcome: "graded", "rejected", "unchanged" or "fault".
        timing: seconds by stage, as in `Verdict.timing`; processor seconds and the like are left out.

    Example:
        >>> count("01-compter-generer", "graded", {"cells": 0.1})        # nothing happens before enable()
    """
    if _figures is None:
        return
    _figures.submissions.labels(assignment, outcome).inc()
    for stage in ("read", "spawn", "cells", "checks", "page", "total"):
        if timing is not None and stage in timing:
            _figures.stage.labels(stage).observe(timing[stage])


def queue(waiting: int, running: int) -> None:
    """Say how many submissions wait and how many run."""
    if _figures is not None:
        _figures.waiting.set(waiting)
        _figures.running.set(running)


def cache(size: int) -> None:
    """Say how large the store of verdicts is, in bytes."""
    if _figures is not None:
        _figures.cache.set(size)


def repeated(reason: str) -> None:
    """Count a submission that is given out again: "yielded" or "died"."""
    if _figures is not None:
        _figures.repeated.labels(reason).inc()


def exposition() -> tuple[bytes, str]:
    """What a scrape reads, and its content type; for services that have a web server of their own.

    Raises:
        MachineFault: prometheus_client is not installed.
    """
    enable()
    assert _figures is not None
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return generate_latest(_figures.registry), CONTENT_TYPE_LATEST


def serve(port: int, address: str = "127.0.0.1") -> int:
    """Answer scrapes at http://address:port/metrics, in a thread, until the process ends.

    Args:
        port: 0 for one that is free.
        address: this machine only, by default: the figures name assignments.

    Returns:
        The port.

    Raises:
        MachineFault: the port is taken, or prometheus_client is not installed.
    """
    enable()
    assert _figures is not None
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(port, addr=address, registry=_figures.registry)
    except OSError as error:
        raise MachineFault(
            f"metrics cannot be served at {address}:{port}: {error.strerror or error}", hint="Give another port."
        ) from error
    return int(server.server_port)
