"""The trusted end of a real child: cells, calls, snapshots, and what goes wrong with them."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from coursegrader.allowance import Allowance, Times
from coursegrader.errors import MachineFault, OutOfPatience
from coursegrader.patience import Patience
from coursegrader.sandbox import late_imports, wire
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Limits, Mode, make_plan
from coursegrader.sandbox.warm import WarmParent, shared
from coursegrader.sandbox.wire import Generator, Remote
from coursegrader.session import Cell, CellOutcome, Session
from coursegrader.snapshot import CallFailed, Snapshot, _raised

TIMES = Times(cell=2.0, call=2.0, output_bytes=20_000)

CELLS = """
import time, os, sys, ctypes, random
import numpy as np
import torch

PI = 3.25
def same(value): return value
def kinds(*args, **kwargs): return [type(a).__name__ for a in args], {k: type(v).__name__ for k, v in kwargs.items()}
def change(values): values.append(1)
def change_array(values): values[0] = 9
def leave_gradient(other, values):
    values["a"].requires_grad_(True).sum().backward()
    values["a"].requires_grad_(False)
def draw(generator): return torch.rand(2, generator=generator)
def drawn(): return [random.random(), float(np.random.rand()), float(torch.rand(1))]
def apply(function, value): return function(value)
def fail(words): raise ValueError(words)
def unfinished(): raise NotImplementedError
def leave(): os._exit(3)
def sleep(): time.sleep(60)
def stubborn():
    while True:
        try: time.sleep(60)
        except BaseException: pass
def generate(): yield 1
def big(n): return np.zeros(n)
def talk(): print("x" * 10**6); sys.stderr.write("y"); return 1
class Model:
    size = 3
    def __init__(self, n): self.weight = torch.zeros(n)
    def __call__(self, x): return x + self.size
    def step(self): self.size += 1; return self.size
class Liar(float):
    def __eq__(self, other): return True
class Memory(list):
    def add(self, item): self.append(item); return len(self)
def remembered(): return Memory([1, 2])
"""


@pytest.fixture(scope="module")
def key(mode: Mode) -> str:
    return shared().register(make_plan(mode, Limits(memory_bytes=1 << 30), {"words.txt": b"emma"}))


@pytest.fixture(scope="module")
def session(key: str) -> Iterator[Session]:
    """One session for all tests that only make snapshots of it."""
    with Session(shared(), key, TIMES) as session:
        assert [outcome.status for outcome in session.run([Cell("all", CELLS)])] == ["ok"]
        yield session


@pytest.fixture
def snapshot(session: Session) -> Iterator[Snapshot]:
    with session.snapshot() as snapshot:
        yield snapshot


def run(key: str, *sources: str, times: Times = TIMES) -> list[CellOutcome]:
    with Session(shared(), key, times) as session:
        return session.run([Cell(f"c{n}", source) for n, source in enumerate(sources)])


def statuses(outcomes: list[CellOutcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def text_of(outcome: CellOutcome) -> str:
    return json.dumps(outcome.outputs, ensure_ascii=False)


def failure(snapshot: Snapshot, name: str, *args: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        snapshot.call(name, args)
    return caught.value


# Cells


def test_cells_share_one_state_and_show_what_notebooks_show(key: str) -> None:
    outcomes = run(key, "x = 1", "print(x); x += 1\nx", "1 / 0", "open('words.txt').read() + str(x)", "# nothing")
    assert statuses(outcomes) == ["ok", "ok", "error", "ok", "ok"]
    assert [output["output_type"] for output in outcomes[1].outputs] == ["stream", "execute_result"]
    assert outcomes[2].outputs[0]["ename"] == "ZeroDivisionError"
    assert outcomes[3].outputs[0]["data"]["text/plain"] == "'emma2'"
    assert [outcome.count for outcome in outcomes][:4] == [1, 2, 3, 4]


def test_errors_name_the_line_as_the_student_counts_them(key: str) -> None:
    outcomes = run(key, "\n\n1 / 0", "\n%%time\n1 / 0", "\n  1 / 0")
    traces = ["".join(outcome.outputs[-1]["traceback"]) for outcome in outcomes]
    assert all("ZeroDivisionError" in trace for trace in traces)
    assert re.search(r"----> 3\b", re.sub(r"\x1b\[[\d;]*m", "", traces[0]))


def test_pandas_is_there_without_what_would_start_threads(key: str) -> None:
    outcomes = run(
        key, "import sys, pandas as pd\n'pyarrow' in sys.modules", "str(pd.DataFrame({'a': ['é']}).iloc[0, 0])"
    )
    assert [outcome.outputs[0]["data"]["text/plain"] for outcome in outcomes] == ["False", "'é'"]


@pytest.mark.parametrize("end", ["import os; os._exit(0)", "import ctypes; ctypes.string_at(0)"])
def test_a_cell_that_ends_the_process_is_left_out_and_those_before_run_again(key: str, end: str) -> None:
    outcomes = run(key, "x = [1]", "x.append(2)", end, "x")
    assert statuses(outcomes) == ["ok", "ok", "stopped", "ok"]
    assert outcomes[3].outputs[0]["data"]["text/plain"] == "[1, 2]"


def test_a_cell_that_kills_only_when_it_is_repeated_costs_itself(key: str) -> None:
    late = f"import os, time\nif time.time() > {time.time() + 3}: os._exit(0)"
    kill = "import os, time\ntime.sleep(3.5)\nos._exit(0)"
    with Session(shared(), key, replace(TIMES, cell=10.0)) as session:
        sources = ("def f(x): return x", late, kill, "y = f(2)")
        outcomes = session.run([Cell(f"c{n}", source) for n, source in enumerate(sources)])
        assert statuses(outcomes) == ["ok", "stopped", "stopped", "ok"]
        with session.snapshot() as snapshot:
            assert snapshot.call("f", (3,)) == 3
            assert snapshot.get("y") == 2


def test_after_a_few_restarts_the_rest_is_skipped_and_what_was_defined_stays(key: str) -> None:
    leave = "import os; os._exit(1)"
    with Session(shared(), key, TIMES) as session:
        outcomes = session.run([Cell(str(n), s) for n, s in enumerate(["f = abs", *[leave] * 5, "g = abs"])])
        assert statuses(outcomes) == ["ok", *["stopped"] * 4, "skipped", "skipped"]
        with session.snapshot() as snapshot:
            assert snapshot.call("f", (-3,)) == 3
            assert failure(snapshot, "g", 1).reason == "missing"


def test_time_is_taken_by_the_wall_and_the_processor(key: str) -> None:
    hang, stubborn = (
        "while True: pass",
        "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
    )
    started = time.monotonic()
    assert statuses(run(key, hang, "1", times=Times(cell=0.4))) == ["timeout", "ok"]
    assert statuses(run(key, stubborn, "1", times=Times(cell=0.4))) == ["timeout", "ok"]
    assert statuses(run(key, hang, times=Times(cell=20, cell_cpu=0.3))) == ["timeout"]
    assert time.monotonic() - started < 12


def test_where_the_machine_does_not_keep_up_the_clock_waits_longer(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursegrader.allowance.stretch", lambda: 8.0)
    slow = "import time\ndef f(seconds):\n    time.sleep(seconds)\n    return 1"
    with Session(shared(), key, Times(cell=0.5, call=0.5, submission=2.0)) as session:
        assert statuses(session.run([Cell("f", slow), Cell("nap", "f(1.5)")])) == ["ok", "ok"]
        with session.snapshot() as snapshot:
            assert snapshot.call("f", (1.5,)) == 1
        with session.snapshot() as snapshot:
            failed = failure(snapshot, "f", 60)
            assert (failed.reason, failed.details["seconds"]) == ("timeout", 0.5)  # what it had to keep to


def test_computing_for_ever_ends_as_soon_on_a_busy_machine(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursegrader.allowance.stretch", lambda: 1000.0)
    started = time.monotonic()
    assert statuses(run(key, "while True: pass", times=Times(cell=1.0, cell_cpu=0.3))) == ["timeout"]
    assert time.monotonic() - started < 60


def test_a_submission_has_a_deadline_of_its_own(key: str) -> None:
    started = time.monotonic()
    outcomes = run(key, *["import time; time.sleep(1)"] * 20, times=Times(submission=3))
    assert time.monotonic() - started < 15
    assert statuses(outcomes)[0] == "ok"
    assert statuses(outcomes)[-1] == "timeout"


def test_output_is_kept_up_to_a_limit_of_the_cell_and_of_the_submission(key: str) -> None:
    times = Times(cell=5.0, output_bytes=2000)
    outcomes = run(key, "print('a' * 10**6)", *["print('b' * 1500)"] * 20, "3", times=times)
    sizes = [len(text_of(outcome)) for outcome in outcomes]
    assert 1500 < sizes[0] < 2500
    assert "octets de plus" in text_of(outcomes[0])
    assert sum(sizes) < 8 * 2000 + 22 * 600
    assert statuses(outcomes) == ["ok"] * 22


def test_a_progress_bar_that_clears_itself_leaves_its_last_state(key: str) -> None:
    bar = "from IPython.display import clear_output\nfor i in range(2000):\n    clear_output(wait=True)\n    print('step', i)"
    assert text_of(run(key, bar)[0]).endswith('"step 1999\\n"}]')


def test_an_endless_print_is_a_timeout(key: str) -> None:
    outcome = run(key, "while True: print('x' * 1000)", times=Times(cell=0.5, output_bytes=2000))[0]
    assert outcome.status == "timeout"
    assert "xxx" in text_of(outcome)


def test_outputs_that_the_child_invents_are_bounded(key: str) -> None:
    """A cell that takes over the channel: whatever it sends is data of limited size, or ends its process."""
    forged = """
import gc, json, socket
from coursegrader.sandbox import wire
data = [s for s in gc.get_objects() if isinstance(s, socket.socket) and s.type == socket.SOCK_STREAM][0]
outputs = [{{"output_type": "stream", "name": "stdout", "text": "z" * {size}}}] * {count}
wire.send(data, wire.Frame({{"id": 1, "ok": True, "count": 1, "cpu": 1.0}}, [json.dumps(outputs).encode()]))
import os; os._exit(0)
"""
    small = run(key, forged.format(size=300, count=2))[0]
    assert (small.status, len(small.outputs)) == ("ok", 2)
    many = run(key, forged.format(size=300, count=2000))[0]
    assert sum(len(output["text"]) for output in many.outputs) <= TIMES.output_bytes + 500
    assert run(key, forged.format(size=30_000_000, count=1))[0].status == "stopped"


def test_threads_of_torch_that_share_a_processor_do_not_burn_it(key: str) -> None:
    work = """
import os, time, torch
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
a = torch.randn(64, 600)
def cost(threads):
    torch.set_num_threads(threads)
    (a * a).sum()
    started = time.process_time()
    for _ in range(20):
        (a.exp() + 1).tanh()
    return time.process_time() - started
one = cost(1)
cost(2) / one
"""
    (outcome,) = run(key, work, times=Times(cell=20.0))
    # Of the processor's time, not the clock's: 1.2, and 117 where they spin.
    assert float(outcome.outputs[0]["data"]["text/plain"]) < 20


def test_a_notebook_that_closes_its_standard_streams_can_still_be_asked(key: str) -> None:
    closes = "import os\nos.closerange(0, 3)\nkept = open('words.txt', 'r+')\ndef f(x): return x + kept.fileno()"
    with Session(shared(), key, TIMES) as session:
        assert statuses(session.run([Cell("a", closes), Cell("b", "print('shown')")])) == ["ok", "ok"]
        for _ in range(2):
            with session.snapshot() as snapshot:
                assert snapshot.call("f", (5,)) == 5


def test_a_file_that_takes_the_place_of_a_standard_stream_is_not_emptied(key: str) -> None:
    log = "import os\nos.dup2(os.open('log.txt', os.O_RDWR | os.O_CREAT), 1)\nos.write(1, b'kept')"
    outcomes = run(key, log, "print(open('log.txt').read())")
    assert "kept" in text_of(outcomes[1])


# Calls


def test_arguments_and_results_are_data_of_their_exact_types(snapshot: Snapshot) -> None:
    values = [None, True, 3, 2.5, "é", [1, (2, {"a": 3})], {1, 2}]
    assert snapshot.call("same", (values,)) == values
    assert torch.equal(snapshot.call("same", (torch.eye(2),)), torch.eye(2))
    assert math.isnan(snapshot.call("same", (math.nan,)))
    names = snapshot.call("kinds", (1, torch.ones(1), np.ones(1), (1,)), {"g": Generator(3)})
    assert names == (["int", "Tensor", "ndarray", "tuple"], {"g": "Generator"})
    expected = torch.rand(2, generator=torch.Generator().manual_seed(5))
    assert torch.equal(snapshot.call("draw", (Generator(5),)), expected)


def test_a_model_stays_and_is_asked(snapshot: Snapshot) -> None:
    model = snapshot.call("Model", (4,))
    assert model == Remote(0, "Model")
    assert snapshot.call(None, (torch.ones(2),), on=0).tolist() == [4, 4]
    assert snapshot.call("step", on=0) == 4
    assert snapshot.get("size", on=0) == 4
    assert snapshot.get("weight", on=0).shape == (4,)
    assert snapshot.call("apply", (model, 1)) == 5
    assert failure(snapshot, "nothing").reason == "missing"
    assert snapshot.call("apply", (snapshot.ref("same"), 7)) == 7


def test_an_object_that_is_a_list_as_well_stays_where_its_class_was_called(snapshot: Snapshot) -> None:
    memory = snapshot.call("Memory", ([5],))
    assert memory == Remote(0, "Memory")
    assert snapshot.call("add", (7,), on=0) == 2
    assert snapshot.call("remembered") == [1, 2]  # what a function returns is a value


def test_a_liar_stays_a_handle(snapshot: Snapshot) -> None:
    assert type(snapshot.call("Liar", (1.5,))) is Remote


def test_names_are_looked_up(snapshot: Snapshot) -> None:
    assert snapshot.get("PI") == 3.25
    assert snapshot.has("same")
    assert not snapshot.has("other")
    with pytest.raises(CallFailed):
        snapshot.get("other")


def test_the_seed_is_the_caller_s(session: Session) -> None:
    drawn = []
    for _ in range(2):
        with session.snapshot() as snapshot:
            snapshot.manual_seed(11)
            drawn.append(snapshot.call("drawn"))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "more", ["", "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"]
)
def test_what_is_drawn_without_a_seed_is_the_same_in_every_fork_and_run(key: str, more: str) -> None:
    drawn = []
    for _ in range(2):
        with Session(shared(), key, TIMES) as session:
            assert statuses(session.run([Cell("all", CELLS), Cell("more", more)])) == ["ok", "ok"]
            for _ in range(2):
                with session.snapshot() as snapshot:
                    drawn.append(snapshot.call("drawn"))
    assert drawn[1:] == drawn[:-1]


def test_changed_arguments_are_named(snapshot: Snapshot) -> None:
    snapshot.call("change", ([1],))
    assert snapshot.modified_inputs == ("0",)
    snapshot.call("change_array", kwargs={"values": torch.zeros(2)})
    assert snapshot.modified_inputs == ("values",)
    snapshot.call("leave_gradient", ([1], {"a": torch.ones(2)}))
    assert (snapshot.modified_inputs, snapshot.inputs_with_gradient) == ((), ("1",))
    snapshot.call("same", ([1, {"a": torch.ones(2)}],))
    assert (snapshot.modified_inputs, snapshot.inputs_with_gradient) == ((), ())


def test_every_failure_has_its_name(session: Session) -> None:
    reasons = {}
    for name in ("unfinished", "leave", "generate"):
        with session.snapshot() as snapshot:
            reasons[name] = failure(snapshot, name).reason
    assert reasons == {"unfinished": "not_done", "leave": "stopped", "generate": "unsupported"}
    with session.snapshot() as snapshot:
        raised = failure(snapshot, "fail", ["secret"])
        assert (raised.reason, raised.details["error"], raised.details["cell"]) == ("raised", "ValueError", "all")
        assert raised.details["line"] == CELLS.splitlines().index("def fail(words): raise ValueError(words)") + 1
        assert snapshot.call("same", (1,)) == 1  # after an exception the snapshot still answers


def test_what_ran_out_of_time_once_is_not_waited_for_as_long_again(key: str) -> None:
    with Session(shared(), key, Times(call=0.5)) as session:
        session.run([Cell("all", CELLS)])
        for name in ("sleep", "stubborn", "sleep"):
            with session.snapshot() as snapshot:
                failed = failure(snapshot, name)
                assert (failed.reason, failed.details["seconds"]) == ("timeout", 0.5)
        with session.snapshot() as snapshot:
            assert snapshot.call("same", (1,)) == 1


def test_what_ran_out_of_time_by_computing_is_not_cut_short_by_the_clock_later(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a second call may take does not depend on how busy the machine is: the clock's limit stays, the processor's shrinks."""
    monkeypatch.setattr("coursegrader.allowance.SECOND_CHANCE_SECONDS", 0.3)
    code = "import time\ndef f(n):\n    while n < 0: pass\n    time.sleep(n)\n    return 1"
    with Session(shared(), key, Times(call=30, call_cpu=0.4)) as session:
        session.run([Cell("all", code)])
        with session.snapshot() as snapshot:
            assert failure(snapshot, "f", -1).reason == "timeout"
        with session.snapshot() as snapshot:
            assert snapshot.call("f", (0.8,)) == 1
        with session.snapshot() as snapshot:
            failed = failure(snapshot, "f", -1)
            assert (failed.reason, failed.details["seconds"]) == ("timeout", 0.3)


def test_no_snapshot_is_forked_in_vain(key: str) -> None:
    with Session(shared(), key, TIMES) as session:
        session.run([Cell("all", "x = 1")])
        session.wanted = 2
        for _ in range(2):
            with session.snapshot() as snapshot:
                assert snapshot.get("x") == 1
        assert session._spare is None and session._snapshots == 2
        with pytest.raises(CallFailed):  # the last was the process itself
            session.snapshot()


@pytest.mark.parametrize(
    ("state", "forked"),
    [
        ("x = 1", False),
        ("import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", True),
        ("import signal; signal.setitimer(signal.ITIMER_VIRTUAL, 50)", True),
    ],
)
def test_the_last_check_is_served_as_the_others_are(key: str, state: str, forked: bool) -> None:
    """By the process itself if it is as a fork of it would be: no call has been made in it, and what it was told to print leads nowhere."""
    count = "calls = []\ndef f():\n    import os, threading\n    print('x'); calls.append(1)\n    return [len(calls), threading.active_count(), os.getpid()]"
    with Session(shared(), key, TIMES) as session:
        session.run([Cell("all", f"import os; print(os.getpid())\n{state}"), Cell("f", count)])
        session.wanted = 3
        found = []
        for _ in range(3):
            with session.snapshot() as snapshot:
                found.append(snapshot.call("f"))
    assert [made[:2] for made in found] == [[1, 1]] * 3
    pids = [made[2] for made in found]
    assert len(set(pids)) == 3 and (pids[2] == max(pids)) is forked


def test_the_last_check_is_served_in_reduced_mode() -> None:
    try:
        session = Session(shared(), shared().register(make_plan(Mode.REDUCED)), TIMES)
    except MachineFault as fault:
        pytest.skip(f"no reduced mode here: {fault}")
    with session:
        session.run([Cell("all", "x = 1")])
        session.wanted = 2
        for _ in range(2):
            with session.snapshot() as snapshot:
                assert snapshot.get("x") == 1


def test_a_last_check_that_hangs_ends_with_the_session(key: str) -> None:
    with Session(shared(), key, TIMES) as session:
        session.run(
            [
                Cell(
                    "f",
                    "def f():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
                )
            ]
        )
        session.wanted = 1
        child = session._child
        with session.snapshot() as snapshot:
            assert failure(snapshot, "f").reason == "timeout"
    assert child is not None and not os.path.exists(f"/proc/{child.pid}")


def test_what_is_too_large_is_told_and_the_next_call_works(snapshot: Snapshot) -> None:
    assert failure(snapshot, "big", wire.MAX_BODY // 8 + 1).reason == "unsupported"
    assert snapshot.call("big", (10,)).shape == (10,)
    assert snapshot.call("talk") == 1


def test_snapshots_know_nothing_of_each_other(session: Session) -> None:
    for _ in range(3):
        with session.snapshot() as snapshot:
            model = snapshot.call("Model", (1,))
            assert model.number == 0
            assert snapshot.call("step", on=0) == 4


def test_a_session_without_a_process_says_so(key: str) -> None:
    session = Session(shared(), key, TIMES)
    session.close()
    session.close()
    with pytest.raises(CallFailed) as caught:
        session.snapshot()
    assert caught.value.reason == "stopped"


def test_nothing_of_a_session_is_left(key: str) -> None:
    with Session(shared(), key, TIMES) as session:
        child = session._child
        assert child is not None
        session.run([Cell("a", "import subprocess; p = subprocess.Popen(['sleep', '1000'])")])
        with session.snapshot():
            pass
        before = set(os.listdir("/proc/self/fd"))
    assert not os.path.exists(f"/proc/{child.pid}")
    assert len(set(os.listdir("/proc/self/fd"))) < len(before)


# Replies: what a snapshot's process says is a claim


REPLIES: list[tuple[dict[str, Any], str]] = [
    ({}, "stopped"),
    ({"id": 2, "value": 1}, "stopped"),
    ({"id": "1", "value": 1}, "stopped"),
    ({"id": 1}, "None"),
    ({"id": 1, "value": 1.5}, "stopped"),
    ({"id": 1, "value": {"a": 0}}, "stopped"),
    ({"id": 1, "value": [1]}, "stopped"),
    ({"id": 1, "missing": True}, "missing"),
    ({"id": 1, "missing": 1, "value": 3}, "3"),
    ({"id": 1, "timeout": True}, "timeout"),
    ({"id": 1, "unsupported": 3}, "unsupported"),
    ({"id": 1, "unsupported": [["x"], {}]}, "unsupported"),
    ({"id": 1, "unsupported": []}, "unsupported"),
    ({"id": 1, "raised": 3, "builtin": "ValueError", "message": {}, "cell": 1, "line": "x"}, "raised"),
    ({"id": 1, "raised": "X" * 10**6, "builtin": ["NotImplementedError", 3]}, "not_done"),
    ({"id": 1, "value": 5, "modified": 3, "cpu": "x"}, "5"),
    ({"id": 1, "value": 5, "modified": [3, "0", "x" * 10**4] * 100, "cpu": 1e300}, "5"),
    ({"id": 1, "value": 5, "cpu": float("nan")}, "5"),
]


@pytest.mark.parametrize(
    ("cell", "line", "told"),
    [
        ("f", 1, 1),
        ("f", 120, 120),
        ("f", 121, None),
        ("f", 10**6, None),
        ("f", 0, None),
        ("g", 2, 2),
        ("g", 3, None),
        ("x", 1, None),
    ],
)
def test_a_line_that_the_cell_does_not_have_is_not_told(cell: str, line: int, told: int | None) -> None:
    """`compile` with so many empty lines before a `raise` would carry a hidden input out."""
    failure = _raised({"raised": "E", "cell": cell, "line": line}, {"f": "\n" * 4999, "g": "\n"})
    assert failure.details["line"] == told


@pytest.mark.parametrize(
    ("cell", "name", "told"),
    [
        ("forward", "mlp_loss", "forward"),
        ("forward", "forward", None),
        ("forward", "helper", None),  # defined in the same cell
        ("forward", None, None),  # a method, of whatever class
        ("start-2", "mlp_loss", None),  # no exercise
        ("of_its_own_making", "mlp_loss", None),
    ],
)
def test_an_exception_from_another_exercise_is_told_as_that_one_s(
    cell: str, name: str | None, told: str | None
) -> None:
    sources = {
        "forward": "def helper(): pass\ndef forward(x):\n    raise NotImplementedError",
        "start-2": "import torch",
    }
    failure = _raised({"raised": "E", "builtin": ["NotImplementedError"], "cell": cell, "line": 1}, sources, name)
    assert failure.details.get("elsewhere") == told


def test_a_cell_of_empty_lines_is_searched_once_and_not_from_each_of_them() -> None:
    """With a pattern that may cross lines, a megabyte of them would hold the grader for hours: this test would not end."""
    for source in ("\n" * (1 << 20), "\n " * (1 << 19), "def" + " " * (1 << 20), "def\n" * (1 << 18)):
        failure = _raised({"raised": "E", "cell": "forward", "line": 1}, {"forward": source}, "mlp_loss")
        assert failure.details["elsewhere"] == "forward"


@pytest.mark.parametrize(("reply", "outcome"), REPLIES, ids=range(len(REPLIES)))
def test_a_forged_reply_is_a_value_or_a_failure(reply: dict[str, Any], outcome: str) -> None:
    ours, theirs = socket.socketpair()
    snapshot = Snapshot(ours, Allowance(TIMES), {}, end=lambda: None)
    with ours, theirs:
        answer = wire.Clock(20)
        thread = threading.Thread(
            target=lambda: (wire.receive(theirs, answer), wire.send(theirs, wire.Frame(reply), answer))
        )
        thread.start()
        try:
            found = str(snapshot.call("f"))
        except CallFailed as failed:
            found = failed.reason
            assert len(str(failed.details)) < 2000
        thread.join()
    assert found == outcome
    assert snapshot.modified_inputs == ()  # nothing was passed that could have been changed
    assert 0 <= snapshot.cpu < 1e6


# The warm parent


def test_the_order_of_a_set_is_the_same_in_every_warm_parent(mode: Mode) -> None:
    """A warm parent of another worker, another run or another machine: a student's `list(set(text))` gives the same list."""
    order = []
    with WarmParent() as other:
        for parent in (other, shared()):
            with Session(parent, parent.register(make_plan(mode)), TIMES) as session:
                order.append(session.run([Cell("a", "''.join(set('abcdefghijklmnop'))")])[0].outputs)
    assert order[0] == order[1]


LATE = "__import__('mat' + 'plotlib.pyplot').pyplot.plot([1, 2]);\nt = __import__('pan' + 'das').DataFrame({'a': ['x']})\nt"


def test_what_is_imported_late_is_the_same_wherever_it_is_imported(mode: Mode) -> None:
    """By the child itself, by the parent later on, or by the parent at its start: figures under their cell, tables without pyarrow."""
    plan, cells = make_plan(mode), [Cell("a", LATE), Cell("b", "t.a.dtype, t.a.array, __import__('pyarrow').__name__")]

    def ran(parent: WarmParent) -> list[CellOutcome]:
        with Session(parent, parent.register(plan), Times(cell=60.0)) as session:
            outcomes = session.run(cells)
        return [replace(outcome, cpu=0.0) for outcome in outcomes]

    with WarmParent(late=frozenset()) as parent:
        found = [ran(parent)]
        parent.warm(frozenset({"matplotlib"}))
        parent.warm(late_imports.ALL)
        found.append(ran(parent))
    assert statuses(found[0])[0] == "ok"
    assert [output["output_type"] for output in found[0][0].outputs] == ["execute_result", "display_data"]
    assert found[0] == found[1] == ran(shared())


def test_a_warm_parent_finds_the_isolation_that_a_process_of_its_own_finds() -> None:
    with WarmParent(late=frozenset(), modes=True) as parent:
        found = parent.tried()
    command = [sys.executable, "-I", "-m", "coursegrader.sandbox.choose"]
    assert found == json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def children_of(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def test_a_warm_parent_that_was_killed_is_the_machine_s_fault(mode: Mode) -> None:
    process = shared()._process
    assert process is not None
    before = children_of(process.pid)
    twin = shared().twin()
    (pid,) = children_of(process.pid) - before
    session = Session(twin, twin.register(make_plan(mode)), TIMES)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(MachineFault, match="the warm parent has stopped"):
        session.run([Cell("a", "import time; time.sleep(5)")])
    assert not twin.alive
    twin.close()
    assert shared().alive


def test_a_twin_leaves_the_children_of_the_first_alone(mode: Mode) -> None:
    plan = make_plan(mode)
    with Session(shared(), shared().register(plan), TIMES) as session:
        session.run([Cell("a", "x = 1")])
        with shared().twin() as twin, Session(twin, twin.register(plan), TIMES) as other:
            assert statuses(other.run([Cell("a", "x = 2")])) == ["ok"]
        time.sleep(0.2)  # the twin ends
        assert text_of(session.run([Cell("b", "x")])[0]).count('"1"') == 1
        child = session._child
        assert child is not None
    assert not os.path.exists(f"/proc/{child.pid}")


@pytest.fixture(scope="module")
def ahead() -> Iterator[tuple[WarmParent, int]]:
    """A warm parent that forks ahead for nobody else, and its pid."""
    if not best_mode()[0].is_full:
        pytest.skip("children are made ahead in the full modes only")
    process = shared()._process
    assert process is not None
    before = children_of(process.pid)
    with shared().twin() as parent:
        (pid,) = children_of(process.pid) - before
        yield parent, pid


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_the_next_child_is_made_ahead_and_knows_nothing_of_the_one_before(ahead: tuple[WarmParent, int]) -> None:
    parent, pid = ahead
    source = "import os; open('left', 'w').close(); x = globals().get('x', 0) + 1; (x, sorted(os.listdir()))"
    plan, other = make_plan(best_mode()[0]), make_plan(best_mode()[0], work_files={"own": b""})
    waited = []
    for _ in range(3):
        with Session(parent, parent.register(plan), TIMES, ahead=True) as session:
            waited.append(session.fork_seconds)
            assert "(1, ['left'])" in text_of(session.run([Cell("a", source)])[0])
    assert waited[1:] == [0.0, 0.0]
    assert len(children_of(pid)) == 1
    parent.rest()
    assert children_of(pid) == set()
    with Session(parent, parent.register(other), TIMES) as session:  # a child with another plan does not do
        assert "['own']" in text_of(session.run([Cell("a", "import os; os.listdir()")])[0])


def test_a_child_made_ahead_that_has_died_is_replaced(ahead: tuple[WarmParent, int]) -> None:
    parent, pid = ahead
    key = parent.register(make_plan(best_mode()[0]))
    with Session(parent, key, TIMES, ahead=True) as session:
        session.run([Cell("a", "1")])
    until(lambda: len(children_of(pid)) == 1)
    (spare,) = children_of(pid)
    os.kill(spare, signal.SIGKILL)
    until(lambda: has_ended(spare))
    with Session(parent, key, TIMES) as session:
        assert statuses(session.run([Cell("a", "1")])) == ["ok"]
    assert children_of(pid) == set()


def test_a_child_made_ahead_ends_with_its_parent() -> None:
    if not best_mode()[0].is_full:
        pytest.skip("children are made ahead in the full modes only")
    with WarmParent(late=frozenset()) as parent:
        process = parent._process
        assert process is not None
        Session(parent, parent.register(make_plan(best_mode()[0])), TIMES, ahead=True).close()
        until(lambda: children_of(process.pid))
        (spare,) = children_of(process.pid)
        process.kill()
        until(lambda: has_ended(spare))


def test_a_warm_parent_that_is_not_wanted_any_more_ends_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    parent = WarmParent()
    parent.close()
    assert parent._process is not None
    assert parent._process.returncode is not None
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "source",
    [
        "import time; time.sleep(60)",
        "while True:\n    try:\n        import time; time.sleep(60)\n    except BaseException: pass",
    ],
)
def test_patience_ends_a_session_without_a_word_on_its_outcome(key: str, source: str) -> None:
    started = time.monotonic()
    with pytest.raises(OutOfPatience) as raised, Session(shared(), key, TIMES, patience=Patience(0.4)) as session:
        session.run([Cell("a", "x = 1"), Cell("b", source), Cell("c", "y = 2")])
    assert raised.value.stuck > 0.5
    assert time.monotonic() - started < TIMES.cell + 10


def test_who_runs_out_of_patience_in_many_steps_was_not_stuck(key: str) -> None:
    with pytest.raises(OutOfPatience) as raised, Session(shared(), key, TIMES, patience=Patience(1.0)) as session:
        session.run([Cell(f"c{n}", "import time; time.sleep(0.05)") for n in range(200)])
    assert raised.value.stuck < 0.5


def test_patience_ends_calls_and_snapshots_too(key: str) -> None:
    with Session(shared(), key, TIMES, patience=Patience(30.0)) as session:
        session.run([Cell("all", CELLS)])
        with session.snapshot() as snapshot:
            assert snapshot.call("same", (1,)) == 1
            assert session.allowance.hit == 0
            session.allowance.patience = time.monotonic() + 0.3
            with pytest.raises(OutOfPatience):
                snapshot.call("stubborn")
        with pytest.raises(OutOfPatience):
            session.snapshot()


def test_a_step_may_have_less_patience_than_the_whole(key: str) -> None:
    patience = Patience(30.0, step=0.8)
    with Session(shared(), key, TIMES, patience) as session:
        many = session.run([Cell("all", CELLS), *(Cell(f"c{n}", "time.sleep(0.1)") for n in range(20))])
        assert {outcome.status for outcome in many} == {"ok"}  # twice as long together
        with session.snapshot() as snapshot:
            started = time.monotonic()
            with pytest.raises(OutOfPatience) as raised:
                snapshot.call("stubborn")
            assert 0.8 <= time.monotonic() - started < 10
            assert raised.value.stuck < 0.5


def test_what_hit_a_limit_is_counted(key: str) -> None:
    with Session(shared(), key, TIMES) as session:
        session.run([Cell("all", CELLS), Cell("slow", "time.sleep(60)"), Cell("after", "z = 3")])
        with session.snapshot() as snapshot, pytest.raises(CallFailed):
            snapshot.call("leave")
        assert session.allowance.hit == 2
        assert session.allowance.longest >= TIMES.cell
