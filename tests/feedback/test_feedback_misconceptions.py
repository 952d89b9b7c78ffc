"""The catalogue of misconceptions."""

from __future__ import annotations

from pathlib import Path

import pytest
from feedback_samples import check, page, verdict

from coursegrader.errors import CourseFault
from coursegrader.feedback import Misconception, load_misconceptions
from coursegrader.verdict import ExerciseResult


def write(folder: Path, content: str) -> Path:
    path = folder / "misconceptions.toml"
    path.write_text(content, encoding="utf-8")
    return path


CATALOGUE = """
[keepdim]
title = "Oubli"
text = '''
Une dimension
se perd.'''
see = "Diffusion"

[b]
title = "t"
text = "u"
"""


def test_load(tmp_path: Path) -> None:
    path = write(tmp_path, CATALOGUE)
    assert load_misconceptions(path) == {
        "keepdim": Misconception("keepdim", "Oubli", "Une dimension\nse perd.", "Diffusion"),
        "b": Misconception("b", "t", "u", ""),
    }


def test_course_without_a_catalogue(tmp_path: Path) -> None:
    assert load_misconceptions(tmp_path / "none.toml") == {}


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, 'loose = 1\n[a]\ntitle = "t"\n[b]\ntitle = 3\ntext = "x"\nsea = "y"')
    with pytest.raises(CourseFault) as caught:
        load_misconceptions(path)
    assert caught.value.mistakes == (
        "loose: not a table",
        "a: no text",
        "b: title is not a string",
        "b: unknown key sea",
    )


@pytest.mark.parametrize("content", ["[a", "a = \x00"])
def test_not_toml(tmp_path: Path, content: str) -> None:
    with pytest.raises(CourseFault, match="cannot be read"):
        load_misconceptions(write(tmp_path, content))


def test_unknown_id_is_left_out() -> None:
    found = verdict(ExerciseResult("decode", 1, (check(False, "Non.", misconception="autre"),)))
    assert "Cause probable" not in page(found) and "autre" not in page(found)


def test_catalogue_text_is_escaped() -> None:
    found = verdict(ExerciseResult("decode", 1, (check(False, "Non.", misconception="x"),)))
    html = page(found, misconceptions={"x": Misconception("x", "<b>", "a < b & c", "<i>")})
    assert "&lt;b&gt;" in html and "a &lt; b &amp; c" in html and "&lt;i&gt;" in html
