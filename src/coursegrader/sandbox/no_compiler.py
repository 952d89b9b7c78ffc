"""torch's compiler stays unloaded until something asks for it.

The first optimizer imports `torch._dynamo`, 824 modules and a second of processor time, for two functions that do nothing outside of compiled code:
`graph_break` and `disable`. `put_off` puts a module with these two in its place; any other name of it loads the real one.

`torch.compile` gives back what it is given: the same values, without a minute of compiling, for which there is no compiler in a sandbox, either.
Source: torch/optim/optimizer.py, torch/_compile.py and torch/_dynamo/decorators.py of torch 2.13; the tests compare with the real ones.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

NAME = "torch._dynamo"


def put_off() -> None:
    """Put the stand-in in place, after torch is imported; does nothing where the compiler is loaded already.

    Example:
        >>> import torch
        >>> put_off()
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    """
    import torch

    torch.__dict__["compile"] = _compile
    spec = importlib.util.find_spec(NAME) if NAME not in sys.modules else None
    if spec is None or spec.loader is None or spec.origin is None:
        return
    package, loader, folder = importlib.util.module_from_spec(spec), spec.loader, Path(spec.origin).parent
    del package.__path__  # so that an import of a submodule asks for it, and the package comes first
    known = set(re.findall(r"\w+", Path(spec.origin).read_text(encoding="utf-8")))
    known |= {path.stem for path in folder.iterdir()} | {"__path__"}

    def load(name: str) -> Any:
        """A name that is not there yet (PEP 562)."""
        if name not in known:
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")
        for own in ("__getattr__", "graph_break", "disable"):
            package.__dict__.pop(own, None)
        package.__path__ = [str(folder)]
        loader.exec_module(package)
        return getattr(package, name)

    package.__dict__.update(__getattr__=load, graph_break=_graph_break, disable=_disable)
    sys.modules[NAME] = package
    torch.__dict__["_dynamo"] = package


def _graph_break(msg: str = "") -> None:
    """Nothing is compiled, so there is no graph to break."""


def _disable(fn: Any = None, recursive: bool = True, **_: Any) -> Any:
    """Nothing is compiled, so a function runs as it is."""
    return fn if fn is not None else lambda function: function


def _compile(model: Any = None, **_: Any) -> Any:
    """Nothing is compiled, so a model or function is its own compiled form; a decorator with options gives it back, too."""
    return model if model is not None else lambda function: function
