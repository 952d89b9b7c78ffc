"""Learn what this machine's kernel really holds: spawn children in every mode it offers and attack from inside.

Run in a process of its own (`python -m coursegrader.sandbox.confinement.probe`), because a fork needs a single thread, and because
what the attacks look for must be this process's own: a secret in its environment, sockets, files.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import arena, cgroups, landlock, make_plan, trials
from coursegrader.sandbox.confinement.plan import Limits, Mode, Plan
from coursegrader.sandbox.confinement.report import ModeReport, Report
from coursegrader.sandbox.confinement.syscall_numbers import MACHINE, NUMBERS

_VARIABLE = "COURSEGRADER_PROBE_SECRET"
_SECONDS = 120.0
_LIMITS = Limits(
    memory_bytes=256 << 20, processes=40, open_files=128, file_bytes=16 << 20, disk_bytes=32 << 20, cpu_seconds=60
)
_READY_ROUNDS = 5
_ADVICE = {
    Mode.FULL_USER: "\nThe administrator may allow unprivileged user namespaces: kernel.apparmor_restrict_unprivileged_userns=0, "
    "kernel.unprivileged_userns_clone=1 or user.max_user_namespaces above 0, as far as this kernel has them.",
    Mode.FULL_ROOT: "\nIn a container, root needs CAP_SYS_ADMIN for it.",
}


def probe() -> Report:
    """Try all modes that this user can have here. Takes some seconds.

    Returns:
        What held and what did not; `best` is the mode to grade with.

    Example:
        >>> print("\\n".join(probe().lines()))        # doctest: +SKIP
    """
    problem = _unsupported()
    if problem:
        return Report((), _system(), problem)
    secret = f"probe-{os.urandom(8).hex()}"
    environment = {
        "PATH": os.defpath,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        _VARIABLE: secret,
    }
    command = [sys.executable, "-P", "-B", "-m", __spec__.name, secret]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Report((), _system(), f"{sys.executable} could not be started: {error}")
    try:
        return Report.from_json(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Report((), _system(), f"{sys.executable} could not run the probe: {last}")


def _unsupported() -> str:
    if platform.system() != "Linux":
        return f"this system is {platform.system()}; confinement needs Linux: grade in a virtual machine or a container that has it"
    if not NUMBERS:
        return f"no list of system calls for {MACHINE}; there is one for x86_64 and aarch64"
    return ""


def _system() -> dict[str, str]:
    facts = {"system": f"{platform.system()} {platform.release()} {MACHINE}", "python": sys.executable}
    if platform.system() == "Linux" and NUMBERS:
        facts["user"] = str(os.geteuid())
        facts["landlock"] = f"version {landlock.abi()}" if landlock.abi() else "none"
        found = cgroups.discover()
        facts["memory of a whole submission"] = (
            "limited" if cgroups.limits_memory(found) else "not limited: no writable control group"
        )
    return facts


def main() -> None:
    """Try the modes and print the report as JSON."""
    secret = sys.argv[1]
    modes = (Mode.FULL_ROOT if os.geteuid() == 0 else Mode.FULL_USER, Mode.REDUCED)
    print(Report(tuple(_try_mode(mode, secret) for mode in modes), _system()).to_json())


def _try_mode(mode: Mode, secret: str) -> ModeReport:
    plan = make_plan(mode, _LIMITS, {"names.txt": b"emma\n"})
    try:
        ready = _ready_ms(plan)
        with _target(mode, secret) as target:
            findings = [
                *trials.attack(plan, target),
                *trials.destroy_child(plan, target),
                trials.kill_everybody(plan, target),
                *trials.work(plan),
            ]
    except (MachineFault, OSError) as error:
        return ModeReport(mode, False, f"{error}{_ADVICE.get(mode, '')}")
    return ModeReport(mode, True, "", tuple(findings), ready)


def _ready_ms(plan: Plan) -> float:
    times = []
    for _ in range(_READY_ROUNDS):
        started = time.perf_counter()
        with trials.Child(plan, lambda write: write(b"ready")) as child:
            child.read()
            times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 1)


@contextlib.contextmanager
def _target(mode: Mode, secret: str) -> Iterator[arena.Target]:
    """What the attacks aim at: a secret file, and servers on TCP and two kinds of unix socket."""
    directory = tempfile.mkdtemp(prefix="coursegrader-probe-")
    abstract = f"coursegrader-{secret}"
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        os.chmod(directory, 0o777)
        Path(directory, "secret.txt").write_text(secret)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for address in (f"\0{abstract}", f"{directory}/socket"):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(address)
            server.listen()
        os.chmod(f"{directory}/socket", 0o777)
        port = tcp.getsockname()[1]
        yield arena.Target(secret, directory, port, abstract, os.getpid(), (), _LIMITS, mode.is_full)


if __name__ == "__main__":
    main()
