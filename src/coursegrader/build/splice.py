"""Take a function or class out of a reference module and mark what nbgrader has to strip."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

from coursegrader.errors import CourseFault

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True)
class Body:
    """One hidden body: its lines as written and the number of the first one in its file."""

    first_line: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Splice:
    """A function or class ready for a solution cell.

    Attributes:
        name: the function or class.
        text: its source, with every body between nbgrader's solution markers.
        visible: its source without the bodies: decorators, signatures, docstrings.
        bodies: what must never reach a student.
    """

    name: str
    text: str
    visible: str
    bodies: tuple[Body, ...]


def splice(source: str, name: str, place: str) -> Splice:
    """Cut one top-level definition out of a module.

    Decorators, signature and docstring stay as they are: they are the student's specification. The body goes between
    solution markers; in a class, the body of every method does, and class-level statements stay visible.

    Args:
        source: text of the module.
        name: function or class.
        place: file name for error messages.

    Raises:
        CourseFault: no such definition, no docstring, or nothing to solve.

    Example:
        >>> module = "def f(x: int) -> int:\\n    'Double x.'\\n    return 2 * x"
        >>> print(splice(module, "f", "f.py").text)
        def f(x: int) -> int:
            'Double x.'
            ### BEGIN SOLUTION
            return 2 * x
            ### END SOLUTION
    """
    lines = source.splitlines()
    node = _find(ast.parse(source), name, place)
    if ast.get_docstring(node) is None:
        raise CourseFault(f"{place}: {name} has no docstring, which is what students read; write one in French.")
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    stop = _last_line(node, lines)
    spans = _hidden_spans(node, lines, place)
    if not spans:
        raise CourseFault(f"{place}: {name} has no body that students could write.")
    text, visible, bodies = [], [], []
    number = start
    for first, last, indent in spans:
        shown, hidden = lines[number - 1 : first - 1], lines[first - 1 : last]
        text += [*shown, indent + BEGIN, *hidden, indent + END]
        visible += shown
        bodies.append(Body(first, tuple(hidden)))
        number = last + 1
    rest = lines[number - 1 : stop]
    return Splice(name, "\n".join([*text, *rest]).rstrip(), "\n".join([*visible, *rest]), tuple(bodies))


def whole(source: str, name: str, place: str) -> str:
    """One top-level definition of a module as it is, without the remarks for type checkers; for what students are given.

    Example:
        >>> whole("def f(x):  # type: ignore[no-untyped-def]\\n    return 2 * x", "f", "f.py")
        'def f(x):\\n    return 2 * x'
    """
    lines = source.splitlines()
    node = _find(ast.parse(source), name, place)
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    text = "\n".join(lines[start - 1 : _last_line(node, lines)]).rstrip()
    return re.sub(r"[ \t]*# type: ignore.*", "", text)


def _find(tree: ast.Module, name: str, place: str) -> Definition:
    found = [node for node in tree.body if isinstance(node, Definition) and node.name == name]
    if len(found) != 1:
        raise CourseFault(f"{place} defines {name} {len(found)} times at its top level; it must do so once.")
    return found[0]


def _hidden_spans(node: Definition, lines: list[str], place: str) -> list[tuple[int, int, str]]:
    """(first line, last line, indentation) of every body to hide, lines counted from 1."""
    if isinstance(node, ast.ClassDef):
        inner = [child for child in node.body if isinstance(child, Definition)]
        return [span for child in inner for span in _hidden_spans(child, lines, place)]
    documented = ast.get_docstring(node) is not None
    statements = node.body[1:] if documented else node.body
    if not statements:
        return []
    # Comments above the first statement belong to the solution, so that the span starts right below the specification.
    above = node.body[0].end_lineno or 0 if documented else _header_end(node, lines)
    if statements[0].lineno <= above:
        raise CourseFault(f"{place}, line {above}: write the body of {node.name} on lines of its own.")
    first, last = above + 1, _last_line(node, lines)
    while not lines[first - 1].strip():
        first += 1
    return [(first, last, " " * statements[0].col_offset)]


def _header_end(node: Function, lines: list[str]) -> int:
    """The line with the colon that ends a signature."""
    depth = 0
    code = "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.string in {"(", "[", "{"}:
            depth += 1
        elif token.string in {")", "]", "}"}:
            depth -= 1
        elif token.string == ":" and depth == 0:
            return node.lineno - 1 + token.start[0]
    raise AssertionError("a function that was parsed has a colon")


def _last_line(node: Definition, lines: list[str]) -> int:
    """The last line of a definition, with the comments that ast leaves out because nothing follows them."""
    last = node.end_lineno or node.lineno
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1]
        if not line.strip():
            continue
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) <= node.col_offset:
            break
        last = number
    return last
