"""Formgrader's page of a submission is the teacher's: what a student wrote or displayed must not act in it."""

from __future__ import annotations

from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from traitlets.config import Config

from coursegrader.formgrader_view import Harmless, markdown_to_html
from tests.pipeline.small_course import NAME, Class

# Each says `MARK` where something would run, fetch or hide.
ANSWERS = [
    "<script>MARK()</script>", "<img src=x onerror=MARK()>", "a <b onclick=MARK()>b</b>", "[x](javascript:MARK)", "[x](java&#115;cript:MARK)",
    "[x](data:text/html,MARK)", "<javascript:MARK>", "```mermaid\n</pre><script>MARK()</script>\n```", '```a"><script>MARK()</script>\nx\n```',
    "```python\n</pre><script>MARK()</script>\n```", '![" onerror=MARK x](x)', '![x](x "\\" onerror=MARK")', "$$</script><script>MARK()</script>$$",
    "\\begin{a}<img src=x onerror=MARK()>\\end{a}", "# <img src=x onerror=MARK()>", "| <img src=x onerror=MARK()> |\n|---|\n| <script>MARK</script> |",
    "[a]: javascript:MARK\n\n[a]", "<style>body{display:none}/*MARK*/</style>", "- [ ] <script>MARK</script>", 'https://a"onmouseover=MARK',
    "<meta http-equiv=refresh content='0;url=MARK'>", "<!-- --!><script>MARK</script>",
]  # fmt: skip
TEMPLATES = Path(str(find_spec("nbgrader").origin)).parent / "server_extensions" / "formgrader" / "templates"  # type: ignore[union-attr]
SHOWN = """def double(values):
    return [2 * value for value in values]
for kind, value in {
    "text/html": "<script>MARK()</script><img src=x onerror=MARK><style>MARK</style><table><tr><th>colonne</th></tr></table>",
    "text/markdown": "<img src=x onerror=MARK()>", "text/latex": "$<img src=x onerror=MARK>$", "image/png": '"><script>MARK()</script>',
    "application/javascript": "MARK()", "image/svg+xml": "<svg onload=MARK()>", "text/plain": "<script>MARK()</script>",
}.items():
    display({kind: value}, raw=True)
print("<script>MARK()</script>")
"""


def page(klass: Class, config: Config) -> BeautifulSoup:
    """As formgrader's own handler makes it."""
    config = deepcopy(config)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    names = "assignment_id notebook_id submission_id base_url student last_name first_name notebook_path"
    resources: dict[str, Any] = {**dict.fromkeys(names.split(), "x"), "index": 0, "total": 1}
    notebook = klass.root / "autograded" / "a" / NAME / f"{NAME}.ipynb"
    made, _ = HTMLExporter(config=config).from_filename(str(notebook), resources=resources)
    return BeautifulSoup(made, "html.parser")


def acts(element: Any) -> bool:
    """Whether an element does something for who wrote it; formgrader's own have no MARK."""
    if "MARK" not in str(element):
        return False
    addresses = [str(element.attrs.get(name, "")).strip().lower() for name in ("href", "src")]
    return (
        element.name in ("script", "style", "meta", "iframe")
        or any(name.startswith("on") for name in element.attrs)
        or any(address.startswith(("javascript:", "data:text")) for address in addresses)
    )


def test_nothing_of_a_student_acts_in_the_teacher_s_page(klass: Class) -> None:
    notebook = klass.notebook(double=SHOWN)
    notebook["cells"] += [{"cell_type": "markdown", "metadata": {}, "source": text} for text in ANSWERS]
    klass.hand_in("a", notebook)
    klass.grade()
    made = page(klass, klass.course.nbgrader)
    assert [str(element)[:200] for element in made.find_all(True) if acts(element)] == []
    assert made.find("th", string="colonne") is not None
    assert made.find("input", id="double") is not None, "where the teacher enters points"
    assert len([element for element in page(klass, Config()).find_all(True) if acts(element)]) > 10, "nbconvert alone"


def test_markdown_that_takes_long_is_text() -> None:
    slow = r"\\\\(" * 20_000
    cells: list[Any] = [
        nbformat.v4.new_markdown_cell(slow),
        nbformat.v4.new_markdown_cell("# court"),
        nbformat.v4.new_code_cell(
            "x",
            outputs=[nbformat.v4.new_output("display_data", data={"text/markdown": slow, "text/html": "<p>" * 5000})],
        ),
    ]
    notebook, _ = Harmless(enabled=True)(nbformat.v4.new_notebook(cells=cells), {})
    long, short, code = notebook.cells
    environment = Environment(autoescape=False)
    environment.filters["markdown2html"] = markdown_to_html
    template = environment.from_string("{{ cell.source | markdown2html }}")
    assert template.render(cell=long).startswith("<pre>") and template.render(cell=short).startswith("<h1")
    assert set(code.outputs[0].data) == {"text/plain"}


def ours(text: str) -> str:
    return markdown_to_html(Environment().from_string("").new_context(), text)


def test_a_picture_that_did_not_travel_leaves_the_page_readable() -> None:
    """nbconvert alone shows no page at all."""
    assert ours("![collée](attachment:a.png)") == "<p>[collée]</p>\n"


@pytest.mark.parametrize(
    "text", ["**gras** et $x^2$", "| a |\n|---|\n| b |", "```python\nx = 1\n```", "[lien](https://a.fr)"]
)
def test_plain_markdown_is_nbconvert_s(text: str) -> None:
    assert ours(text) == markdown2html_mistune(text)
