"""How long a try may take before the submission yields its place to others who wait for it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds by the clock; whoever takes longer gets no verdict now and comes again later.

    Attributes:
        seconds: for all of it.
        step: for any one step, a cell or a call.

    Example:
        >>> Patience(3.0)
        Patience(seconds=3.0, step=inf)
    """

    seconds: float
    step: float = math.inf
