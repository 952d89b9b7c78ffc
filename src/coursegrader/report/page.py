"""The class's page as one HTML file: style, charts and their library inside, nothing fetched at view time.

A Content-Security-Policy (W3C, CSP Level 3) allows the two scripts by their hashes, no address, no form, no `eval`. Styles written by a script on
single elements have to be allowed, because plotly.js sets them as attributes; they can fetch nothing, for there is no address they may fetch from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from coursegrader.errors import MachineFault, how_to_install
from coursegrader.report.markup import row_markup
from coursegrader.report.parts import ClassView
from coursegrader.report.texts import t

EMPTY_STYLE = (
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # plotly.js makes an empty <style> and fills it rule by rule
)


def class_page(view: ClassView) -> str:
    """The document; the same view gives the same text.

    Raises:
        MachineFault: plotly is not installed.
    """
    charts = [section.chart for section in view.sections if section.chart is not None]
    figures = {chart.id: {"figure": chart.figure, "height": chart.height} for chart in charts}
    data = json.dumps(figures, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    style, script, library = style_text(), source("report.js"), plotly_js()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{sha256(library)}' '{sha256(script)}'",
            f"style-src-elem '{sha256(style)}' '{EMPTY_STYLE}'",
            "style-src-attr 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    # styles for maps, which plotly.js adds at its start unless an element of that name is there already
    names = tuple(dict.fromkeys(re.findall(r'getElementById\("([0-9a-f]{64})"\)', library)))
    ready = {"style": style, "figures": data, "library": library, "script": script}
    return template("report.html.j2").render(
        view=view, policy=policy, names=names, **{name: Markup(text) for name, text in ready.items()}
    )


@cache
def plotly_js() -> str:
    """plotly.js as the pinned Python package brings it along."""
    try:
        return (resources.files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise MachineFault("the charts need plotly", hint=how_to_install("report")) from error


@cache
def style_text(name: str = "report.css") -> str:
    """A style as it stands between its tags, without the comments."""
    css = source(name)
    return re.sub(r"\n\s*\n", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def sha256(text: str) -> str:
    """How a Content-Security-Policy names a script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def template(name: str) -> Template:
    """A page's template."""
    environment = Environment(
        loader=PackageLoader("coursegrader"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else every inclusion asks the disk whether the template has changed
    )
    environment.globals.update(t=t, row_markup=row_markup)
    return environment.get_template(name)


@cache
def source(name: str) -> str:
    """A template, style or script as it stands in the package."""
    return resources.files("coursegrader").joinpath(f"templates/{name}").read_text(encoding="utf-8")
