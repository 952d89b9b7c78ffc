"""The `student` of a check: `student.count_bigrams(words)` runs in the sandboxed child, and data comes back.

def test_counts(student):
    model = student.MLP(37)            # what is no data stays there: a Handle
    logits = model(torch.zeros(5, 3, dtype=torch.int64))
    weight = model.get("weight")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursegrader.checks import StudentError
from coursegrader.judge.explain import explain
from coursegrader.sandbox.wire import Remote, Unsupported
from coursegrader.snapshot import CallFailed, Snapshot


class Handle:
    """An object that lives in the student's process.

    Call it, call its methods, read its attributes with `get`, pass it back as an argument. Its class name is a claim.
    """

    def __init__(self, student: Student, remote: Remote) -> None:
        self._student = student
        self._remote = remote

    @property
    def class_name(self) -> str:
        return self._remote.class_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student._call(None, args, kwargs, self._remote.number)

    def get(self, name: str) -> Any:
        """The value of an attribute; raises StudentError when there is none or it does not travel."""
        return self._student._guard(lambda snapshot: snapshot.get(name, on=self._remote.number), name, of_object=True)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._student._call(name, args, kwargs, self._remote.number)

    def __repr__(self) -> str:
        return f"<Handle {self.class_name}>"


class LastCall:
    """What is known of the latest call besides its value.

    Attributes:
        modified_inputs: positions or names of the arguments that the call changed in place (the student's process says so).
        inputs_with_gradient: likewise, of those in whose tensors the call left `.grad`.
    """

    def __init__(self) -> None:
        self.modified_inputs: tuple[str, ...] = ()
        self.inputs_with_gradient: tuple[str, ...] = ()


class Student:
    """Functions and names of a student's notebook.

    Args:
        snapshot: a fork of the state after the cells, thrown away after the check.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.last_call = LastCall()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, args, kwargs, None)

    def get(self, name: str) -> Any:
        """The value of a name in the notebook."""
        return self._guard(lambda snapshot: snapshot.get(name), name)

    def has(self, name: str) -> bool:
        """Whether the notebook defines `name`."""
        return bool(self._guard(lambda snapshot: snapshot.has(name), name))

    def ref(self, name: str) -> Handle:
        """A function of the student's, to be passed as an argument to another."""
        value = self._guard(lambda snapshot: snapshot.ref(name), name)
        if not isinstance(value, Handle):
            raise StudentError("missing", name=name)
        return value

    def manual_seed(self, seed: int) -> None:
        """Seed torch, NumPy and random in the student's process."""
        self._guard(lambda snapshot: snapshot.manual_seed(seed), "manual_seed")

    def _call(self, name: str | None, args: tuple[Any, ...], kwargs: dict[str, Any], on: int | None) -> Any:
        plain = [_outgoing(arg) for arg in args]
        named = {key: _outgoing(value) for key, value in kwargs.items()}
        value = self._guard(
            lambda snapshot: snapshot.call(name, plain, named, on=on), name or "votre classe", of_object=on is not None
        )
        self.last_call = LastCall()
        self.last_call.modified_inputs = self._snapshot.modified_inputs
        self.last_call.inputs_with_gradient = self._snapshot.inputs_with_gradient
        return value

    def _guard(self, ask: Callable[[Snapshot], Any], name: str, *, of_object: bool = False) -> Any:
        try:
            value = ask(self._snapshot)
        except CallFailed as failure:
            raise explain(failure, name, of_object=of_object) from None
        except Unsupported as error:
            raise TypeError(f"a check passed a value that does not travel: {error}") from error
        return self._incoming(value)

    def _incoming(self, value: Any) -> Any:
        kind = type(value)
        if kind is Remote:
            return Handle(self, value)
        if kind in (list, tuple):
            return kind(self._incoming(item) for item in value) if any(_holds_remote(item) for item in value) else value
        if kind is dict and any(_holds_remote(item) for item in value.values()):
            return {key: self._incoming(item) for key, item in value.items()}
        return value


def _holds_remote(value: Any) -> bool:
    if type(value) in (list, tuple):
        return any(_holds_remote(item) for item in value)
    if type(value) is dict:
        return any(_holds_remote(item) for item in value.values())
    return type(value) is Remote


def _outgoing(value: Any) -> Any:
    if type(value) is Handle:
        return value._remote
    if type(value) in (list, tuple):
        return type(value)(_outgoing(item) for item in value)
    if type(value) is dict:
        return {key: _outgoing(item) for key, item in value.items()}
    return value
