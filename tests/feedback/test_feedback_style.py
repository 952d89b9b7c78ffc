"""The page's style: named by the policy, legible in both colour schemes."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from feedback_samples import display, mixed, page, solution

import coursegrader

CSS = (Path(coursegrader.__file__).parent / "templates" / "feedback.css").read_text(encoding="utf-8")
SURFACES = ("page", "card", "code")
TEXT_PAIRS = [
    *((text, surface) for text in ("text", "soft", "link") for surface in SURFACES),
    *((kind, back) for kind in ("good", "bad", "mid") for back in ("card", f"{kind}-back")),
    *((kind, f"{kind}-back") for kind in ("idle", "hint")),
]
GRAPHIC_PAIRS = [("focus", surface) for surface in SURFACES] + [
    (kind, surface) for kind in ("good", "bad", "mid", "idle", "soft") for surface in ("page", "card", "code")
]


def policy(html: str) -> dict[str, str]:
    meta = BeautifulSoup(html, "html.parser").find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    return dict(part.strip().split(" ", 1) for part in meta["content"].split(";"))


def test_policy_allows_pictures_and_the_own_style_only() -> None:
    html = page(*mixed())
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy(html) == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_policy_comes_before_what_it_governs() -> None:
    html = page(*mixed())
    assert html.index("Content-Security-Policy") < html.index("<style")


def test_style_names_no_address() -> None:
    assert not re.search(r"url\(|@import|@font-face|expression|//", re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL))


def schemes() -> dict[str, dict[str, str]]:
    """Colours by name: of the light scheme, of the dark one, and of print."""
    blocks = re.findall(r":root\s*\{(.*?)\}", CSS, re.DOTALL)
    assert len(blocks) == 3
    found = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks]
    return {"light": found[0], "dark": found[0] | found[1], "print": found[0] | found[2]}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, glossary)."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_contrast_reaches_level_aa(scheme: str) -> None:
    colours = schemes()[scheme]
    low = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    graphics = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in GRAPHIC_PAIRS}
    assert {pair: ratio for pair, ratio in graphics.items() if ratio < 3} == {}


def test_every_colour_in_use_is_measured() -> None:
    """A new colour must join the pairs above; none is written outside the schemes, except a picture's white ground."""
    rules = re.sub(r":root\s*\{.*?\}", "", CSS, flags=re.DOTALL)
    written = set(re.findall(r"(?<![-\w])color: var\(--([\w-]+)\)", rules))
    grounds = set(re.findall(r"background: var\(--([\w-]+)\)", rules))
    assert written <= {text for text, _ in TEXT_PAIRS}
    assert grounds <= {ground for _, ground in TEXT_PAIRS}
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == ["#ffffff"]


def test_rules_that_paint_a_ground_also_set_the_text() -> None:
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*background: var[^{}]*)\}", CSS):
        assert re.search(r"(?<!-)color: var", body), selector.strip()


def test_focus_stays_visible() -> None:
    assert re.search(r":focus-visible \{ outline: 3px solid var\(--focus\)", CSS)
    assert set(re.findall(r"([^{}\n]+)\{[^}]*outline: none", CSS)) == {"main:focus "}


def test_everything_that_scrolls_takes_the_keyboard() -> None:
    found, cells = mixed()
    table = solution("df", display(text_html="<table><tr><td>1</td></tr></table>"), exercise="sample_ids")
    (box,) = BeautifulSoup(page(found, [*cells, table]), "html.parser").select(".output.table")
    assert box["tabindex"] == "0" and box["aria-label"] and box["role"] == "group"
    assert CSS.count("overflow-x: auto") == 1


def test_print_and_phone_have_rules() -> None:
    assert "@media print" in CSS and "break-inside: avoid" in CSS and "(max-width: 34rem)" in CSS
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page(*mixed())
