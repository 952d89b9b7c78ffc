"""What may be said about a class to the class itself: nobody can be found in it.

The rule is the one of official statistics: no count below `CELL` and no count that leaves fewer than `CELL` others, no figure about fewer than
`ENOUGH` people, no single value of anybody. "All of you passed" tells each person's result as well as a name would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CELL = 5
ENOUGH = 10
ENOUGH_FOR_QUARTILES = 20


def safe_count(count: int, total: int) -> str | None:
    """A count as it may be shown; None where it may not.

    Example:
        >>> safe_count(7, 30), safe_count(3, 30), safe_count(28, 30), safe_count(0, 30), safe_count(7, 9)
        ('7', None, None, None, None)
    """
    return str(count) if total >= ENOUGH and CELL <= count <= total - CELL else None


def safe_share(share: float, total: int) -> float | None:
    """A mean share (0 to 1) as it may be shown, in steps of 5 percent; None for few people, and where nearly all or nearly none have it.

    Example:
        >>> safe_share(0.613, 40), safe_share(0.98, 40), safe_share(0.5, 9)
        (0.6, None, None)
    """
    if total < ENOUGH or math.isnan(share) or not CELL / total <= share <= 1 - CELL / total:
        return None
    return round(round(share * 20) / 20, 2)


def safe_percent(value: float, total: int, enough: int = ENOUGH) -> float | None:
    """A median or quartile in percent, in steps of 5: a median of an odd class is somebody's own result.

    Example:
        >>> safe_percent(66.7, 12), safe_percent(66.7, 9)
        (65.0, None)
    """
    return None if total < enough or math.isnan(value) else 5.0 * round(value / 5)


def merged_bins(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Neighbouring bins of a histogram joined until each holds at least `CELL` people.

    Returns:
        (first bin, last bin, count) from left to right; nothing where fewer than two such bins, or fewer than `ENOUGH` people, are left.

    Example:
        >>> merged_bins([1, 2, 3, 0, 8, 6])
        [(0, 2, 6), (3, 4, 8), (5, 5, 6)]
        >>> merged_bins([1, 2, 3])
        []
    """
    merged: list[tuple[int, int, int]] = []
    start = held = 0
    for place, count in enumerate(counts):
        held += count
        if held >= CELL:
            merged.append((start, place, held))
            start, held = place + 1, 0
    if start < len(counts) and merged:  # what is left over on the right joins its neighbour
        first, _, count = merged.pop()
        merged.append((first, len(counts) - 1, count + held))
    return merged if len(merged) >= 2 and sum(counts) >= ENOUGH else []
