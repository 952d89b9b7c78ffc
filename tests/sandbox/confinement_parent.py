"""A warm, single-threaded parent for the tests: reads orders as lines of JSON, spawns, answers as lines of JSON.

Run as `python confinement_parent.py`; it imports what the scenarios need once.
"""

from __future__ import annotations

import gc
import json
import os
import select
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import matplotlib

matplotlib.use("Agg")
import confinement_scenarios
import IPython  # noqa: F401  as heavy as a real parent

from coursegrader.sandbox.confinement import Limits, Mode, Plan, cgroups, destroy, make_plan, spawn

WORK_FILES = {"prenoms.txt": b"emma\n", "data/more.txt": "léa\n".encode()}
FIRST_UID = 61000  # apart from the slots of graders that run at the same time
_plans: dict[str, Plan] = {}


def plan_for(order: dict[str, Any]) -> Plan:
    key = json.dumps([order["mode"], order.get("limits")])
    if key not in _plans:
        made = make_plan(Mode(order["mode"]), Limits(**(order.get("limits") or {})), WORK_FILES)
        _plans[key] = replace(Plan.from_json(made.to_json()), uid=FIRST_UID)
    return _plans[key]


def start(order: dict[str, Any]) -> tuple[Any, int]:
    """Spawn a child that runs a scenario; returns it and the pipe that its result comes from."""
    read, write = os.pipe()

    def body() -> Any:
        os.environ["OUTPUT"] = str(write)
        try:
            result = {"result": getattr(confinement_scenarios, order["scenario"])(*order.get("arguments", []))}
        except Exception as error:
            if order["scenario"] == "fail":
                raise
            result = {"raised": f"{type(error).__name__}: {error}"}
        os.write(write, json.dumps(result).encode())
        os._exit(0)

    try:
        return spawn(plan_for(order), [write], body), read
    finally:
        os.close(write)


def read_all(fd: int, seconds: float) -> str | None:
    """What comes until all writers are gone; None if they are not in time."""
    said, deadline = b"", time.monotonic() + seconds
    while select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(fd, 1 << 16)
        if not part:
            return said.decode()
        said += part
    return None


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Spawn, wait for the result, destroy."""
    spawned, read = start(order)
    said = read_all(read, order.get("seconds", 30))
    code = destroy(spawned, patience=order.get("patience", 5))
    os.close(read)
    return {
        "said": said,
        "code": code,
        "uid": spawned.slot.uid if spawned.slot else None,
        "directory": spawned.directory,
    }


def destroy_while_running(order: dict[str, Any]) -> dict[str, Any]:
    """Spawn, wait until it says ready, destroy; tell whether every holder of the pipe has ended."""
    spawned, read = start(order)
    ready = os.read(read, 5)
    time.sleep(order.get("wait", 0.0))
    started = time.monotonic()
    code = destroy(spawned)
    seconds = time.monotonic() - started
    ended = read_all(read, 2) is not None
    os.close(read)
    return {"ready": ready.decode(), "ended": ended, "code": code, "seconds": seconds}


def kill_by_pidfd(order: dict[str, Any]) -> dict[str, Any]:
    """Spawn, wait until it says ready, send SIGKILL to the pidfd; tell whether all ended before `destroy`."""
    import signal

    spawned, read = start(order)
    os.read(read, 5)
    signal.pidfd_send_signal(spawned.pidfd, signal.SIGKILL)
    ended = read_all(read, 5) is not None
    destroy(spawned)
    os.close(read)
    return {"ended": ended}


def two_at_once(order: dict[str, Any]) -> dict[str, Any]:
    """Two children of one plan; the slots that they have."""
    both = [start(order) for _ in range(2)]
    said = [read_all(read, 30) for _, read in both]
    slots = [spawned.slot.uid for spawned, _ in both]
    groups = [spawned.slot.groups for spawned, _ in both]
    for spawned, read in both:
        destroy(spawned)
        os.close(read)
    left = [group for pair in groups for group in pair if Path(group).exists() and not cgroups.members((group,))]
    return {"slots": slots, "said": said, "left": left}


def orphan(order: dict[str, Any]) -> dict[str, Any]:
    """Spawn a child and never destroy it; the pipe stays with whoever started this parent, on descriptor `pass`."""
    os.set_inheritable(order["pass"], False)
    gc.disable()

    def body() -> Any:
        os.environ["OUTPUT"] = str(order["pass"])
        getattr(confinement_scenarios, order["scenario"])()
        os._exit(0)

    spawned = spawn(plan_for(order), [order["pass"]], body)
    os.close(order["pass"])
    return {"pid": spawned.pid, "directory": spawned.directory, "groups": spawned.slot.groups if spawned.slot else []}


def refuse(order: dict[str, Any]) -> dict[str, Any]:
    """Give the confinement something that it must refuse; what it says, and whether anything is left."""
    import threading

    from coursegrader.sandbox.confinement import recipe

    plan = plan_for(order)
    before = set(os.listdir("/proc/self/fd"))
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    try:
        if order["what"] == "a directory":
            fd = os.open("/", os.O_RDONLY)
            try:
                spawn(plan, [fd], os.abort)
            finally:
                os.close(fd)
        if order["what"] == "a thread":
            thread.start()
            spawn(plan, [], os.abort)
        if order["what"] == "a wrong filter":
            ready = recipe.recipe_for(plan)
            object.__setattr__(ready, "filter", b"\xff" * 8)
            spawn(plan, [], os.abort)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    else:
        said = "nothing"
    finally:
        stop.set()
        if thread.ident:
            thread.join()
        recipe._recipes.clear()
    try:
        os.waitpid(-1, os.WNOHANG)
        children = True
    except ChildProcessError:
        children = False
    return {"said": said, "children": children, "descriptors": sorted(set(os.listdir("/proc/self/fd")) - before)}


def main() -> None:
    gc.collect()
    gc.freeze()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = globals()[order["do"]](order)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
