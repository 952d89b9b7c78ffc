"""Which names does a piece of notebook code define, and which does it need from elsewhere?

A spliced function leaves its module behind: what it used there, imports, constants, helpers, must come from an earlier
cell. This finds out by Python's own symbol tables, without running anything.
"""

from __future__ import annotations

import builtins
import symtable

BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__", "__file__"}


def plain_python(code: str) -> str:
    """The code of a cell without IPython's own lines (`%matplotlib inline`, `!pip`, `%%time`), lines kept in place.

    Example:
        >>> plain_python("%matplotlib inline\\nx = 1")
        '\\nx = 1'
    """
    return "\n".join("" if line.startswith(("%", "!", "?")) else line for line in code.splitlines())


def defined_names(code: str) -> set[str]:
    """Names that a cell leaves behind.

    Example:
        >>> sorted(defined_names("import math\\nfor i in []: x = i"))
        ['i', 'math', 'x']
    """
    table = symtable.symtable(plain_python(code), "<cell>", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


def needed_names(code: str) -> set[str]:
    """Names that a cell, or a function in it, takes from earlier cells.

    Example:
        >>> needed_names("def f(x: Tensor) -> int:\\n    return len(x) + helper(x)") == {"Tensor", "helper"}
        True
    """
    table = symtable.symtable(plain_python(code), "<cell>", "exec")
    own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    for child in table.get_children():
        used |= _globals(child)
    return used - own - BUILTINS


def _globals(table: symtable.SymbolTable) -> set[str]:
    used = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    for child in table.get_children():
        used |= _globals(child)
    return used
