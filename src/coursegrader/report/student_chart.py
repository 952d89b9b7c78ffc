"""A student's results as a small chart: SVG written in Python, since a template costs a call a number and a class has a hundred thousand marks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from coursegrader.report.texts import rounded, t

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 220, 44, 16, 24, 30  # SVG units
_GROUND = HEIGHT - BOTTOM


def _rules() -> str:
    lines = []
    for share in (0, 50, 100):
        y = TOP + (_GROUND - TOP) * (100 - share) / 100
        lines.append(
            f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share}</text>\n'
        )
    return "".join(lines)


_RULES = _rules()


def student_chart(results: Sequence[tuple[str, float]]) -> Markup:
    """Percent by assignment; a missing one is a hollow mark on the ground line and breaks the path.

    Args:
        results: (label, percent, NaN where there is none), in course order.

    Returns:
        The SVG, which says the same in words to who cannot see it; "" where there are no results.
    """
    marks, path, said, broken = [], [], [], True
    step = (WIDTH - LEFT - RIGHT) / max(1, len(results))
    for number, (label, result) in enumerate(results):
        x = round(LEFT + step * (number + 0.5), 1)
        there = result == result
        if there:
            y = round(TOP + (_GROUND - TOP) * (1 - min(max(result, 0.0), 100.0) / 100), 1)
            marks.append(
                f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>'
                f'<text class="value" x="{x}" y="{y - 10}" text-anchor="middle">{rounded(result)}</text>\n'
            )
            path.append(f"{'M' if broken else 'L'}{x:g} {y:g}")
            said.append(f"{label} {rounded(result)}\u00a0%")
        else:
            marks.append(f'<circle class="gap" cx="{x}" cy="{_GROUND}" r="5"/>\n')
            said.append(f"{label} {t('state_missing')}")
        marks.append(f'<text x="{x}" y="{HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>\n')
        broken = not there
    if not marks:
        return Markup()
    summary = t("own_chart", values=", ".join(said))
    inside = f'{_RULES}<path class="path" d="{" ".join(path)}"/>\n{"".join(marks)}'
    head = f'<svg class="own" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(summary)}">\n'
    return Markup(f"{head}{inside}</svg>")
