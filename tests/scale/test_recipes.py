"""The recipes in deploy/dask: options that exist, modules that can be imported, certificates that fit together."""

from __future__ import annotations

import grp
import importlib.util
import os
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
def test_a_group_may_read_the_certificates_and_not_the_authoritys_key(tmp_path: Path) -> None:
    group = "nogroup" if os.getuid() == 0 else grp.getgrgid(os.getgid()).gr_name
    folder = tmp_path / "etc" / "tls"
    subprocess.run(
        [DEPLOY / "make-certificates", folder, group], check=True, capture_output=True, timeout=120, umask=0o022
    )
    modes = {
        path.name: (path.stat().st_mode & 0o777, path.group()) for path in (folder.parent, folder, *folder.iterdir())
    }
    assert modes["etc"][0] == 0o755  # a user who may not pass here reads nothing behind it
    assert modes["tls"] == (0o750, group)
    assert all(modes[name] == (0o640, group) for name in ("ca.pem", "cert.pem", "key.pem"))
    assert modes["ca-key.pem"][0] == 0o600


def test_units_and_pages_agree_on_user_and_environment() -> None:
    root = DEPLOY.parents[1]
    pages = {name: (root / "docs" / name).read_text() for name in ("scale.md", "deploy.md")}
    assert all("python3 -m venv /opt/coursegrader" in page for page in pages.values())
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.parent.glob("*.service")):
        text = unit.read_text()
        assert re.findall(r"^ExecStart=(\S+/)", text, re.MULTILINE) == ["/opt/coursegrader/bin/"]
        (user,) = re.findall(r"^User=(\w+)$", text, re.MULTILINE)
        assert user == "root" or any(
            re.search(rf"^adduser .*\b{user}\b", page, re.MULTILINE) for page in pages.values()
        )
    for line in commands("scheduler") + commands("worker"):
        assert line.startswith("/opt/coursegrader/bin/dask ")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    """With programs that are here in the place of those of an environment that is not."""
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.parent.glob("*.service")):
        path = tmp_path / unit.name.replace("@", "@1")
        path.write_text(re.sub(r"/opt/coursegrader/bin/\w+", sys.executable, unit.read_text()))
        done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, timeout=120)
        about = [line for line in done.stderr.splitlines() if "coursegrader" in line]
        assert not about, about


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
