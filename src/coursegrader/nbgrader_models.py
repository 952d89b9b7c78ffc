"""nbgrader's database models without the rest of nbgrader, whose import takes longer than grading ten submissions.

`import nbgrader` loads its server extensions, nbconvert and a grammar of international addresses (1.3 s of processor time). `prepare` puts a
package in its place whose submodules can be imported; anything else asked of it loads the real one first.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any


def prepare() -> None:
    """Make `from nbgrader.api import …` cheap. Call it before the first import of nbgrader; later it does nothing.

    Example:
        >>> prepare()
        >>> from nbgrader.api import Gradebook
    """
    if "nbgrader" in sys.modules:
        return
    spec = importlib.util.find_spec("nbgrader")
    if spec is None or spec.loader is None:
        return  # the import that follows says so
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def load(name: str) -> Any:
        """An attribute that is not there yet (PEP 562): a submodule is for the import system to find, all else is `__init__`'s."""
        internal = name.startswith("__") and name != "__version__"
        if internal or importlib.util.find_spec(f"nbgrader.{name}") is not None:
            raise AttributeError(name)
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = load
    sys.modules["nbgrader"] = package
    _import_schemas()


def _import_schemas() -> None:
    """jsonschema without one optional format, that of international addresses, whose grammar takes 0.7 s to build."""
    if "jsonschema" in sys.modules or "rfc3987_syntax" in sys.modules:
        return
    hidden: dict[str, ModuleType | None] = {"rfc3987_syntax": None}
    sys.modules.update(hidden)  # type: ignore[arg-type]
    try:
        import jsonschema  # type: ignore[import-untyped]  # noqa: F401
    finally:
        del sys.modules["rfc3987_syntax"]
