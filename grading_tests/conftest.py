"""Fixtures that every hidden check may use, besides the engine's own `student`, `rng` and `seed`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from coursegrader.checks import CheckFailed, StudentError

OPERATOR = "aten::"
NAMES = Path(__file__).resolve().parents[1] / "data" / "names" / "prenoms.txt"


@pytest.fixture(scope="session")
def names() -> tuple[str, ...]:
    """The default list of names, in the file's order."""
    return tuple(NAMES.read_text(encoding="utf-8").split())


@pytest.fixture
def take_away(student):
    """take_away(["torch.batch_norm"], attempt, message, misconception): what a text forbids is gone until the check ends.

    A name is gone for who looks it up afterwards. An operator of torch's, such as "aten::native_batch_norm", is gone for who has kept a
    reference, too: whatever name it is reached by ends there.

    `attempt` calls the student's answer once. One that works before and not afterwards needs what is forbidden, and is told so;
    one that works neither way is the check's own business. Other students, and other checks, have a process of their own.
    """

    def take(paths: Sequence[str], attempt: Callable[[], object], message: str, misconception: str) -> None:
        worked = works(attempt)
        for path in paths:
            if path.startswith(OPERATOR):
                take_operator(student, path.removeprefix(OPERATOR))
                continue
            owner, name = owner_of(student, path)
            owner.get("__setattr__")(name, None)
        if worked and not works(attempt):
            raise CheckFailed(message, misconception=misconception)

    return take


def take_operator(student, name: str) -> None:
    """Have torch's dispatcher call, for plain tensors, something that takes no such arguments (torch.library, "Extending dispatcher")."""
    torch = student.ref("torch")
    torch.get("library").Library("aten", "IMPL", "CPU").impl(name, torch.get("typename"))


def works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except StudentError:
        return False
    return True


def owner_of(student, path: str):
    """The module in the student's process, and the name in it; a name that is not there is this course's mistake."""
    module, *way, name = path.split(".")
    try:
        owner = student.ref(module)
        for part in way:
            owner = owner.get(part)
        owner.get(name)
    except StudentError as error:
        raise RuntimeError(f"{path} cannot be taken away: {error}") from error
    return owner, name
