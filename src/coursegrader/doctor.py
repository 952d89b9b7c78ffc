"""What this machine can do for grading, found by trying it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from typing import Any

from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.confinement.probe import probe
from coursegrader.sandbox.confinement.report import ModeReport

_MINIMUM_DISK = 500 << 20
_HINT = "use Linux 5.13 or later with user namespaces, or root; a virtual machine does"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, what was found, and what to do if not."""

    name: str
    ok: bool
    found: str
    hint: str = ""


@dataclass(frozen=True)
class Examination:
    """Everything that was found, and the mode in which student code would run."""

    mode: Mode
    findings: tuple[Finding, ...]

    @property
    def isolated(self) -> bool:
        """Whether student code can be isolated here and every probe held."""
        return self.mode is not Mode.NONE and all(finding.ok for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "mode": self.mode.label,
            "isolated": self.isolated,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def text(self) -> str:
        """For people."""
        lines = [f"isolation of student code: {self.mode.label} ({self.mode.value})"]
        for finding in self.findings:
            lines.append(f"  {'ok     ' if finding.ok else 'MISSING'}  {finding.name}: {finding.found}")
            if finding.hint and not finding.ok:
                lines.append(f"           -> {finding.hint}")
        return "\n".join(lines)


def examine() -> Examination:
    """Look at Python, packages and disk, and attack the sandbox in every mode this user can have; takes some seconds."""
    report = probe()
    findings = [_python(), *_packages(), _disk()]
    findings += [Finding(name, True, value) for name, value in report.system.items()]
    if report.problem:
        findings.append(Finding("sandbox", False, report.problem, _HINT))
    for mode in report.modes:
        findings += _mode_findings(mode, report.best)
    return Examination(report.best, tuple(findings))


def _mode_findings(mode: ModeReport, best: Mode) -> list[Finding]:
    """One line a mode, and one for each promise that it does not keep; only those of the chosen mode count as missing."""
    chosen = mode.mode is best
    name = f"mode {mode.mode.value}"
    if not mode.available:
        return [Finding(name, not chosen and best is not Mode.NONE, f"not available: {mode.reason}", _HINT)]
    held = sum(finding.held for finding in mode.findings)
    found = f"{held} of {len(mode.findings)} promises held when attacked, a child is ready in {mode.ready_ms:.0f} ms"
    lines = [Finding(name, mode.sound or not chosen, found + (", chosen for grading" if chosen else ""))]
    for finding in mode.findings:
        if not finding.held:
            known = not finding.essential or not chosen
            lines.append(Finding(f"{name}, {finding.name}", known, f"not held: {finding.text}"))
    return lines


def _python() -> Finding:
    version = platform.python_version()
    return Finding(
        "Python", sys.version_info >= (3, 11), f"{version} at {sys.executable}", "Python 3.11 or later is needed"
    )


def _packages() -> list[Finding]:
    found = []
    for name in ("torch", "numpy", "nbgrader", "pytest", "pandas", "jupyterlab"):
        try:
            found.append(Finding(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed", "pip install -r requirements.lock"))
    return found


def _disk() -> Finding:
    free = shutil.disk_usage(".").free
    return Finding(
        "disk",
        free > _MINIMUM_DISK,
        f"{free >> 20} MB free here",
        "free some space: verdicts and notebooks are written here",
    )
