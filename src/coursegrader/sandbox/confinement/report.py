"""What a probe found: plain data for `doctor`, reports and grade rows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from coursegrader.sandbox.confinement.plan import Mode


@dataclass(frozen=True)
class Finding:
    """One promise, put to the test.

    Attributes:
        name: of the attack, or of the honest work that must go through.
        held: whether the promise held.
        text: what happened.
        essential: whether a mode that breaks it must not grade.
    """

    name: str
    held: bool
    text: str
    essential: bool = True


@dataclass(frozen=True)
class ModeReport:
    """How one mode did.

    Attributes:
        mode: which.
        available: whether a child could be spawned.
        reason: why not, and what to do.
        findings: each promise; empty when not available.
        ready_ms: median time from the order to a confined child that runs, for a small parent.
    """

    mode: Mode
    available: bool
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    ready_ms: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether children may be graded in this mode: available, and nothing essential broken."""
        return self.available and all(finding.held for finding in self.findings if finding.essential)


@dataclass(frozen=True)
class Report:
    """What this machine offers.

    Attributes:
        modes: those that were tried, best first.
        system: facts: kernel, machine, Landlock's version, control groups.
        problem: why nothing could be tried at all, else "".

    Example:
        >>> Report((), {}, "this system is not Linux").best
        <Mode.NONE: 'off'>
    """

    modes: tuple[ModeReport, ...]
    system: dict[str, str]
    problem: str = ""

    @property
    def best(self) -> Mode:
        """The best sound mode; NONE when there is none."""
        return next((report.mode for report in self.modes if report.sound), Mode.NONE)

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(
            {**asdict(self), "modes": [{**asdict(report), "mode": report.mode.value} for report in self.modes]}
        )

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what `to_json` wrote."""
        data = json.loads(text)
        return cls(tuple(map(_mode_report, data["modes"])), data["system"], data["problem"])

    def lines(self) -> list[str]:
        """The report for people: what was found, one promise a line."""
        text = [f"{name}: {value}" for name, value in self.system.items()]
        if self.problem:
            text.append(f"no confinement: {self.problem}")
        for report in self.modes:
            if not report.available:
                text.append(f"{report.mode.value}: not available: {report.reason}")
                continue
            broken = [finding for finding in report.findings if not finding.held]
            verdict = "sound" if report.sound else "NOT SOUND"
            text.append(
                f"{report.mode.value}: {verdict}, {len(report.findings) - len(broken)} of {len(report.findings)} promises held"
            )
            text += [
                f"  broken{'' if finding.essential else ' (known limit)'}: {finding.name}: {finding.text}"
                for finding in broken
            ]
        return [*text, f"mode for grading: {self.best.value}"]


def _mode_report(data: dict[str, Any]) -> ModeReport:
    findings = tuple(Finding(**finding) for finding in data["findings"])
    return ModeReport(Mode(data["mode"]), data["available"], data["reason"], findings, data["ready_ms"])
