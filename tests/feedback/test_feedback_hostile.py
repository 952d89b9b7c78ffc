"""Output that is huge, damaged, invisible or misleading: the page stays small and says what it left out."""

from __future__ import annotations

import base64 as codec
import re
import struct
import time
import zlib

import pytest
from bleach._vendor import html5lib
from bs4 import BeautifulSoup
from feedback_samples import base64, check, chunk, display, error, page, png, solution, stream, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.feedback import FeedbackCell
from coursegrader.feedback.blocks import MAX_BLOCKS
from coursegrader.feedback.exercises import MAX_CELLS
from coursegrader.feedback.plain import Excerpt, excerpt, overprint, shorten, strip_ansi, visible
from coursegrader.feedback.png import read_png
from coursegrader.outputs import clean_outputs
from coursegrader.verdict import ExerciseResult

PAGE_BYTES = 2_000_000
FOUND = verdict(ExerciseResult("decode", 1, (check(True),)), ExerciseResult("perplexity", 1, (check(False, "Non."),)))
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def soup(*cells: FeedbackCell) -> BeautifulSoup:
    html = page(FOUND, list(cells))
    assert len(html.encode()) < PAGE_BYTES
    return BeautifulSoup(html, "html.parser")


HUGE = {
    "one line": [stream("x" * 1_000_000)],
    "escapes": [stream("<&>\"'" * 200_000)],
    "wide": [stream("\U0001f600" * 1_000_000)],
    "bidi": [stream("\u202e" * 1_000_000)],
    "zalgo": [stream("e" + "\u0301" * 1_000_000)],
    "lines": [stream("\n" * 1_000_000 + "x")],
    "escape codes": [stream("\x1b[31m" * 200_000), stream("\x1b]" * 200_000, "stderr"), stream("\x1b[" * 500_000)],
    "carriage returns": [stream("x\r" * 500_000)],
    "500 outputs": [display(text_plain="y" * 50_000) for _ in range(500)],
    "500 pictures": [display(image_png=base64(png(40, 40))) for _ in range(500)],
    "500 tables": [display(text_html="<table><tr><td>" + "&" * 50_000 + "</td></tr></table>") for _ in range(500)],
    "alternating": [stream("z" * 2_000, ("stdout", "stderr")[n % 2]) for n in range(500)],
    "tracebacks": [error(*["t" * 20_000] * 200) for _ in range(10)],
    "json": [display(application_json={"k" * 10: ["v" * 1_000_000]})],
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_output(name: str) -> None:
    outputs = clean_outputs(HUGE[name])
    assert outputs
    cells = [solution("a" * 1_000_000, *outputs), *[FeedbackCell("code", None, "extra", "b", "ok", outputs)] * 60]
    started = time.process_time()
    html = page(FOUND, cells)
    assert time.process_time() - started < 30
    assert len(html.encode()) < PAGE_BYTES
    assert html.endswith("</html>") and "montré" in html
    assert "Vérification" not in name and "Non." in html, "the verdict is told whatever the outputs are"


def test_huge_page_is_valid_html() -> None:
    cells = [solution("x", *HUGE["alternating"]), solution("y", *HUGE["500 outputs"], exercise="perplexity")]
    html5lib.HTMLParser(strict=True).parse(page(FOUND, cells))


def test_huge_verdict() -> None:
    long = "m" * 100_000
    checks = tuple(check(False, long, reason=long + str(n), expected=long, actual=long) for n in range(50))
    found = verdict(
        *(ExerciseResult(f"{long}{n}", 1, checks) for n in range(10)),
        student=long,
        reason=long,
        isolation=long,
        warnings=(long,) * 1_000,
    )
    assert len(page(found).encode()) < PAGE_BYTES


def test_what_was_cut_is_counted() -> None:
    shown = soup(solution("x", stream("début" + "x" * 1_000_000 + "fin"))).get_text().replace("\u202f", " ")
    assert "début" in shown and "fin" in shown
    assert re.search(r"… 9\d\d \d\d\d caractères ne sont pas montrés ici …", shown)
    many = soup(solution("x", *[display(text_plain=str(n)) for n in range(500)])).get_text()
    assert f"non montrées : {500 - MAX_BLOCKS}." in many.replace("\u00a0", " ")
    extra = [FeedbackCell("code", None, "extra", f"x{n}", "ok") for n in range(100)]
    cells = soup(solution("x"), *extra).get_text().replace("\u00a0", " ")
    assert f"Autres cellules, non montrées : {101 - MAX_CELLS}." in cells


def test_prints_are_one_text() -> None:
    shown = soup(solution("x", *[stream(f"{n}\n") for n in range(3)])).select("pre.stdout")
    assert [pre.get_text() for pre in shown] == ["\n0\n1\n2"]


def test_empty_output_shows_nothing() -> None:
    assert soup(solution("x", stream(" \n"), display(text_plain=""))).select(".output") == []


@pytest.mark.parametrize("place", ["source", "stdout", "traceback", "reason", "student", "html"])
def test_no_control_or_bidi_character_reaches_the_page(place: str) -> None:
    odd = (
        "a"
        + BIDI
        + "".join(map(chr, range(0x20))).replace("\n", "").replace("\t", "").replace("\r", "")
        + "\x7f\x85\x9c"
    )
    odd += "\ud800\ufeff\u200b\u2028\ufffe\U000e0041\u00ad"
    found, cell = FOUND, solution("x")
    if place == "source":
        cell = solution(odd)
    elif place == "stdout":
        cell = solution("x", stream(odd))
    elif place == "traceback":
        cell = solution("x", error(odd))
    elif place == "html":
        cell = solution("x", display(text_html=f"<p>{odd}</p>"))
    elif place == "student":
        found = verdict(student=odd)
    else:
        found = verdict(ExerciseResult("decode", 1, (check(False, odd, reason=odd, expected=odd, actual=odd),)))
    html = page(found, [cell])
    html.encode("utf-8")
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff\ufffe]", html
    )
    assert "⟨U+202E⟩" in html and "␀" in html and "⟨U+061C⟩" in html


def test_ordinary_text_stays_as_it_is() -> None:
    for text in ("L'été, où ça ?\tœuvre « ñ »", "ليلى", "می\u200cخواهم", "👩\u200d🔬", "数学", "e\u0301"):
        assert visible(text) == text


def test_combining_marks_stop() -> None:
    assert len(visible("e" + "\u0301" * 500)) == 7


def test_ansi() -> None:
    coloured = "\x1b[1;38;5;9mX\x1b[0m\x1b]0;titre\x07Y\x1b]8;;http://a\x1b\\Z\x1b]8;;\x1b\\\x1b(B\x9b31mW\x1bM"
    assert strip_ansi(coloured) == "XYZW"
    assert "\x1b" not in visible("\x1b") and visible("\x1b[") == "␛["


def test_progress_bar_shows_its_last_state() -> None:
    assert overprint("  0%\r 50%\r100%\nfin\r\nx\r") == "100%\nfin\nx"


def test_shorten() -> None:
    assert shorten("  a  ") == "a"
    assert shorten("x" * 301) == "x" * 299 + "…"
    assert len(shorten("\u202e" * 10_000)) <= 300


@given(st.text(), st.integers(2, 50), st.integers(2, 5), st.booleans())
@settings(max_examples=200, deadline=None)
def test_excerpt_keeps_its_bounds(value: str, chars: int, lines: int, keep_end: bool) -> None:
    part = excerpt(value, chars, lines, keep_end=keep_end)
    assert part.head.count("\n") + part.tail.count("\n") < lines + 1
    assert len(part.head) + len(part.tail) <= 11 * chars
    assert (part.dropped > 0) or part == Excerpt(part.head)


@given(st.text())
def test_visible_text_is_stable(value: str) -> None:
    assert visible(visible(value)) == visible(value)


def test_png_is_rewritten_from_its_picture_chunks() -> None:
    extra = (
        chunk(b"tEXt", b"Comment\x00<script>"),
        chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(9))),
        chunk(b"acTL", bytes(8)),
    )
    read = read_png(base64(png(3, 2, *extra) + b"<script>after</script>"))
    assert read is not None and (read.width, read.height) == (3, 2)
    assert codec.b64decode(read.base64) == png(3, 2)


def test_png_of_matplotlib_keeps_its_picture() -> None:
    from io import BytesIO

    import matplotlib.image
    import numpy as np

    pixels, file, again = np.random.default_rng(0).random((5, 7, 4)), BytesIO(), BytesIO()
    matplotlib.image.imsave(file, pixels)
    read = read_png("\n".join(re.findall(".{1,76}", base64(file.getvalue()))))
    assert read is not None
    again.write(codec.b64decode(read.base64))
    file.seek(0), again.seek(0)
    assert np.array_equal(matplotlib.image.imread(file), matplotlib.image.imread(again))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "é",
        "<svg onload=alert(1)>",
        '" onerror="alert(1)',
        base64(b"GIF89a"),
        base64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        base64(png()[:-4]),
        base64(png()[:-12]),
        base64(png().replace(b"IDAT", b"IDAX")),
        base64(png(100_000, 1)),
        base64(png(7_999, 7_999)),
        base64(png(0, 5)),
        base64(png(3, 2, noise=bytes(1_000_000))),
        base64(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"short") + chunk(b"IEND", b"")),
        base64(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**32 - 1) + b"IHDR"),
        base64(b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_what_is_no_fit_png_is_not_shown(encoded: str) -> None:
    assert read_png(encoded) is None
    shown = soup(solution("x", display(image_png=encoded)))
    assert shown.find("img") is None and "Une image n'est pas montrée" in shown.get_text()


def test_pictures_have_a_budget() -> None:
    import random

    noise = [random.Random(n).randbytes(600_000) for n in range(4)]
    shown = soup(solution("x", *[display(image_png=base64(png(noise=part))) for part in noise]))
    assert len(shown.find_all("img")) == 1
    assert [image["src"][:22] for image in shown.find_all("img")] == ["data:image/png;base64,"]
