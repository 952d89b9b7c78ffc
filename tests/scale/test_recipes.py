"""The recipes in deploy/dask: options that exist, modules that can be imported, certificates that fit together."""

from __future__ import annotations

import importlib.util
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "dask"


def units() -> dict[str, str]:
    return {
        role: (DEPLOY / name).read_text().replace("\\\n", " ")
        for role, name in (("scheduler", "coursegrader-scheduler.service"), ("worker", "coursegrader-worker@.service"))
    }


def documents() -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()) if document]


def commands(role: str) -> list[str]:
    """What the systemd unit and the pod of a role start."""
    (unit,) = re.findall(r"^ExecStart=(.*)$", units()[role], re.MULTILINE)
    (pod,) = (d for d in documents() if d["kind"] == "Deployment" and d["metadata"]["name"] == f"coursegrader-{role}")
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    return [unit, " ".join([*container["command"], *container["args"]])]


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_every_option_is_one_that_dask_knows(role: str) -> None:
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--help"]
    known = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    for line in commands(role):
        assert f"dask {role} " in line
        options = re.findall(r"(?<=\s)--[a-z][a-z-]*", line)
        assert {"--tls-ca-file", "--tls-cert", "--tls-key"} <= set(options)
        for option in options:
            assert re.search(rf"{option}\b", known), option


def test_workers_have_one_thread_and_import_before_they_join() -> None:
    for line in commands("worker"):
        assert "--nthreads 1 " in line
        assert "--no-nanny" in line
        (module,) = re.findall(r"--preload (\S+)", line)
        assert importlib.util.find_spec(module) is not None


def test_pods_reach_one_another_and_nothing_else() -> None:
    kinds = [document["kind"] for document in documents()]
    assert kinds == ["Service", "Deployment", "Deployment", "NetworkPolicy"]
    policy = documents()[-1]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert all("to" in rule and "ipBlock" not in str(rule) for rule in policy["egress"])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_certificates_fit_together_and_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    subprocess.run([DEPLOY / "make-certificates", folder], check=True, capture_output=True, timeout=120)
    assert {path.name for path in folder.iterdir()} >= {"ca.pem", "ca-key.pem", "cert.pem", "key.pem"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    chain = ["openssl", "verify", "-CAfile", folder / "ca.pem", folder / "cert.pem"]
    assert subprocess.run(chain, capture_output=True, text=True, timeout=60).returncode == 0
