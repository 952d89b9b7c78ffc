"""Without torch's compiler optimizers give the same bits, and the compiler is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRAIN = """
import hashlib, sys, torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 3))
digest = hashlib.sha256()
for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad):
    optimizer = make(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(5):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.randn(8, 5)), torch.randint(0, 3, (8,))).backward()
        optimizer.step()
        schedule.step()
    optimizer.load_state_dict(optimizer.state_dict())
    for parameter in model.parameters():
        digest.update(parameter.detach().numpy().tobytes())
print(digest.hexdigest(), len([name for name in sys.modules if name.startswith("torch._dynamo")]))
"""
PUT_OFF = "from coursegrader.sandbox.no_compiler import put_off\nput_off()\n"


def python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_training_gives_the_same_bits_and_loads_no_compiler() -> None:
    real, put_off = python(TRAIN), python(PUT_OFF + TRAIN)
    assert real[0] == put_off[0]
    assert int(real[1]) > 10 and put_off[1] == "1"


@pytest.mark.parametrize(
    "use",
    [
        "assert torch._dynamo.optimize('eager')(lambda x: x + 1)(torch.zeros(1)) == 1",
        "import torch._dynamo.utils\nassert torch._dynamo.utils.counters is not None",
        "from torch._dynamo import reset",
        "torch._dynamo.config.verbose",
    ],
)
def test_the_compiler_is_loaded_by_whatever_asks_for_it(use: str) -> None:
    after = (
        "\nassert torch._dynamo.disable.__module__ == 'torch._dynamo.decorators' and hasattr(torch._dynamo, '__path__')"
    )
    assert python(
        f"import torch, inspect\n{PUT_OFF}assert not hasattr(torch._dynamo, 'no_such_name')\n{use}{after}\nprint(1)"
    ) == ["1"]


def test_what_is_compiled_is_what_was_given_and_no_compiler_is_loaded() -> None:
    use = """
import sys, torch
model = torch.nn.Linear(2, 2)
assert torch.compile(model, mode="max-autotune") is model
model.compile()
assert model(torch.zeros(1, 2)).equal(model.bias[None])
@torch.compile
def double(x): return 2 * x
@torch.compile(fullgraph=True)
def triple(x): return 3 * x
assert double(torch.ones(1)) == 2 and triple(torch.ones(1)) == 3
print(len([name for name in sys.modules if name.startswith("torch._dynamo")]))
"""
    assert python(PUT_OFF + use) == ["1"]
