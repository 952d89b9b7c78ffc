"""Confined children, in every mode that this machine offers: honest work goes through, what was promised holds, nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import ENVIRONMENT, MODES, ParentProcess, user_of

FULL = [mode for mode in MODES if mode.startswith("full")]
REDUCED = [mode for mode in MODES if mode.startswith("reduced")]
ParentFor = Callable[[str], ParentProcess]

HONEST: dict[str, Any] = {
    "train_on_two_threads": None,
    "save_and_load": True,
    "load_with_workers": 30,
    "draw": "PNG",
    "use_pandas": 3,
    "run_programs": ["é", sys.prefix],
    "use_sixteen_threads": 16,
    "use_temporary_files": True,
    "use_multiprocessing": [5, 1, 2],
    "use_asyncio": "one",
    "end_in_abort": 6,
}


def result_of(answer: dict[str, Any]) -> Any:
    """What a scenario returned."""
    assert answer.get("said"), answer
    said = json.loads(answer["said"])
    assert "result" in said, said
    return said["result"]


@pytest.mark.parametrize("mode", MODES)
def test_honest_work_goes_through(parent_for: ParentFor, mode: str) -> None:
    parent = parent_for(mode)
    for scenario, expected in HONEST.items():
        result = result_of(parent.ask("run", mode, scenario=scenario))
        assert expected is None or result == expected, scenario


@pytest.mark.parametrize("mode", FULL[:1])
def test_a_program_can_import_torch(parent_for: ParentFor, mode: str) -> None:
    assert result_of(parent_for(mode).ask("run", mode, scenario="run_torch_in_a_program")) == "2.0"


@pytest.mark.parametrize("mode", MODES)
def test_child_finds_its_files_and_nothing_of_the_grader(parent_for: ParentFor, mode: str) -> None:
    answer = parent_for(mode).ask("run", mode, scenario="describe")
    found = result_of(answer)
    assert found["files"] == {"prenoms.txt": "emma\n", "data/more.txt": "léa\n"}
    assert found["environment"]["HOME"] == found["cwd"]
    assert ENVIRONMENT["SECRET_OF_THE_GRADER"] not in json.dumps(found)
    assert set(found["environment"]) <= {
        *("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "USER", "LOGNAME", "MPLCONFIGDIR", "IPYTHONDIR", "OUTPUT"),
        *("OMP_NUM_THREADS", "MALLOC_ARENA_MAX", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "MPLBACKEND"),
        *("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "JE_ARROW_MALLOC_CONF", "NBGRADER_EXECUTION"),
    }
    assert 0 not in found["uids"]
    assert found["session"]
    if os.geteuid() == 0:
        assert set(found["groups"]) <= set(found["uids"]) | {65534}
    if mode in FULL:
        assert found["pid"] == 2
        assert found["standard"] == ["/dev/null"] * 3
        assert found["processes"] == ["2", "self", "thread-self"]
        assert found["namespaces"].keys() == {"cgroup", "ipc", "mnt", "net", "pid", "uts"}
        assert not any(os.readlink(f"/proc/self/ns/{name}") == link for name, link in found["namespaces"].items())
        assert not {"root", "var", "boot", "srv"} & set(found["root"])
    else:
        assert not Path(answer["directory"]).exists(), "the working directory is left on the host"


@pytest.mark.parametrize("mode", MODES)
def test_block_of_the_environment_is_wiped(parent_for: ParentFor, mode: str) -> None:
    assert ENVIRONMENT["SECRET_OF_THE_GRADER"] not in result_of(
        parent_for(mode).ask("run", mode, scenario="environment_block")
    )


@pytest.mark.parametrize("mode", MODES)
def test_too_much_memory_is_an_error_that_python_can_show(parent_for: ParentFor, mode: str) -> None:
    limits = {"memory_bytes": 256 << 20}
    assert result_of(parent_for(mode).ask("run", mode, scenario="allocate_too_much", limits=limits)) == "MemoryError"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("scenario", "arguments", "code"),
    [("end_with", [3], 3), ("end_with", [255], 127), ("crash", [], 139), ("fail", [], 124)],
)
def test_destroy_says_how_the_child_had_ended(
    parent_for: ParentFor, mode: str, scenario: str, arguments: list[int], code: int
) -> None:
    assert parent_for(mode).ask("run", mode, scenario=scenario, arguments=arguments)["code"] == code


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scenario", ["leave_a_daemon_and_wait", "fork_without_end"])
def test_destroy_ends_everything(parent_for: ParentFor, mode: str, scenario: str) -> None:
    limits = {"processes": 12}
    answer = parent_for(mode).ask("destroy_while_running", mode, scenario=scenario, wait=0.1, limits=limits)
    assert answer["ready"] == "ready", answer
    assert answer["ended"]
    assert answer["code"] == 137
    assert answer["seconds"] < 2


@pytest.mark.parametrize("mode", MODES)
def test_main_process_that_ends_takes_its_daemons_with_it(parent_for: ParentFor, mode: str) -> None:
    answer = parent_for(mode).ask("run", mode, scenario="leave_a_daemon", seconds=5)
    assert result_of(answer) == "left"  # read to the end of the pipe, which the daemon held
    assert answer["code"] == 0


@pytest.mark.parametrize("mode", MODES)
def test_one_kill_ends_everything(parent_for: ParentFor, mode: str) -> None:
    assert parent_for(mode).ask("kill_by_pidfd", mode, scenario="leave_a_daemon_and_wait")["ended"]


@pytest.mark.parametrize("mode", MODES)
def test_death_of_the_parent_ends_everything(parent_for: ParentFor, mode: str) -> None:
    parent_for(mode)
    read, write = os.pipe()
    parent = ParentProcess(user_of(mode), (write,))
    try:
        answer = parent.ask("orphan", mode, scenario="leave_a_daemon_and_wait", **{"pass": write})
        os.close(write)
        assert select.select([read], [], [], 10)[0] and os.read(read, 5) == b"ready", answer
        parent.process.kill()
        parent.process.wait()
        assert select.select([read], [], [], 5)[0], "something outlived the parent"
        assert os.read(read, 5) == b""
        deadline = time.monotonic() + 2
        while answer["directory"] and Path(answer["directory"]).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not answer["directory"] or not Path(answer["directory"]).exists()
    finally:
        os.close(read)
        for group in answer["groups"]:
            with contextlib.suppress(OSError):
                Path(group).rmdir()


@pytest.mark.parametrize("mode", MODES)
def test_children_at_the_same_time_have_slots_of_their_own(parent_for: ParentFor, mode: str) -> None:
    answer = parent_for(mode).ask("two_at_once", mode, scenario="use_temporary_files")
    assert all(json.loads(said) == {"result": True} for said in answer["said"])
    assert answer["left"] == [], "control groups are left"
    if user_of(mode) is None and os.geteuid() == 0:
        assert len(set(answer["slots"])) == 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a directory", "leads to a file of the host"),
        ("a thread", "2 threads"),
        ("a wrong filter", "the confinement failed: OSError: [Errno 22] seccomp"),
    ],
)
def test_refusal_leaves_nothing_behind(parent_for: ParentFor, mode: str, what: str, says: str) -> None:
    answer = parent_for(mode).ask("refuse", mode, what=what)
    assert says in answer["said"]
    assert not answer["children"]
    assert answer["descriptors"] == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the machine code is x86_64's")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("i386", [0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]),  # mov eax, 20 (getpid); int 0x80; ret
        ("x32", [0xB8, 39, 0, 0, 0x40, 0x0F, 0x05, 0xC3]),  # mov eax, x32 getpid; syscall; ret
    ],
)
def test_calls_of_another_kind_end_the_process(parent_for: ParentFor, mode: str, name: str, code: list[int]) -> None:
    assert result_of(parent_for(mode).ask("run", mode, scenario="run_machine_code", arguments=[code])) == 31, name
    harmless = [0xB8, 39, 0, 0, 0, 0x0F, 0x05, 0xC3]  # the same call in the native way
    assert result_of(parent_for(mode).ask("run", mode, scenario="run_machine_code", arguments=[harmless])) == 0
