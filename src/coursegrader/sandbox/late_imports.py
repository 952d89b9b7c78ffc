"""pandas and matplotlib: imported where a notebook uses them, and the same wherever that is.

Together they are half of what a warm parent imports. Which of them notebooks use is read off their text: what is used is imported in the warm parent,
once; what was hidden from that reading, a child imports for itself, and sees nothing else: both go through `install`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_USES = {
    "matplotlib": re.compile(r"matplotlib|\bplt\b|pylab|seaborn|\.plot\b|\.hist\b"),
    "pandas": re.compile(r"pandas|seaborn|DataFrame"),
}
ALL = frozenset(_USES)


def used_by(texts: Iterable[str]) -> frozenset[str]:
    """Which of the late imports the sources of cells ask for.

    Example:
        >>> sorted(used_by(["import torch", "import matplotlib.pyplot as plt"]))
        ['matplotlib']
    """
    text = "\n".join(texts)
    return frozenset(name for name, use in _USES.items() if use.search(text))


def install(shell: Any) -> None:
    """Prepare for the imports, before the first of them.

    Importing matplotlib, by whatever way, has figures shown under their cell, as `%matplotlib inline` does.
    """
    around = {"matplotlib": lambda: _inline(shell), "pandas": _without_pyarrow}
    sys.meta_path.insert(0, _Finder(around))


class _Finder(MetaPathFinder):
    def __init__(self, around: dict[str, Callable[[], Any]]) -> None:
        self._around = around

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._around:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._around[name])
        return spec


class _Loader(Loader):
    def __init__(self, real: Loader, around: Callable[[], Any]) -> None:
        self._real, self._around = real, around

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        with self._around():
            self._real.exec_module(module)


@contextmanager
def _inline(shell: Any) -> Iterator[None]:
    yield
    shell.enable_matplotlib("inline")


@contextmanager
def _without_pyarrow() -> Iterator[None]:
    """pandas without pyarrow, even where that is installed: it starts a thread, and what lies beside the grader must not change a grade.

    A notebook that asks for pyarrow by name still gets it.
    """
    before = {"pyarrow": sys.modules["pyarrow"]} if "pyarrow" in sys.modules else {}
    hidden: dict[str, Any] = {"pyarrow": None}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        del sys.modules["pyarrow"]
        sys.modules.update(before)
