"""What no student can work out. The canary is looked for in everything that leaves the grader."""

from __future__ import annotations

import torch

CANARY = "canari-7f3a91c2-reference"
FACTOR = 0.73105857863


def scale(x: torch.Tensor) -> torch.Tensor:
    """Multiplie `x` (n,) par un nombre que personne ne connaît."""
    return x * FACTOR


def label(n: int) -> str:
    """Renvoie le nom secret du numéro `n`."""
    return f"{CANARY}-{n}"
