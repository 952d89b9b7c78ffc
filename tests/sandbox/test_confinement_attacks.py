"""The probe's own attacks, in every mode that this machine offers, and proof that they succeed where nothing is confined."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coursegrader.sandbox.confinement import Mode, arena, attacks, bombs, honest, recipe
from coursegrader.sandbox.confinement import probe as probe_module
from coursegrader.sandbox.confinement.plan import Plan
from coursegrader.sandbox.confinement.report import Finding, ModeReport, Report
from tests.sandbox.conftest import UNPRIVILEGED

PROBE = "from coursegrader.sandbox.confinement.probe import probe; print(probe().to_json())"
ALL = {function.__name__ for function in (*attacks.ATTACKS, *bombs.BOMBS, *honest.WORK)}
ALL |= {"destroy_ends_all", "no_file_is_left", "kill_everybody"}


def report_as(user: int | None) -> Report:
    """What the probe says when this user runs it."""
    as_user: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, cwd="/", **as_user)
    return Report.from_json(done.stdout)


@pytest.fixture(scope="module", params=["this user", "a user without privileges"])
def report(request: pytest.FixtureRequest) -> Report:
    if request.param == "this user":
        return report_as(None)
    if os.geteuid() != 0:
        pytest.skip("this user has no privileges")
    return report_as(UNPRIVILEGED)


def test_every_promise_is_tried_in_every_mode(report: Report) -> None:
    assert not report.problem
    assert [mode.mode.label for mode in report.modes] == ["full", "reduced"]
    for mode in report.modes:
        if mode.available:
            assert {finding.name for finding in mode.findings} == ALL
            assert mode.ready_ms > 0


def test_full_confinement_holds_every_promise(report: Report) -> None:
    full = report.modes[0]
    if not full.available:
        pytest.skip(full.reason)
    broken = {finding.name: finding.text for finding in full.findings if not finding.held}
    if report.system["memory of a whole submission"] != "limited":
        assert broken.pop("memory_of_many").startswith("not tried")
    assert broken == {}
    assert report.best is full.mode


def test_reduced_confinement_breaks_only_what_it_says(report: Report) -> None:
    reduced = report.modes[1]
    if not reduced.available:
        pytest.skip(reduced.reason)
    assert reduced.sound, [finding for finding in reduced.findings if not finding.held]
    broken = {finding.name for finding in reduced.findings if not finding.held}
    if int(report.system["landlock"].removeprefix("version ")) < 6:
        broken -= {"connect_abstract_socket"}
    assert broken <= {
        "connect_unix_socket",
        "fill_disk",
        "fill_shared_memory",
        "many_files",
        "no_file_is_left",
        "memory_of_many",
    }
    text = "\n".join(report.lines())
    assert all(f"broken (known limit): {name}" in text for name in broken)


def test_attacks_succeed_where_nothing_is_confined() -> None:
    """As a user without privileges, and only those that change nothing."""
    code = f"""
import json, os
from coursegrader.sandbox.confinement import Mode, arena, attacks, make_plan, probe, trials
from pathlib import Path
secret = "probe-{os.getpid()}"
plan = make_plan(Mode.NONE)
harmful = {{"kernel_doors", "use_a_keyring", "load_a_program"}}
with probe._target(Mode.NONE, secret) as target:
    held = {{}}
    for attack in attacks.ATTACKS:
        if attack.__name__ not in harmful:
            with trials.Child(plan, trials.partial(trials._answer, trials.partial(arena.run, attack, target))) as child:
                held[attack.__name__] = json.loads(child.read() or b"[true, 'ended']")
print(json.dumps(held))
"""
    as_user: dict[str, Any] = (
        {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if os.geteuid() == 0 else {}
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"probe-{os.getpid()}"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **as_user,
    )
    assert done.returncode == 0, done.stderr
    held = json.loads(done.stdout)
    succeeded = {name for name, (stopped, _) in held.items() if not stopped}
    assert succeeded >= {"read_file_open_to_all", "write_outside", "list_host_processes", "connect_tcp", "send_udp"}
    assert succeeded >= {"signal_the_probe", "signal_through_a_file"}
    assert succeeded >= {"connect_abstract_socket", "connect_unix_socket", "trace_a_process", "keep_privileges"}
    assert len(succeeded) * 3 >= len(held)


NOWHERE = arena.Target("", "", 0, "", 0, (), Plan(Mode.NONE).limits, False)


def test_no_attack_runs_as_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def attack(target: arena.Target) -> str | None:
        (tmp_path / "ran").touch()
        return None

    monkeypatch.setattr(os, "getresuid", lambda: (1000, 0, 1000))
    stopped, text = json.loads(arena.run(attack, NOWHERE))
    assert not stopped
    assert "root" in text
    assert not (tmp_path / "ran").exists()


def test_attack_that_is_wrong_does_not_count_as_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(target: arena.Target) -> str | None:
        raise ZeroDivisionError

    monkeypatch.setattr(os, "getresuid", lambda: (1000, 1000, 1000))
    stopped, text = json.loads(arena.run(wrong, NOWHERE))
    assert not stopped
    assert "the attack itself is wrong" in text


def test_other_systems_are_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    report = probe_module.probe()
    assert report.best is Mode.NONE
    assert "Darwin" in report.problem
    assert any("no confinement" in line for line in report.lines())


def test_other_machines_are_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "NUMBERS", {})
    assert "no list of system calls" in probe_module.probe().problem


def test_interpreter_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert "/nonexistent/python could not be started" in probe_module.probe().problem


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a child another user")
def test_interpreter_in_a_private_home_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    (home / "python").write_text("")
    monkeypatch.setattr(sys, "executable", str(home / "python"))
    with pytest.raises(Exception, match="cannot read the interpreter") as caught:
        recipe.recipe_for(Plan(Mode.REDUCED))
    assert str(home.parent) in str(caught.value)  # pytest's own directory above is private as well
    assert "chmod o+x" in str(caught.value)


def test_best_mode_is_the_first_sound_one() -> None:
    essential = Finding("read_shadow", False, "it could be read")
    limit = Finding("fill_disk", False, "no quota", essential=False)
    report = Report(
        (ModeReport(Mode.FULL_USER, True, "", (essential,)), ModeReport(Mode.REDUCED, True, "", (limit,))), {}
    )
    assert report.best is Mode.REDUCED
    assert Report.from_json(report.to_json()) == report
    text = "\n".join(report.lines())
    assert "full-user: NOT SOUND" in text
    assert "broken: read_shadow" in text
    assert "broken (known limit): fill_disk" in text
    assert Report((ModeReport(Mode.FULL_ROOT, False, "refused"),), {}).best is Mode.NONE
