"""`coursegrader`: build, grade, watch, classroom, gradebook, data, demo, doctor.

Exit codes: 0 done; 1 some submissions could not be graded, or a comparison failed; 2 wrong usage; 3 the course needs mending; 4 the machine
cannot do it; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import atexit
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from coursegrader import __version__, logs
from coursegrader.errors import CourseFault, CoursegraderError, MachineFault, WrongUsage

EXIT_CODES = (
    "exit codes: 0 done; 1 some submissions could not be graded or a comparison failed; 2 wrong usage; "
    "3 the course needs mending; 4 the machine cannot do it; 130 stopped with Ctrl-C"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; every expected error ends in a message and an exit code, never in a traceback.

    Args:
        arguments: None for those of the program, which then ends without taking the interpreter down: with torch that takes half a second.
    """
    done: list[int] = []
    if arguments is None:
        atexit.register(_leave, done)  # the first to be registered is the last to run
    done.append(_run(arguments))
    return done[0]


def _leave(done: list[int]) -> None:
    """End the process with its exit code, if it has one; else as Python does."""
    if done:
        with suppress(OSError):  # nobody reads any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(done[0])


def _run(arguments: Sequence[str] | None) -> int:
    parser = make_parser()
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.print_help()
        return 2
    try:
        logs.start(getattr(options, "log", None))
        return int(options.run(options))
    except CoursegraderError as error:
        print(f"coursegrader: {error}", file=sys.stderr)
        codes = ((WrongUsage, 2), (CourseFault, 3), (MachineFault, 4))
        return next((code for kind, code in codes if isinstance(error, kind)), 1)
    except KeyboardInterrupt:
        print(
            "\ncoursegrader: stopped. What was finished is written down; the same command goes on from there.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:  # a disk that is full, a file that is not ours
        print(f"coursegrader: {error}", file=sys.stderr)
        return 4


def make_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    from coursegrader.commands import (
        build,
        cache,
        classroom,
        data,
        db,
        demo,
        doctor,
        explain,
        export,
        grade,
        gradebook,
        milestones,
        policy,
        regrade,
        report,
        status,
        students,
        watch,
    )

    parser = argparse.ArgumentParser(
        prog="coursegrader",
        description="Build, release and grade a notebook course; see docs/ for the whole story.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"coursegrader {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (
        build, grade, regrade, policy, explain, status, gradebook, milestones, export, students, report, db, cache, data, demo, doctor,
    ):  # fmt: skip
        module.add(commands)
    for module in (watch, classroom):
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
