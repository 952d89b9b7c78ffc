"""The options that decide how student code is confined, shared by the commands that run any."""

from __future__ import annotations

import argparse

from coursegrader.errors import MachineFault
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--no-isolation`."""
    parser.add_argument(
        "--no-isolation",
        action="store_true",
        help="run student code without a sandbox, as yourself: it can read and delete your files; every grade is marked",
    )


def wanted_mode(options: argparse.Namespace) -> Mode:
    """What every worker of a cluster must offer, whatever this machine does: full isolation, or none where that was asked for."""
    return Mode.NONE if options.no_isolation else Mode.FULL_ROOT


def chosen_mode(options: argparse.Namespace) -> Mode:
    """The strongest mode this machine offers, or none at all where that was asked for.

    Raises:
        MachineFault: no isolation is available and none was not asked for.
    """
    if options.no_isolation:
        return Mode.NONE
    mode, why = best_mode()
    if mode is Mode.NONE:
        raise MachineFault(
            f"this machine offers no isolation for student code: {why}",
            hint="Run `coursegrader doctor` for what is missing, or grade unprotected with --no-isolation (every grade is marked).",
        )
    return mode
