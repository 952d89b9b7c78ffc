"""The battery of attacks in every mode that this machine offers, and (what is harmless) with confinement off, to show that it can fail.

    make attacks
    python benchmarks/attacks.py --mode reduced        one mode, as the user that runs this
    python benchmarks/attacks.py --sample              a few attacks of each kind, in every mode
    python benchmarks/attacks.py --only forge

As root the modes are full-root, full-user (as an ordinary user without a name) and reduced; as another user full-user and reduced. With
confinement off the attacks run as that ordinary user too. Ends with one line of JSON; exit code 1 when an attack was not blocked, other than the
known limits of the reduced mode, or when anything was left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "attacks"))

from arena import Arena, Outcome
from attacks import Attack
from battery import ATTACKS, GROUPS, KNOWN_LIMITS, SAMPLE, WALLS

from coursegrader.sandbox.confinement import Mode, sweep

ORDINARY_USER = 60900  # beyond the slots, in the range that systemd leaves to nobody
ONE_MODE_SECONDS = 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mode", choices=[mode.value for mode in Mode], help="only this one, as the user that runs this"
    )
    parser.add_argument("--only", choices=list(GROUPS), help="one group of attacks")
    parser.add_argument("--sample", action="store_true", help="some attacks of each kind")
    parser.add_argument("--confined-only", action="store_true", help="leave out the run with confinement off")
    options = parser.parse_args()
    attacks = chosen(options.only, options.sample)
    result = one_mode(Mode(options.mode), attacks) if options.mode else all_modes(options)
    print(json.dumps(result))
    sys.exit(0 if result["sound"] else 1)


def chosen(only: str | None, sample: bool) -> list[Attack]:
    """The attacks asked for."""
    attacks = GROUPS[only] if only else ATTACKS
    return [attack for attack in attacks if attack.name in SAMPLE] if sample else list(attacks)


def all_modes(options: argparse.Namespace) -> dict[str, Any]:
    """Every mode in a process of its own; the first one's figures at the top, all in `modes`."""
    as_root = os.geteuid() == 0
    modes = [(Mode.FULL_ROOT, False), (Mode.FULL_USER, True), (Mode.REDUCED, False)]
    runs = modes if as_root else [(Mode.FULL_USER, False), (Mode.REDUCED, False)]
    more = (["--only", options.only] if options.only else []) + (["--sample"] if options.sample else [])
    rows = [in_a_process([f"--mode={mode.value}", *more], ordinary) for mode, ordinary in runs]
    first = rows[0]
    result = {key: first[key] for key in ("attacks", "blocked", "points_stolen", "canaries_leaked")}
    result |= {"flagged_unconfined": None, "tried_unconfined": None, "mode": first["mode"], "modes": rows}
    if not options.confined_only:
        print("\nthe same with confinement off, without what would harm the machine:", flush=True)
        off = in_a_process([f"--mode={Mode.NONE.value}", *more], as_root)
        result |= {key: off[key] for key in ("flagged_unconfined", "tried_unconfined", "stolen_unconfined")}
    return {**result, "sound": all(row["sound"] for row in rows)}


def in_a_process(arguments: Sequence[str], ordinary: bool) -> dict[str, Any]:
    """This program with these arguments, as the ordinary user if asked; its last line, and the lines before it shown."""
    home = tempfile.mkdtemp(prefix="attacks-home-")
    more: dict[str, Any] = {}
    if ordinary:
        os.chown(home, ORDINARY_USER, ORDINARY_USER)
        more = {"user": ORDINARY_USER, "group": ORDINARY_USER, "extra_groups": []}
    environment = {"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    Path(home).chmod(0o755)
    print(f"\n{' '.join(arguments)}{' as an ordinary user' if ordinary else ''}", flush=True)
    try:
        command = [sys.executable, str(Path(__file__).resolve()), *arguments]
        done = subprocess.run(
            command,
            env=environment,
            cwd=home,
            stdout=subprocess.PIPE,
            text=True,
            timeout=ONE_MODE_SECONDS,
            check=False,
            **more,
        )
    finally:
        if ordinary:
            sweep.kill_user(ORDINARY_USER)  # with confinement off, what an attack leaves running stays
        shutil.rmtree(home, ignore_errors=True)
    lines = done.stdout.splitlines()
    print("\n".join(lines[:-1]), flush=True)
    if not lines or not lines[-1].startswith("{"):
        return {
            "mode": arguments[0].partition("=")[2],
            "sound": False,
            "attacks": 0,
            "blocked": 0,
            "points_stolen": None,
            "canaries_leaked": None,
        }
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def one_mode(mode: Mode, attacks: list[Attack]) -> dict[str, Any]:
    """The battery in this process."""
    limits = KNOWN_LIMITS.get(mode, {})
    if mode is Mode.NONE:
        attacks = [attack for attack in attacks if attack.harmless and not attack.slow]
    with Arena(mode) as arena:
        outcomes = [show(arena.attack(attack), limits) for attack in attacks]
        honest, residue = arena.honest(), arena.residue()
    for line in residue:
        print(f"left behind: {line}")
    open_ = {outcome.attack for outcome in outcomes if not outcome.blocked}
    stolen = sum(outcome.points_stolen for outcome in outcomes)
    if mode is Mode.NONE:
        walls = {attack.name for group in WALLS for attack in GROUPS[group]}
        tried = [outcome for outcome in outcomes if outcome.attack in walls]
        return {
            "mode": mode.value,
            "flagged_unconfined": sum(not outcome.blocked for outcome in tried),
            "tried_unconfined": len(tried),
            "stolen_unconfined": stolen,
            "sound": True,
        }
    return {
        "mode": mode.value,
        "attacks": len(outcomes),
        "blocked": len(outcomes) - len(open_),
        "known_limits": sorted(open_ & set(limits)),
        "points_stolen": stolen,
        "canaries_leaked": sum(len(outcome.canaries) for outcome in outcomes),
        "honest_score_after": honest,
        "residue": len(residue),
        "seconds_median": sorted(outcome.seconds for outcome in outcomes)[len(outcomes) // 2],
        "sound": open_ <= set(limits) and not residue and honest == 4,
    }


def show(outcome: Outcome, limits: dict[str, str]) -> Outcome:
    """Print a line."""
    what = [
        *outcome.effects,
        *outcome.canaries,
        *([f"{outcome.points_stolen} points"] if outcome.points_stolen else []),
    ]
    word = "blocked" if outcome.blocked else "known limit" if outcome.attack in limits else "NOT BLOCKED"
    print(f"{word:12} {outcome.attack:32} {outcome.seconds:6.2f} s  {'; '.join(what)[:200]}", flush=True)
    return outcome


if __name__ == "__main__":
    main()
