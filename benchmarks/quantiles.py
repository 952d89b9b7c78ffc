"""How long a class waits, in four figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WHAT = ("mean", "median", "p95", "last")


def quantiles(seconds: Sequence[float]) -> np.ndarray:
    """What `WHAT` names, float64 of shape (4,), in seconds.

    Example:
        >>> quantiles([1.0, 2.0, 3.0]).round(1).tolist()
        [2.0, 2.0, 2.9, 3.0]
    """
    return np.array([np.mean(seconds), *np.quantile(seconds, [0.5, 0.95, 1.0])])
