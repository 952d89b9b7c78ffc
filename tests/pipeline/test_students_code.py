"""What a student's code does costs its own exercise, tells why, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from coursegrader.grade import Run
from coursegrader.verdict import Verdict
from tests.pipeline.small_course import POINTS, Class, says, scores

# What stands in the cell of `double`, and what the feedback says of it.
COSTS_ITSELF = {
    "hangs": ("while True:\n    pass", "ne définit pas « double »"),
    "hangs-catching-all": (
        "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass",
        "ne définit pas « double »",
    ),
    "prints-for-ever": ("while True:\n    print('x' * 1000)", "ne définit pas « double »"),
    "exits": ("import os\nos._exit(0)", "ne définit pas « double »"),
    "sys-exit": ("import sys\nsys.exit(0)", "ne définit pas « double »"),
    "segfaults": ("import ctypes\nctypes.string_at(0)", "ne définit pas « double »"),
    "kills-itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "ne définit pas « double »"),
    "recursion": ("def double(v):\n    return double(v)", "RecursionError"),
    "memory": ("def double(v):\n    return [0] * 10**11", "MemoryError"),
    "memory-in-cell": ("x = bytearray(4 << 30)\ndef double(v): return [2 * a for a in v]", "ne définit pas « double »"),
    "syntax": ("def double(v) return", "ne définit pas « double »"),
    "deep-source": ("x = " + "(" * 5000 + ")" * 5000, "ne définit pas « double »"),
    "call-hangs": ("import time\ndef double(v):\n    time.sleep(99)", "n'a pas répondu en 1.5 s"),
    "call-waits-for-a-lost-thread": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(2)\ndef double(v):\n    return pool.map(lambda a: 2 * a, v)",
        "fils d'exécution",
    ),
    "call-exits": ("import os\ndef double(v):\n    os._exit(0)", "a arrêté le programme"),
    "call-sys-exits": ("def double(v):\n    raise SystemExit", "erreur SystemExit"),
    "call-segfaults": ("import ctypes\ndef double(v):\n    ctypes.string_at(0)", "a arrêté le programme"),
    "raises": ("def double(v):\n    raise ValueError(v)", "erreur ValueError, à la ligne 2"),
    "raises-its-own": ("class Oh(KeyError): pass\ndef double(v):\n    raise Oh(v)", "erreur KeyError, à la ligne 3"),
    "generator": ("def double(v):\n    yield 1", "un objet de type generator"),
    "returns-odd": ("class Odd(dict): pass\ndef double(v):\n    return lambda: v", "doit"),
    "returns-huge": ("def double(v):\n    return [0.0] * 10**8", "MemoryError"),
    "returns-ring": ("def double(v):\n    ring = []; ring.append(ring); return ring", "un objet de type list"),
    "returns-surrogate": ("def double(v):\n    return '\\ud800' * 9", "doit"),
    "returns-none": ("def double(v):\n    [2 * a for a in v]", "return"),
    "returns-text": ("def double(v):\n    return 'deux'", "doit"),
    "returns-a-scalar": ("def double(v):\n    return 2.0", "forme"),
    "returns-true": ("def double(v):\n    return [True for _ in v]", "booléen"),
    "returns-tensor-keys": (
        "def double(v):\n    return {torch.tensor(a): 2 * a for a in v} or [{torch.tensor(1)}]",
        "une clé est un objet de type Tensor",
    ),
    "returns-bfloat16": (
        "def double(v):\n    return torch.tensor(v).bfloat16() * 2",
        "float32, float64, int64 ou bool",
    ),
    "returns-complex": ("def double(v):\n    return [complex(2 * a) for a in v]", "doit"),
    "returns-long-text": ("def double(v):\n    return 'x' * 10**6", "beaucoup trop grande"),
    "returns-deep": ("def double(v):\n    for _ in range(50): v = [v]\n    return v", "niveaux emboîtés"),
    "returns-huge-integer": ("def double(v):\n    return [2 ** 70 for _ in v]", "entier trop grand"),
    "returns-map": ("def double(v):\n    return map(lambda a: 2 * a, v)", "au lieu d'un générateur"),
    "returns-frame": ("import pandas as pd\ndef double(v):\n    return pd.DataFrame({'a': v}) * 2", "doit"),
    "returns-itself": ("def double(v):\n    return double", "doit"),
    "nan": ("def double(v):\n    return [float('nan')] * len(v)", "nan"),
    "wrong-arguments": ("def double():\n    return 1", "erreur TypeError"),
    "is-a-number": ("double = 3", "erreur TypeError"),
    "closes-everything": ("import os\nos.closerange(0, 100)\ndef double(v): return [2 * a for a in v]", ""),
}
COSTS_NOTHING = {
    "numpy": "import numpy as np\ndef double(v):\n    return list(np.float32(2) * np.array(v, dtype=np.float32))",
    "tensor": "def double(v):\n    return torch.tensor(v) * 2",
    "requires-grad": "def double(v):\n    return torch.tensor(v, requires_grad=True) * 2",
    "numpy-strided": "import numpy as np\ndef double(v):\n    return (2 * np.array([v, v]).T)[::-1, 0][::-1]",
    "tuple-of-ints": "def double(v):\n    return [int(2 * a) if a == int(a) else 2 * a for a in v]",
    "prints": "print('é' * 10**6)\ndef double(v):\n    print('x' * 10**6)\n    return [2 * a for a in v]",
    "displays": "for i in range(5000): display(i)\ndef double(v): return [2 * a for a in v]",
    "stderr": "import warnings, sys\nwarnings.warn('a')\nprint('b', file=sys.stderr)\ndef double(v): return [2 * a for a in v]",
    "last-value": "def double(v): return [2 * a for a in v]\n-7.5",
    "json": "def double(v): return [2 * a for a in v]\ndisplay({'application/json': {'a': '\\ud800', 'b': float('nan')}}, raw=True)",
    "threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    "def double(v): return [2 * a for a in v]",
    "pool-of-threads": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
    "list(pool.map(len, ['a', 'b', 'c']))\ndef double(v): return list(pool.map(lambda a: 2 * a, v))",
    "shell": "!echo bonjour; echo erreur >&2\ndef double(v): return [2 * a for a in v]",
    "magic": "%%time\ndef double(v): return [2 * a for a in v]",
    "warnings-as-errors": "import warnings\nwarnings.simplefilter('error')\ndef double(v): return [2 * a for a in v]",
    "threads-of-torch": "torch.set_num_threads(2)\nx = torch.rand(300, 300)\nx = torch.tanh(x @ x)\ndef double(v):\n"
    "    torch.set_num_threads(2)\n    torch.tanh(x @ x)\n    return [2 * a for a in v]",
    "json-of-objects": "ring = {}; ring['a'] = ring\n"
    "for odd in ({'a': object()}, {(1, 2): 3}, ring): display({'application/json': odd}, raw=True)\n"
    "display({'text/plain': 'a'}, metadata={'a': {'b': object()}}, raw=True)\ndef double(v): return [2 * a for a in v]",
    "json-of-megabytes": "display({'application/json': {'y': list(range(400000))}}, raw=True)\ndef double(v): return [2 * a for a in v]",
    "leaves": "def double(v): return [2 * a for a in v]\nexit()",
    "subprocess": "import subprocess\nsubprocess.run(['sleep', '0'])\ndef double(v): return [2 * a for a in v]",
}


@pytest.fixture(scope="module")
def graded(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, Run]:
    klass = Class.copied(built_course, tmp_path_factory.mktemp("code") / "course")
    for student, (source, _) in COSTS_ITSELF.items():
        klass.hand_in(student, double=source)
    for student, source in COSTS_NOTHING.items():
        klass.hand_in(student, double=source)
    return klass, klass.grade(workers=2)


@pytest.fixture(scope="module")
def verdicts(graded: tuple[Class, Run]) -> dict[str, Verdict]:
    assert not graded[1].faults
    return {verdict.student: verdict for verdict in graded[1].verdicts}


@pytest.mark.parametrize("student", COSTS_ITSELF)
def test_costs_its_own_points_only(student: str, verdicts: dict[str, Verdict]) -> None:
    found = scores(verdicts[student])
    assert found.pop("double") in (0.0, 1.0)
    assert found == {"total": 3.0, "Tally": 2.0, "explain": None}


@pytest.mark.parametrize("student", COSTS_ITSELF)
def test_the_reason_is_told(student: str, verdicts: dict[str, Verdict]) -> None:
    told = says(verdicts[student], "double")
    assert COSTS_ITSELF[student][1] in told
    assert "1234.5" not in told  # a hidden input, which an exception could carry out


@pytest.mark.parametrize("student", COSTS_NOTHING)
def test_costs_nothing(student: str, verdicts: dict[str, Verdict]) -> None:
    assert scores(verdicts[student]) == {**POINTS, "explain": None}, says(verdicts[student], "double")


def outputs_of(klass: Class, student: str) -> str:
    notebook = json.loads(klass.autograded(student).read_text(encoding="utf-8"))
    cells = [
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "double-solution"
    ]
    return json.dumps(cells[0]["outputs"], ensure_ascii=False)


def test_a_megabyte_of_output_is_kept_in_part_and_says_so(graded: tuple[Class, Run]) -> None:
    for student in ("prints", "displays", "prints-for-ever"):
        shown = outputs_of(graded[0], student)
        assert len(shown) < 200_000
        assert "octets de plus, non conservés" in shown
    assert "bonjour" in outputs_of(graded[0], "shell")


def test_an_input_that_was_changed_is_noticed(klass: Class) -> None:
    klass.hand_in("a", double="def double(v):\n    for i in range(len(v)): v[i] *= 2\n    return v")
    verdict = klass.verdicts()["a"]
    assert scores(verdict)["double"] == 1.0
    assert "ne doit pas modifier" in says(verdict, "double")


def test_many_cells_that_take_the_process_with_them_cost_only_themselves(klass: Class) -> None:
    notebook = klass.notebook()
    crash = {"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "execution_count": None}
    crashes = [{**crash, "id": f"x{n}", "source": "import os\nos._exit(1)"} for n in range(7)]
    klass.hand_in("at-the-end", {**notebook, "cells": notebook["cells"] + crashes})
    half = len(notebook["cells"]) // 2
    klass.hand_in("between", {**notebook, "cells": notebook["cells"][:half] + crashes + notebook["cells"][half:]})
    started = time.monotonic()
    verdicts = klass.verdicts()
    assert time.monotonic() - started < 20
    assert verdicts["at-the-end"].score == 7.0
    assert scores(verdicts["between"])["double"] == 2.0  # what stood before still counts


def test_what_one_check_does_is_gone_in_the_next(klass: Class) -> None:
    # The visible self-check calls once; each hidden check then finds a function that was called once, and calls it.
    counting = (
        "calls = []\ndef double(v):\n    calls.append(1)\n    return [2 * a for a in v] if len(calls) <= 2 else None"
    )
    klass.hand_in("a", double=counting)
    verdict = klass.verdicts()["a"]
    assert [check.passed for check in verdict.exercises[0].checks] == [True, True]


def test_names_that_hide_python_s_own_cost_nothing_else(klass: Class) -> None:
    klass.hand_in("a", total="sum, len, list, print, id, torch = [None] * 6\ndef total(v):\n    return sum(v)")
    assert scores(klass.verdicts()["a"]) == {**POINTS, "total": 0.0, "explain": None}


def test_hidden_checks_are_told_to_nobody(graded: tuple[Class, Run]) -> None:
    klass = graded[0]
    for folder in ("autograded", "feedback", "release"):
        for path in (klass.root / folder).rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for secret in (b"canary-5d1f", b"1234.5", b"2469", b"test_values", b"student.double"):
                    assert secret not in content, (path, secret)
