"""Metrics for Prometheus and structured logs: off until asked for, then what happened."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from coursegrader import logs, metrics
from coursegrader.errors import MachineFault


@pytest.fixture(autouse=True)
def off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_figures", None)
    monkeypatch.setattr(logs, "_logger", None)
    monkeypatch.delenv(logs.VARIABLE, raising=False)


def test_nothing_is_imported_nor_counted_before_it_is_asked_for() -> None:
    code = (
        "import sys; from coursegrader import logs, metrics; metrics.count('01', 'graded', {'cells': 1.0});"
        "metrics.queue(1, 1); logs.start(); logs.log('pipeline').write('graded');"
        "print([name for name in ('prometheus_client', 'structlog') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_scrape_reads_what_was_counted() -> None:
    port = metrics.serve(0)
    metrics.count("01-petit", "graded", {"cells": 0.02, "student_cpu": 9.0})
    metrics.count("01-petit", "fault")
    metrics.queue(3, 2)
    metrics.cache(4096)
    metrics.repeated("yielded")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    assert 'coursegrader_submissions_total{assignment="01-petit",outcome="graded"} 1.0' in text
    assert 'coursegrader_submissions_total{assignment="01-petit",outcome="fault"} 1.0' in text
    assert 'coursegrader_stage_seconds_count{stage="cells"} 1.0' in text
    assert 'coursegrader_stage_seconds_bucket{le="0.01",stage="cells"} 0.0' in text
    assert 'coursegrader_stage_seconds_bucket{le="0.025",stage="cells"} 1.0' in text
    assert "student_cpu" not in text
    assert "coursegrader_waiting 3.0" in text
    assert "coursegrader_running 2.0" in text
    assert "coursegrader_cache_bytes 4096.0" in text
    assert 'coursegrader_repeated_total{reason="yielded"} 1.0' in text
    assert metrics.exposition()[0].decode() == text
    with pytest.raises(MachineFault, match="cannot be served"):
        metrics.serve(port)


def test_a_log_is_one_json_object_a_line(tmp_path: Path) -> None:
    logs.start(tmp_path / "log.jsonl")
    logs.log("pipeline").write("graded", student="zoé\n", seconds=0.25)
    logs.log("cluster").write("refused", reason=ValueError("no"))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["area"], line["event"]) for line in lines] == [("pipeline", "graded"), ("cluster", "refused")]
    assert lines[0]["student"] == "zoé\n"
    assert lines[0]["seconds"] == 0.25
    assert lines[0]["at"].endswith("Z")


def test_no_key_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "q7" * 16)
    logs.start(tmp_path / "log.jsonl")
    logs.log("pipeline").write("failed", reason=f"401 for {'q7' * 16}", sent={"api_key": "sk-" + 12 * "aB3c"})
    line = json.loads((tmp_path / "log.jsonl").read_text())
    assert (line["reason"], line["sent"]) == ("401 for CLE-RETIREE", {"api_key": "CLE-RETIREE"})


def test_the_environment_names_the_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.VARIABLE, str(tmp_path / "env.jsonl"))
    logs.start()
    logs.log("cache").write("cleaned")
    assert "cleaned" in (tmp_path / "env.jsonl").read_text()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(MachineFault, match="cannot be written"):
        logs.start(tmp_path / "missing" / "log.jsonl")
