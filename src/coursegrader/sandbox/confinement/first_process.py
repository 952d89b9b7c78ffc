"""The first process of a confined child: sets up, forks the main process, then only watches.

It is process 1 of the namespaces (full modes), so that killing it kills everything; or a guard that adopts and ends all descendants
(reduced mode). It ends when its main process does, and when the trusted side's end of the lifeline closes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from coursegrader.sandbox.confinement import kernel, landlock, privileges, rootfs, seccomp, sweep
from coursegrader.sandbox.confinement.plan import Mode
from coursegrader.sandbox.confinement.recipe import Recipe

CONFINED = b"\x01"
SETUP_FAILED, SURVIVORS, BODY_RAISED = 121, 123, 124
LIFELINE_CUT = 128 + signal.SIGKILL  # what the trusted side gets when it ends a child
_INNER_ID = 1000  # of the student inside a user namespace


@dataclass(frozen=True)
class Order:
    """What the first process needs from its parent.

    Attributes:
        recipe: what to do.
        uid, gid: of the slot.
        limits: resource limits, computed from the parent's size.
        lifeline: pipe to read from: a byte says go on, its end says that the trusted side is gone.
        status: pipe to write to: `CONFINED` and the main process's pid, or what went wrong.
        lock: keeps the slot taken for as long as this process lives, even if the parent is gone.
        keep: descriptors for the main process.
        directory: working directory on the host (reduced mode), else "".
        body: what the main process runs.
    """

    recipe: Recipe
    uid: int
    gid: int
    limits: tuple[tuple[int, tuple[int, int]], ...]
    lifeline: int
    status: int
    lock: int
    keep: frozenset[int]
    directory: str
    body: Callable[[], NoReturn]


def run(order: Order) -> NoReturn:
    """Never returns to the parent's code, whatever happens."""
    code = SETUP_FAILED
    try:
        collect = privileges.pause_collector()
        code = _set_up_and_watch(order, collect)
    except BaseException as error:
        _report(order.status, error)
    finally:
        os._exit(code)


def _set_up_and_watch(order: Order, collect: bool) -> int:
    recipe, full = order.recipe, order.recipe.plan.mode.is_full
    privileges.close_descriptors({order.lifeline, order.status, order.lock, *order.keep})
    privileges.reset_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, (signal.SIGCHLD,))
    if recipe.plan.mode is Mode.FULL_USER:
        _map_user(order.uid, order.gid)
    uid, gid = (_INNER_ID, _INNER_ID) if recipe.plan.mode is Mode.FULL_USER else (order.uid, order.gid)
    if recipe.root is not None:
        recipe.root.enter(uid, gid)
        kernel.call("sethostname", b"coursegrader", 12)
    else:
        kernel.adopt_orphans()
    if os.read(order.lifeline, 1) != b"g":  # by now the parent has put this process into its control groups
        return LIFELINE_CUT
    if full:
        kernel.call("unshare", kernel.CLONE_NEWCGROUP)  # once more, so that this group is the root of what can be seen
    guard = os.getpid()
    main = os.fork()
    if main == 0:
        _main_process(order, uid, gid, collect, guard)
    privileges.close_descriptors({order.lifeline, order.status, order.lock})
    signals = kernel.child_signals()
    if full:
        _lock_first_process(order, uid, gid)
    else:  # a guard must outlive the parent for as long as it takes to sweep: the lifeline tells it
        kernel.set_dumpable(False)
    os.close(order.status)
    if not full:
        os.read(order.lifeline, 1)  # until the parent holds the main process by a descriptor, nobody buries it
    code = _watch(main, order.lifeline, signals)
    if not full and not sweep.all_gone(order.uid if recipe.as_root else None):
        code = SURVIVORS
    if order.directory:
        sweep.remove_traces(order.directory, order.uid if recipe.as_root else None)
    return code


def _main_process(order: Order, uid: int, gid: int, collect: bool, guard: int) -> NoReturn:
    code = SETUP_FAILED
    try:
        _confine(order, uid, gid)
        if os.getppid() != guard:  # it went before its death could send a signal
            os._exit(code)
        os.write(order.status, CONFINED + str(os.getpid()).encode())
        os.close(order.status)
        if collect:
            gc.enable()
    except BaseException as error:
        _report(order.status, error)
        os._exit(code)
    run_body(order.body)


def run_body(body: Callable[[], NoReturn]) -> NoReturn:
    """Run what the child is for; nothing it raises travels up into the code of the parent."""
    code = BODY_RAISED
    try:
        body()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        os._exit(code & 0xFF)


def _confine(order: Order, uid: int, gid: int) -> None:
    recipe = order.recipe
    privileges.close_descriptors({order.status, *order.keep})
    privileges.null_standard_streams(set(order.keep))
    os.setsid()
    privileges.prefer_to_kill()
    privileges.set_limits(order.limits)
    home, temporary = (
        (f"{order.directory}/home", f"{order.directory}/tmp") if order.directory else (rootfs.HOME, "/tmp")
    )
    os.chdir(home)
    os.umask(0o077)
    privileges.clean_environment(recipe.environment, home, temporary)
    rules = (*recipe.rules, *((path, landlock.WRITE) for path in (home, temporary) if order.directory))
    _drop(recipe, uid, gid)
    _lock(recipe, rules)
    privileges.python_signals()


def _drop(recipe: Recipe, uid: int, gid: int) -> None:
    if recipe.as_root:
        privileges.become(uid, gid, recipe.last_capability)
    elif recipe.plan.mode is Mode.FULL_USER:
        privileges.abandon_namespace(recipe.last_capability)
    kernel.die_with_parent(signal.SIGKILL)
    kernel.set_dumpable(False)  # processes of the same user cannot read each other's memory through /proc


def _lock(recipe: Recipe, rules: tuple[tuple[str, int], ...]) -> None:
    kernel.no_new_privileges()
    if recipe.landlock:
        landlock.restrict(recipe.landlock, rules)
    seccomp.install(seccomp.bind_to(recipe.filter, os.getpid()))


def _lock_first_process(order: Order, uid: int, gid: int) -> None:
    """The watcher needs no file and no privilege any more."""
    _drop(order.recipe, uid, gid)
    _lock(order.recipe, ())


def _map_user(uid: int, gid: int) -> None:
    for name, text in (("uid_map", f"{_INNER_ID} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{_INNER_ID} {gid} 1")):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(fd, text.encode())
        os.close(fd)
    os.setresgid(_INNER_ID, _INNER_ID, _INNER_ID)
    os.setresuid(_INNER_ID, _INNER_ID, _INNER_ID)


def _watch(main: int, lifeline: int, signals: int) -> int:
    """Bury whoever ends; return when the main process has, with its exit code (128 + n for signal n), or when the lifeline is cut."""
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    poller.register(signals, select.POLLIN)
    while True:
        ready = [fd for fd, _ in poller.poll()]
        if signals in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(signals, 4096)
            status = sweep.bury(main)
            if status is not None:
                return min(os.WEXITSTATUS(status), 127) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        if lifeline in ready:
            return LIFELINE_CUT


def _report(status: int, error: BaseException) -> None:
    with contextlib.suppress(OSError):
        os.write(status, f"{type(error).__name__}: {error}".encode()[:2000])
