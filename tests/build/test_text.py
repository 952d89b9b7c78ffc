"""Texts without their looks, and names without running code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coursegrader.build.free_names import defined_names, needed_names
from coursegrader.build.text import Squeezed, code_lines, comments, squeeze

LINES = st.lists(st.text(alphabet="ab ,()]}'\"\t", max_size=8), max_size=6)


@given(LINES)
def test_squeezing_line_by_line_is_squeezing_everything(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert Squeezed(text).text == squeeze(text)


@given(LINES, st.integers(0, 5))
def test_a_needle_is_found_on_its_line(lines: list[str], position: int) -> None:
    lines.insert(min(position, len(lines)), "needle = [1]")
    number = lines.index("needle = [1]") + 1
    assert Squeezed("\n".join(lines)).line_of(squeeze("needle=[ 1, ]")) == number


def test_looks_do_not_matter() -> None:
    wrapped = Squeezed("x = f(\n    'a',\n    [1, 2],\n)")
    assert wrapped.line_of(squeeze('f("a", [1, 2])')) == 1
    assert Squeezed("L’élève").line_of(squeeze("L'élève")) == 1


def test_code_lines_leave_out_comments_and_imports() -> None:
    code = "import math\nfrom x import y\n\nz = '# not a comment'  # one\n# two\nz += 1"
    assert list(code_lines(code)) == [(4, "z = '# not a comment'"), (6, "z += 1")]
    assert list(comments(code)) == [(4, "one"), (5, "two")]


def test_code_that_is_no_program_is_still_read() -> None:
    assert [line for _, line in code_lines("x = (1,\ny = 2")] == ["x = (1,", "y = 2"]


def test_needed_names_come_from_annotations_decorators_defaults_and_bodies() -> None:
    code = "@deco\ndef f(x: Tensor, n=DEFAULT):\n    import os\n    return [g(y) + n for y in x], os, len(x)"
    assert needed_names(code) == {"deco", "Tensor", "DEFAULT", "g"}
    assert defined_names(code) == {"f"}


def test_a_recursive_function_and_a_class_need_nothing() -> None:
    assert needed_names("def f(n):\n    return f(n - 1)") == set()
    assert needed_names("class A:\n    def g(self):\n        super().__init__()\n        return A()") == set()


def test_magics_are_no_python() -> None:
    assert defined_names("%matplotlib inline\n!ls\nx = 1") == {"x"}
