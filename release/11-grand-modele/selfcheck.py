"""Short checks for the notebook: one line for a value that is right, two and the end of the cell for one that is not.

    import selfcheck

    selfcheck.shape(counts, (3, 3), "counts")          # ✓ counts : forme (3, 3)
    selfcheck.close(nll, 2.47, "nll", atol=1e-2)

Needs torch and NumPy only, and works in JupyterLab, Notebook, VS Code and Colab. Importing it in a notebook also makes
an answer that is still to be written (`raise NotImplementedError(...)`) show as one line instead of a traceback, and a
class that forgot `super().__init__()` say so under its own; the cell fails all the same.
"""

from __future__ import annotations

import opcode
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
import torch

MESSAGES = {
    "ok": "✓ {name} : {what}",
    "shape": "forme {shape}",
    "dtype": "type {dtype}",
    "kind": "type {kind}",
    "equal": "valeur attendue",
    "close": "valeur attendue, aux arrondis près",
    "true": "✓ {what}",
    "condition": "condition vérifiée",
    "raises": "erreur, comme il se doit",
    "error": "une erreur",
    "wrong": "✗ {name} – attendu : {expected}",
    "got": "  obtenu : {actual}",
    "int": "entiers",
    "float": "nombres à virgule",
    "value": "{value}",
    "value_at": "{value} à la position {position}",
    "key_missing": "clé {key}",
    "key_absent": "clé {key} absente",
    "no_key": "pas de clé {key}",
    "key_present": "clé {key} présente",
    "length": "{count} éléments",
    "nothing": "None (la fonction ne renvoie rien ; manque-t-il un « return » ?)",
    "not_numbers": "un objet de type {kind}, au lieu de nombres",
    "ragged": "des lignes de longueurs différentes",
    "numbers": "un tableau de nombres",
    "not_single": "une condition qui n'est ni True ni False",
    "to_do": "⏳ {name} : à compléter.",
    "to_do_hint": "⏳ {name} : à compléter. {hint}",
    "cell": "cette cellule",
    "no_super": "✗ Il manque « super().__init__() » au début de « __init__ ».",
}

_INT_OR_FLOAT = {"int": "iu", "float": "f"}
_NO_SUPER = "before Module.__init__() call"


class Mismatch(AssertionError):
    """A value is not what it should be. Jupyter shows its two lines, and no traceback.

    Args:
        expected: what was expected, one line.
        actual: what came, one line.
    """

    def __init__(self, expected: str, actual: str = "") -> None:
        self.lines = [line for line in (expected, actual) if line]
        super().__init__("\n".join(self.lines))

    def _render_traceback_(self) -> list[str]:
        return self.lines


def shape(value: Any, expected: tuple[int, ...], name: str) -> None:
    """Check the shape of a tensor, an array, nested lists or a number (shape ``()``)."""
    due = tuple(expected)
    actual = _array(value, name, _text("shape", shape=due)).shape
    if actual != due:
        _fail(name, _text("shape", shape=due), _text("shape", shape=actual))
    _ok(name, _text("shape", shape=due))


def dtype(value: Any, expected: torch.dtype | str, name: str) -> None:
    """Check the type of the elements: a torch dtype, or "int" or "float" for any width of them."""
    due = MESSAGES[expected] if isinstance(expected, str) else _text("dtype", dtype=expected)
    if isinstance(expected, str):
        array = _array(value, name, due)
        right, actual = array.dtype.kind in _INT_OR_FLOAT[expected], str(getattr(value, "dtype", array.dtype))
    else:
        actual = str(value.dtype) if isinstance(value, torch.Tensor) else type(value).__name__
        right = actual == str(expected)
    if not right:
        _fail(name, due, _nothing(value) or _text("dtype", dtype=actual))
    _ok(name, due)


def kind(value: Any, expected: type, name: str) -> None:
    """Check the Python type of a value: ``list``, ``dict``, ``str``, ``float``, ..."""
    due = _text("kind", kind=expected.__name__)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
        _fail(name, due, _nothing(value) or _text("kind", kind=type(value).__name__))
    _ok(name, due)


def equal(value: Any, expected: Any, name: str) -> None:
    """Check that a value is exactly the expected one: numbers, text, lists, dictionaries, arrays."""
    _compare(value, expected, name, 0.0, 0.0)
    _ok(name, MESSAGES["equal"])


def close(value: Any, expected: Any, name: str, atol: float = 1e-4, rtol: float = 1e-4) -> None:
    """Check that numbers are the expected ones up to rounding: ``|value - expected| <= atol + rtol * |expected|``."""
    _compare(value, expected, name, atol, rtol)
    _ok(name, MESSAGES["close"])


def true(condition: Any, message: str, what: str = "") -> None:
    """Check a condition; `message` is shown when it is false, `what` when it is true."""
    try:
        right = bool(condition)
    except (RuntimeError, ValueError):  # a table of booleans is neither true nor false
        raise Mismatch(f"✗ {message}", _text("got", actual=MESSAGES["not_single"])) from None
    if not right:
        raise Mismatch(f"✗ {message}")
    print(_text("true", what=what or MESSAGES["condition"]))


def raises(call: Callable[[], Any], name: str) -> None:
    """Check that a call ends in an error, of whatever kind: ``raises(lambda: f(-1), "f(-1)")``."""
    try:
        value = call()
    except NotImplementedError:  # an answer that is still to be written
        raise
    except Exception:
        _ok(name, MESSAGES["raises"])
    else:
        _fail(name, MESSAGES["error"], _nothing(value) or _short(value))


def _text(key: str, /, **fields: Any) -> str:
    return MESSAGES[key].format(**fields)


def _ok(name: str, what: str) -> None:
    print(_text("ok", name=name, what=what))


def _fail(name: str, expected: str, actual: str) -> None:
    raise Mismatch(_text("wrong", name=name, expected=expected), _text("got", actual=actual)) from None


def _nothing(value: Any) -> str:
    return MESSAGES["nothing"] if value is None else ""


def _plain(value: Any) -> Any:
    """Tensors inside lists become NumPy arrays, with a gradient or without."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        return (value.double() if value.dtype is torch.bfloat16 else value).numpy()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _array(value: Any, name: str, expected: str) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(_plain(value))
    except ValueError:
        _fail(name, expected, MESSAGES["ragged"])
    if array.dtype.kind not in "biuf":
        _fail(name, expected, _nothing(value) or _text("not_numbers", kind=type(value).__name__))
    return array


def _numbers(expected: Any) -> np.ndarray[Any, Any] | None:
    try:
        array = np.asarray(_plain(expected))
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" and array.size else None


def _compare(value: Any, expected: Any, name: str, atol: float, rtol: float) -> None:
    due = _numbers(expected)
    if due is not None:
        _compare_numbers(value, due, name, atol, rtol)
    elif isinstance(expected, dict) and isinstance(value, dict):
        for key in expected:
            if key not in value:
                _fail(name, _text("key_missing", key=repr(key)), _text("key_absent", key=repr(key)))
            _compare(value[key], expected[key], f"{name}[{key!r}]", atol, rtol)
        for key in value:
            if key not in expected:
                _fail(name, _text("no_key", key=repr(key)), _text("key_present", key=repr(key)))
    elif isinstance(expected, list | tuple) and isinstance(value, list | tuple):
        if len(value) != len(expected):
            _fail(name, _text("length", count=len(expected)), _text("length", count=len(value)))
        for position, item in enumerate(expected):
            _compare(value[position], item, f"{name}[{position}]", atol, rtol)
    elif type(value) is not type(expected) or value != expected:
        _fail(name, _short(expected), _nothing(value) or _short(value))


def _compare_numbers(value: Any, due: np.ndarray[Any, Any], name: str, atol: float, rtol: float) -> None:
    got = _array(value, name, MESSAGES["numbers"])
    if got.shape != due.shape:
        _fail(name, _text("shape", shape=due.shape), _text("shape", shape=got.shape))
    if (got.dtype.kind == "b") != (due.dtype.kind == "b"):
        _fail(name, _text("dtype", dtype=due.dtype), _text("dtype", dtype=got.dtype))
    with np.errstate(invalid="ignore"):
        near = np.isfinite(due) & np.isfinite(got) & (np.abs(got - 1.0 * due) <= atol + rtol * np.abs(1.0 * due))
    wrong = ~((got == due) | near)
    if not wrong.any():
        return
    position = tuple(int(i) for i in np.argwhere(wrong)[0])
    _fail(name, _at(due[position], position), _at(got[position], position))


def _at(value: Any, position: tuple[int, ...]) -> str:
    shown = f"{value:.6g}" if value.dtype.kind == "f" else str(value)
    return _text("value_at", value=shown, position=list(position)) if position else _text("value", value=shown)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _raised_in_cell(shell: Any, trace: TracebackType | None) -> tuple[bool, str]:
    """Whether an exception comes from a ``raise`` statement of the notebook, and the function it stands in.

    PyTorch raises NotImplementedError too ("not implemented for 'Long'", or a module without `forward`); that is a
    mistake to be shown in full, not an answer that is missing.
    """
    if trace is None:
        return False, ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame, code = trace.tb_frame, trace.tb_frame.f_code
    raised = frame.f_globals is shell.user_global_ns and code.co_code[trace.tb_lasti] == opcode.opmap["RAISE_VARARGS"]
    return raised, "" if code.co_name == "<module>" else getattr(code, "co_qualname", code.co_name)


def _show_to_do(
    shell: Any, kind: type, error: BaseException, trace: TracebackType | None, tb_offset: int | None = None
) -> list[str]:
    """IPython's handler of NotImplementedError: one line as the cell's error output."""
    to_do, name = _raised_in_cell(shell, trace)
    if not to_do:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return []
    hint = str(error).strip()
    line = _text("to_do_hint" if hint else "to_do", name=name or MESSAGES["cell"], hint=hint)
    shell._showtraceback(kind, error, [line])
    return [line]


def _show_no_super(
    shell: Any, kind: type, error: BaseException, trace: TracebackType | None, tb_offset: int | None = None
) -> list[str]:
    """IPython's handler of AttributeError: torch's own words for a module not yet made are followed by the line to add."""
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    if _NO_SUPER in str(error):
        print(MESSAGES["no_super"])
    return []


def _show(
    shell: Any, kind: type, error: BaseException, trace: TracebackType | None, tb_offset: int | None = None
) -> list[str]:
    """IPython knows one handler for all the exceptions named to it."""
    show = _show_to_do if isinstance(error, NotImplementedError) else _show_no_super
    return show(shell, kind, error, trace, tb_offset)


def _install() -> None:
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NotImplementedError, AttributeError), _show)


_install()
