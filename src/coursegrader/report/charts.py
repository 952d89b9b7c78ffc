"""Charts as plotly.js figures: plain dicts, colours by name (`var(--c1)`), which the page fills in for light, dark and print.

Only SVG traces are used: they print well, need no WebGL, and let the page forbid `eval`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]
COLUMNS = 3


def histograms(panels: Sequence[tuple[str, Sequence[tuple[float, float, int]]]], share: str) -> tuple[Figure, int]:
    """Small histograms, three in a row, all on the same scale.

    Args:
        panels: (title, bars); a bar is (from percent, to percent, students).
        share: hover text's word for the count.

    Returns:
        The figure and its height in pixels.
    """
    rows = -(-len(panels) // COLUMNS)
    height = 40 + 150 * rows
    # per 10 percent of width, so that joined bins keep the height that their area says
    top = max((count * 10 / (end - start) for _, bars in panels for start, end, count in bars), default=1.0)
    data, layout = [], _layout(margin={"l": 8, "r": 8, "t": 26, "b": 22}, showlegend=False)
    layout["annotations"] = []
    for number, (title, bars) in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        axis = "" if number == 0 else str(number + 1)
        left, upper = column / COLUMNS, 1 - row / rows
        domain = [left + 0.02, left + 1 / COLUMNS - 0.02]
        layout[f"xaxis{axis}"] = _axis(
            domain=domain, anchor=f"y{axis}", range=[0, 100], tickvals=[0, 50, 100], ticksuffix=" %", showgrid=False
        )
        layout[f"yaxis{axis}"] = _axis(
            domain=[upper - 0.74 / rows, upper - 0.08 / rows], anchor=f"x{axis}", range=[0, top * 1.12], visible=False
        )
        layout["annotations"].append(
            {
                "text": label(title),
                "x": domain[0],
                "y": upper,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "middle",
                "showarrow": False,
                "font": {"size": 13, "color": "var(--text)"},
            }
        )
        data.append(
            {
                "type": "bar",
                "x": [(start + end) / 2 for start, end, _ in bars],
                "y": [count * 10 / (end - start) for start, end, count in bars],
                "width": [end - start - 0.8 for start, end, _ in bars],
                "customdata": [[f"{start:g}", f"{end:g}", count] for start, end, count in bars],
                "hovertemplate": "%{customdata[0]} – %{customdata[1]} % : %{customdata[2]} "
                + share
                + "<extra></extra>",
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "marker": {"color": "var(--c1)"},
            }
        )
    return {"data": data, "layout": layout}, height


def dots(
    rows: Sequence[tuple[str, Sequence[tuple[float, str]], float | None]], names: Mapping[str, str]
) -> tuple[Figure, int]:
    """A dot a result, a line an assignment: what a small class has instead of a curve.

    Args:
        rows: (title, (percent, who) pairs, median or None), first on top.
        names: texts "result" and "median" of the legend.
    """
    xs, ys, who, medians = [], [], [], []
    for number, (_, results, median) in enumerate(rows):
        for percent, offset, name in _stacked(results):
            xs.append(percent)
            ys.append(number + offset)
            who.append(label(name))
        if median is not None:
            medians.append((median, number))
    marker = {"size": 10, "color": "var(--c1)", "opacity": 0.75, "line": {"width": 1, "color": "var(--card)"}}
    data: list[Figure] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": names["result"],
            "x": xs,
            "y": ys,
            "text": who,
            "hovertemplate": "%{text} : %{x:.0f} %<extra></extra>",
            "marker": marker,
            "cliponaxis": False,
        }
    ]
    if medians:
        mark = {"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": "var(--c2)"}}
        x, y = [median for median, _ in medians], [number for _, number in medians]
        hover = names["median"] + " : %{x:.0f} %<extra></extra>"
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": names["median"],
                "x": x,
                "y": y,
                "hovertemplate": hover,
                "marker": mark,
            }
        )
    layout = _layout(margin={"l": 8, "r": 16, "t": 8, "b": 34}, legend=_legend())
    layout["xaxis"] = _axis(range=[-2, 102], ticksuffix=" %", dtick=25)
    layout["yaxis"] = _axis(
        tickvals=list(range(len(rows))),
        ticktext=[label(title) for title, _, _ in rows],
        range=[len(rows) - 0.4, -0.6],
        automargin=True,
        showgrid=True,
    )
    return {"data": data, "layout": layout}, 90 + 46 * len(rows)


def _stacked(results: Sequence[tuple[float, str]]) -> list[tuple[float, float, str]]:
    """Equal results beside each other rather than on top of each other."""
    by_place: dict[int, list[tuple[float, str]]] = {}
    for percent, name in sorted(results):
        by_place.setdefault(round(percent / 2), []).append((percent, name))
    placed = []
    for same in by_place.values():
        step = min(0.18, 0.7 / len(same))
        placed += [(p, step * (n - (len(same) - 1) / 2), name) for n, (p, name) in enumerate(same)]
    return placed


def progress(
    dates: Sequence[str],
    titles: Sequence[str],
    middle: Sequence[float | None],
    band: tuple[Sequence[float | None], Sequence[float | None]] | None,
    people: Sequence[tuple[str, Sequence[float | None]]],
    names: Mapping[str, str],
) -> tuple[Figure, int]:
    """Results over time: the median, the middle half of the class around it, or one thin line a person in a small class.

    Args:
        dates: ISO days, one an assignment.
        middle: median percent; None where it may not be shown.
        band: lower and upper quartile; None for none.
        people: (name, percent at each date), for few.
        names: texts "median", "half".
    """
    data: list[Figure] = []
    for name, values in people:
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": list(dates),
                "y": list(values),
                "name": label(name),
                "text": [f"{label(name)}<br>{label(title)}" for title in titles],
                "hovertemplate": "%{text} : %{y:.0f} %<extra></extra>",
                "line": {"width": 1, "color": "var(--c4)"},
                "marker": {"size": 4, "color": "var(--c4)"},
                "connectgaps": False,
                "showlegend": False,
            }
        )
    if band is not None:
        shown = [n for n, value in enumerate(band[0]) if value is not None]
        edge = {
            "type": "scatter",
            "mode": "lines",
            "x": [dates[n] for n in shown],
            "line": {"width": 0, "shape": "linear"},
            "hoverinfo": "skip",
        }
        data.append({**edge, "y": [band[0][n] for n in shown], "showlegend": False})
        data.append(
            {
                **edge,
                "y": [band[1][n] for n in shown],
                "fill": "tonexty",
                "fillcolor": "var(--band)",
                "name": names["half"],
            }
        )
    data.append(
        {
            "type": "scatter",
            "mode": "lines+markers" if not people else "markers",
            "x": list(dates),
            "y": list(middle),
            "text": [label(title) for title in titles],
            "name": names["median"],
            "hovertemplate": "%{text}<br>" + names["median"] + " : %{y:.0f} %<extra></extra>",
            "line": {"width": 3, "color": "var(--c1)"},
            "marker": {"size": 9, "color": "var(--c1)", "symbol": "diamond" if people else "circle"},
            "connectgaps": False,
            "showlegend": True,
        }
    )
    layout = _layout(margin={"l": 48, "r": 16, "t": 8, "b": 34}, legend=_legend())
    layout["xaxis"] = _axis(
        type="date", tickformat="%d.%m.", showgrid=False, tickvals=list(dates) if len(dates) <= 16 else None
    )
    layout["yaxis"] = _axis(range=[0, 104], ticksuffix=" %", dtick=25)
    return {"data": data, "layout": layout}, 340


def difficulty(points: Sequence[tuple[str, float, float, bool]], names: Mapping[str, str]) -> tuple[Figure, int]:
    """Success against discrimination, a dot an exercise; those to look at in another colour and form, the first ones by name.

    Args:
        points: (name, success in percent, discrimination, to look at).
        names: texts "x", "y", "fine", "look".
    """
    data = []
    for look, colour, symbol in ((False, "var(--c1)", "circle"), (True, "var(--c3)", "diamond")):
        chosen = [point for point in points if point[3] is look]
        if chosen:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers+text" if look and len(chosen) <= 8 else "markers",
                    "name": names["look" if look else "fine"],
                    "x": [point[1] for point in chosen],
                    "y": [point[2] for point in chosen],
                    "text": [label(point[0]) for point in chosen],
                    "textposition": "top center",
                    "textfont": {"color": "var(--text)", "size": 12},
                    "hovertemplate": "%{text}<br>"
                    + names["x"]
                    + " : %{x:.0f} %<br>"
                    + names["y"]
                    + " : %{y:.2f}<extra></extra>",
                    "marker": {"size": 9, "color": colour, "symbol": symbol, "opacity": 0.85},
                    "cliponaxis": False,
                }
            )
    layout = _layout(margin={"l": 56, "r": 16, "t": 8, "b": 44}, legend=_legend())
    layout["xaxis"] = _axis(range=[0, 103], ticksuffix=" %", title={"text": names["x"]})
    lowest = min([0.0, *(point[2] for point in points)])
    layout["yaxis"] = _axis(
        range=[lowest - 0.05, 1.0], title={"text": names["y"]}, zeroline=True, zerolinecolor="var(--line)"
    )
    return {"data": data, "layout": layout}, 400


def bars(labels: Sequence[str], values: Sequence[float], unit: str, colour: str = "var(--c1)") -> tuple[Figure, int]:
    """Horizontal bars, the first on top, each with its value beside it."""
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": list(values),
        "y": list(range(len(labels))),
        "text": [f"{value:g}{unit}" for value in values],
        "textposition": "outside",
        "customdata": [label(text) for text in labels],
        "hovertemplate": "%{customdata} : %{text}<extra></extra>",
        "marker": {"color": colour},
        "cliponaxis": False,
    }
    layout = _layout(margin={"l": 8, "r": 48, "t": 4, "b": 26}, showlegend=False, bargap=0.35)
    layout["xaxis"] = _axis(rangemode="tozero", showgrid=True, nticks=5, ticksuffix=unit)
    layout["yaxis"] = _axis(
        tickvals=list(range(len(labels))),
        ticktext=[label(text) for text in labels],
        range=[len(labels) - 0.5, -0.5],
        automargin=True,
        showgrid=False,
    )
    return {"data": [bar], "layout": layout}, 50 + 30 * len(labels)


def stacked(labels: Sequence[str], parts: Sequence[tuple[str, Sequence[float], str]]) -> tuple[Figure, int]:
    """Horizontal stacked bars.

    Args:
        parts: (name, values, colour), from the left.
    """
    places = list(range(len(labels)))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": list(values),
            "y": places,
            "customdata": [label(text) for text in labels],
            "text": [f"{value:g}" if value else "" for value in values],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"color": "var(--on)"},
            "hovertemplate": "%{customdata}<br>" + name + " : %{x}<extra></extra>",
            "marker": {"color": colour},
        }
        for name, values, colour in parts
    ]
    layout = _layout(
        margin={"l": 8, "r": 16, "t": 8, "b": 26},
        barmode="stack",
        bargap=0.3,
        showlegend=True,
        legend={**_legend(), "traceorder": "normal"},
    )
    layout["xaxis"] = _axis(rangemode="tozero", nticks=6)
    layout["yaxis"] = _axis(
        tickvals=places,
        ticktext=[label(text) for text in labels],
        range=[len(labels) - 0.5, -0.5],
        automargin=True,
        showgrid=False,
    )
    return {"data": data, "layout": layout}, 90 + 32 * len(labels)


def timeline(
    people: Sequence[str], marks: Sequence[tuple[str, str, str, list[str], list[int], list[str]]]
) -> tuple[Figure, int]:
    """Dates by person: a line a person, a mark a milestone.

    Args:
        people: names, first on top.
        marks: (state, colour, symbol, ISO dates, places in `people`, hover texts).
    """
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": dates,
            "y": places,
            "text": texts,
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 12, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
            "cliponaxis": False,
        }
        for name, colour, symbol, dates, places, texts in marks
        if dates
    ]
    layout = _layout(margin={"l": 8, "r": 32, "t": 8, "b": 34}, legend=_legend())  # half a date beside the last tick
    layout["xaxis"] = _axis(type="date", tickformat="%d.%m.%y", tickangle=0)
    layout["yaxis"] = _axis(
        tickvals=list(range(len(people))),
        ticktext=[label(text) for text in people],
        range=[len(people) - 0.5, -0.5],
        automargin=True,
        showgrid=True,
    )
    return {"data": data, "layout": layout}, 100 + 26 * len(people)


def label(text: str) -> str:
    """A text as it is: plotly takes tags in labels for markup, and a name may hold some."""
    return html.escape(text, quote=False)


def _layout(**own: Any) -> Figure:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {
            "family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
            "size": 13,
            "color": "var(--soft)",
        },
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"color": "var(--text)", "size": 13},
        },
        "hovermode": "closest",
        "dragmode": False,
        "separators": ", ",
        **own,
    }


def _axis(**own: Any) -> Figure:
    axis = {"gridcolor": "var(--grid)", "linecolor": "var(--line)", "zeroline": False, "fixedrange": True, **own}
    return {key: value for key, value in axis.items() if value is not None}


def _legend() -> Figure:
    return {"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
