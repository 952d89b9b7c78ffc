"""Cutting definitions out of reference modules."""

from __future__ import annotations

import ast

import pytest

from coursegrader.build.splice import BEGIN, END, splice
from coursegrader.errors import CourseFault
from tests.build.tiny import SCALE


def without_markers(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip() not in {BEGIN, END})


def stripped(text: str) -> str:
    """What nbgrader leaves: everything between the markers replaced."""
    kept, inside = [], False
    for line in text.splitlines():
        if line.strip() == BEGIN:
            inside = True
            kept.append(line.replace(BEGIN, "raise NotImplementedError"))
        elif line.strip() == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def test_function_keeps_its_specification_and_hides_its_body() -> None:
    part = splice(SCALE, "scale_all", "scale.py")
    assert part.text.startswith("def scale_all(values: list[float], factor: float = 2.0) -> list[float]:\n")
    assert '"""Multiplie chaque nombre par un facteur.' in part.visible
    assert ">>> scale_all([1.0, 3.0])" in part.visible
    for hidden in ("refuse infinities", "raise ValueError", "value * factor", "return scaled"):
        assert hidden not in part.visible
        assert hidden not in stripped(part.text)
    assert part.bodies[0].lines[0].strip().startswith("# refuse"), "a comment above the first statement is solution"


def test_without_its_markers_a_splice_is_the_source() -> None:
    assert without_markers(splice(SCALE, "scale_all", "scale.py").text) in SCALE
    assert without_markers(splice(SCALE, "Scaler", "scale.py").text) in SCALE


def test_every_method_of_a_class_is_hidden_and_class_level_code_is_not() -> None:
    part = splice(SCALE, "Scaler", "scale.py")
    assert len(part.bodies) == 3
    student = stripped(part.text)
    assert student.count("raise NotImplementedError") == 3
    assert "@functools.cached_property\n" in student
    assert 'unit = "points"' in student
    assert '"""Garde le facteur."""' in student
    for hidden in ("self.factor = factor", "math.log", "number_of_calls", "one call more"):
        assert hidden not in student
    ast.parse(student)


def test_first_lines_point_into_the_file() -> None:
    for body in splice(SCALE, "Scaler", "scale.py").bodies:
        assert SCALE.splitlines()[body.first_line - 1] == body.lines[0]


def test_decorators_nested_functions_and_signatures_with_colons() -> None:
    source = (
        "import functools\n\n\n@functools.lru_cache(maxsize=None)\n"
        "def f(x: dict[str, int] = {'a:': 1}, *, key=lambda v: v) -> dict[str, int]:  # (V, V)\n"
        '    """Documentée.\n\n    Sur deux lignes."""\n\n    def inner(y: int) -> int:\n        """Doc."""\n'
        "        return y\n\n    return inner(1)\n\n\ny = 1\n"
    )
    part = splice(source, "f", "f.py")
    assert part.text.startswith("@functools.lru_cache(maxsize=None)\ndef f(")
    assert "# (V, V)" in part.visible
    assert len(part.bodies) == 1
    assert "inner" not in part.visible
    assert not part.text.endswith("y = 1")
    ast.parse(stripped(part.text))


def test_a_method_without_docstring_keeps_its_whole_signature() -> None:
    student = stripped(splice(SCALE, "Scaler", "scale.py").text)
    assert "    def __call__(\n        self,\n        values: list[float],\n    ) -> list[float]:\n" in student


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def g():\n    '''doc'''\n    return 1\n", "defines f 0 times"),
        ("def f():\n    '''a'''\n    return 1\n\n\ndef f():\n    '''b'''\n    return 2\n", "defines f 2 times"),
        ("def f():\n    return 1\n", "no docstring"),
        ("def f():\n    '''doc'''\n", "no body"),
        ("def f():\n    '''doc'''; return 1\n", "lines of its own"),
        ("class f:\n    '''doc'''\n\n    def g(self): return 1\n", "lines of its own"),
        ("class f:\n    '''doc'''\n\n    x: int\n", "no body"),
    ],
)
def test_a_definition_that_is_no_exercise_is_refused(source: str, problem: str) -> None:
    with pytest.raises(CourseFault, match=problem):
        splice(source, "f", "f.py")
