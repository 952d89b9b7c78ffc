"""Small changes to a function, of the kind that a slip makes: one change a mutant, on the syntax tree.

Docstrings, annotations and imports are left alone: they are given to the student, or change nothing.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        change: "before -> after", as source text; with "#2" and so on where the same change is possible in several places.
        source: the whole changed code.
    """

    change: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a piece of code.

    Args:
        source: functions or classes.

    Example:
        >>> [mutant.change for mutant in mutants("def f(x):\\n    return x + 1")]
        ['x + 1 -> x - 1', '1 -> 2', '1 -> 0', 'return x + 1 -> return None']
    """
    tree = ast.parse(source)
    found: list[Mutant] = []
    seen: dict[str, int] = {}
    sources = {ast.unparse(tree)}
    for position, (node, _) in enumerate(list(_places(tree))):
        for variant in _variants(node):
            changed = copy.deepcopy(tree)
            place, (holder, name, index) = list(_places(changed))[position]
            value = getattr(holder, name)
            if index is None:
                setattr(holder, name, variant)
            else:
                value[index] = variant
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text in sources:
                continue  # written differently, the same code
            sources.add(text)
            change = f"{_short(place)} -> {_short(variant)}"
            seen[change] = seen.get(change, 0) + 1
            found.append(Mutant(change if seen[change] == 1 else f"{change} #{seen[change]}", text))
    return found


Slot = tuple[ast.AST, str, int | None]


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, Slot]]:
    """Every node that may be changed, with where it hangs."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "type_params", "ctx", "op", "ops"):
            continue
        if isinstance(value, ast.AST):
            yield value, (tree, name, None)
            yield from _places(value)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if not isinstance(item, ast.AST) or isinstance(item, ast.Import | ast.ImportFrom):
                    continue
                if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
                    continue  # a docstring
                yield item, (tree, name, index)
                yield from _places(item)


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    """What a node can be changed into."""
    match node:
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _BINARY:
            yield _with(node, op=_BINARY[type(node.op)]())
            if isinstance(node, ast.AugAssign):
                yield ast.Assign([node.target], node.value, lineno=0)
        case ast.Compare():
            for kind in _COMPARE.get(type(node.ops[0]), ()):
                yield _with(node, ops=[kind(), *node.ops[1:]])
        case ast.BoolOp():
            yield _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        case ast.UnaryOp():
            yield node.operand
        case ast.Constant():
            yield from map(ast.Constant, _other_constants(node.value))
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.If() | ast.While():
            yield _with(node, test=ast.Constant(False))
            if isinstance(node, ast.If):
                yield _with(node, test=ast.Constant(True))
        case ast.comprehension() if node.ifs:
            yield _with(node, ifs=[])
        case ast.Call():
            yield from _other_calls(node)
        case ast.Slice():
            if node.lower is not None:
                yield _with(node, lower=None)
            if node.upper is not None:
                yield _with(node, upper=None)
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr():
            yield ast.Pass()
        case ast.Return() if node.value is not None and not _is_none(node.value):
            yield ast.Return(ast.Constant(None))
        case ast.With():
            yield ast.If(ast.Constant(True), node.body, [])
        case ast.FunctionDef() if node.decorator_list:
            yield _with(node, decorator_list=[])


def _other_constants(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    elif isinstance(value, float):
        yield value * 2
        yield value + 1.0
    elif isinstance(value, str) and value:
        yield ""
        yield value + "x"


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    """Without a keyword, with two arguments swapped, without the method."""
    for index in range(len(node.keywords)):
        yield _with(node, keywords=[k for i, k in enumerate(node.keywords) if i != index])
    if len(node.args) >= 2:
        yield _with(node, args=[node.args[1], node.args[0], *node.args[2:]])
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield node.func.value


def _is_module(node: ast.AST) -> bool:
    """Whether `x` of `x.f()` is a module or a class, which is no value to go on with."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in ("torch", "math", "np", "F", "random", "itertools")


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _short(node: ast.AST) -> str:
    """Source text of a node, on one line."""
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:87] + "..."
