"""Which mode of isolation this machine offers, found by really spawning a child in each.

Only a process with one thread may fork a confined child: a warm parent at its start, where one was asked, or `python -I -m
coursegrader.sandbox.choose`, which prints it as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import Mode, destroy, make_plan, spawn

_SECONDS = 60


@cache
def best_mode() -> tuple[Mode, str]:
    """The strongest mode that works here.

    Returns:
        The mode, and why each stronger one does not work ("" when the strongest does). `Mode.NONE` when none does.
    """
    from coursegrader.sandbox import warm

    known = warm.tried()
    if known is not None:
        return Mode(known["mode"]), known["why"]
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "coursegrader.sandbox.choose"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Mode.NONE, f"the trial failed: {error}"
    return Mode(found["mode"]), found["why"]


def try_modes() -> tuple[Mode, str]:
    """Try the modes from the strongest down, in this process."""
    reasons = []
    if sys.platform != "linux":
        return Mode.NONE, f"isolation needs Linux, this is {sys.platform}"
    for mode in (Mode.FULL_ROOT if os.geteuid() == 0 else Mode.FULL_USER, Mode.REDUCED):
        try:
            destroy(spawn(make_plan(mode), [], lambda: os._exit(0)))
        except (MachineFault, OSError) as error:
            reasons.append(f"{mode.value}: {error}")
        else:
            return mode, "; ".join(reasons)
    return Mode.NONE, "; ".join(reasons)


if __name__ == "__main__":
    chosen, why = try_modes()
    print(json.dumps({"mode": chosen.value, "why": why}))
