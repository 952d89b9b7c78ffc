"""Five short torch exercises: the work of the throughput benchmark."""

from __future__ import annotations

import torch


def count_matrix(ids: torch.Tensor, symbols: int) -> torch.Tensor:
    """Compte les paires voisines d'une suite `ids` (n,) : renvoie (V, V) int64."""
    counts = torch.zeros(symbols, symbols, dtype=torch.int64)
    ones = torch.ones(len(ids) - 1, dtype=torch.int64)
    return counts.index_put_((ids[:-1], ids[1:]), ones, accumulate=True)


def normalize(counts: torch.Tensor) -> torch.Tensor:
    """Divise chaque ligne de `counts` (V, V) par sa somme."""
    return counts / counts.sum(1, keepdim=True)


def one_hot(ids: torch.Tensor, symbols: int) -> torch.Tensor:
    """Renvoie (n, V) float32 : des zéros, et un 1 à la place de chaque numéro."""
    return torch.eye(symbols)[ids]


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Entropie croisée moyenne, en nats, de `logits` (n, V) et `targets` (n,)."""
    picked = logits[torch.arange(len(targets)), targets]
    return (logits.logsumexp(1) - picked).mean()


def train(X: torch.Tensor, Y: torch.Tensor, steps: int, lr: float) -> torch.Tensor:
    """Descente de gradient depuis zéro sur une couche (D, V) ; renvoie ses poids."""
    W = torch.zeros(X.shape[1], int(Y.max()) + 1, requires_grad=True)
    optimizer = torch.optim.SGD([W], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(X @ W, Y).backward()
        optimizer.step()
    return W.detach()
