"""The battery of attacks, confined and (what is harmless) with confinement off, to show that it can fail.

    make attacks
    python benchmarks/attacks.py --mode reduced
    python benchmarks/attacks.py --only forge

Ends with one line of JSON; exit code 1 when an attack was not blocked.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "attacks"))

from arena import Arena, Outcome
from attacks import ATTACKS, GROUPS

from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mode", choices=[mode.value for mode in Mode], help="default: the strongest that this machine offers"
    )
    parser.add_argument("--only", choices=list(GROUPS), help="one group of attacks")
    parser.add_argument("--confined-only", action="store_true", help="leave out the second run, with confinement off")
    options = parser.parse_args()
    attacks = GROUPS[options.only] if options.only else ATTACKS
    mode = Mode(options.mode) if options.mode else best_mode()[0]
    with Arena(mode) as arena:
        outcomes = [show(arena.attack(attack)) for attack in attacks]
        honest, residue = arena.honest(), arena.residue()
    flagged, tried = 0, 0
    if not options.confined_only:
        print("\nthe same with confinement off, without what would harm the machine:")
        with Arena(Mode.NONE) as arena:
            harmless = [attack for attack in attacks if attack.harmless and not attack.slow]
            unconfined = [show(arena.attack(attack)) for attack in harmless]
        flagged, tried = sum(not outcome.blocked for outcome in unconfined), len(unconfined)
    result = {
        "attacks": len(outcomes),
        "blocked": sum(outcome.blocked for outcome in outcomes),
        "points_stolen": sum(outcome.points_stolen for outcome in outcomes),
        "canaries_leaked": sum(len(outcome.canaries) for outcome in outcomes),
        "flagged_unconfined": flagged,
        "tried_unconfined": tried,
        "honest_score_after": honest,
        "residue": len(residue),
        "mode": mode.label,
        "seconds_median": sorted(outcome.seconds for outcome in outcomes)[len(outcomes) // 2],
    }
    for line in residue:
        print(f"left behind: {line}")
    print(json.dumps(result))
    sys.exit(0 if result["blocked"] == len(outcomes) and not residue and honest == 4 else 1)


def show(outcome: Outcome) -> Outcome:
    """Print a line."""
    what = "; ".join(
        [*outcome.effects, *outcome.canaries, *([f"{outcome.points_stolen} points"] if outcome.points_stolen else [])]
    )
    print(
        f"{'blocked' if outcome.blocked else 'NOT BLOCKED':12} {outcome.attack:32} {outcome.seconds:6.2f} s  {what[:200]}",
        flush=True,
    )
    return outcome


if __name__ == "__main__":
    main()
