"""Backpropagation by hand: the gradients of the three-layer model and of batch normalisation, without autograd."""

import torch

from reference.mlp import embed


def forward_with_cache(
    params: dict[str, torch.Tensor], X: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Scores (B, V) of the three-layer model, and what its backward pass needs: X, x, a, h, z.

    Example:
        >>> params = {"C": torch.eye(2), "W1": torch.eye(2), "b1": torch.zeros(2), "W2": torch.eye(2), "b2": torch.ones(2)}
        >>> forward_with_cache(params, torch.tensor([[0], [1], [0]]))[0].shape
        torch.Size([3, 2])
    """
    x = embed(params["C"], X)  # (B, k E)
    a = x @ params["W1"] + params["b1"]  # (B, H)
    h = torch.tanh(a)  # (B, H)
    z = h @ params["W2"] + params["b2"]  # (B, V)
    return z, {"X": X, "x": x, "a": a, "h": h, "z": z}


def mlp_backward(
    params: dict[str, torch.Tensor], cache: dict[str, torch.Tensor], Y: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Gradients de l'entropie croisée moyenne du modèle à trois couches, calculés à la main, sans autograd.

    Paramètres
        params : C (V, E), W1 (k * E, H), b1 (H,), W2 (H, V), b2 (V,). Ils ne sont pas modifiés.
        cache : ce que la passe avant a gardé. X (B, k), les contextes, entiers ; x (B, k * E), leurs plongements mis
            bout à bout ; a (B, H) = x @ W1 + b1 ; h (B, H) = tanh(a) ; z (B, V), les scores. Il fait foi : rien n'est
            recalculé, car z peut contenir, en plus de h @ W2 + b2, un terme qui ne dépend pas des paramètres.
        Y : tenseur d'entiers de forme (B,) : les symboles à prédire.

    Renvoie
        Un dictionnaire qui a les clés de `params` ; grads[nom] a la forme de params[nom] et sa précision (float64 quand
        params est en float64), et contient la dérivée de `cross_entropy(z, Y)` par rapport à chacune de ses cases.

    Exemple
        >>> params = {"C": torch.zeros(2, 1), "W1": torch.ones(1, 1), "b1": torch.zeros(1),
        ...           "W2": torch.tensor([[0.0, 2.0]]), "b2": torch.zeros(2)}
        >>> cache = {"X": torch.tensor([[0], [0]]), "x": torch.zeros(2, 1), "a": torch.zeros(2, 1),
        ...          "h": torch.zeros(2, 1), "z": torch.zeros(2, 2)}
        >>> grads = mlp_backward(params, cache, Y=torch.tensor([1, 1]))
        >>> grads["b2"].tolist(), grads["C"].tolist()
        ([0.5, -0.5], [[-1.0], [0.0]])

    Source : Rumelhart, Hinton et Williams (1986), « Learning representations by back-propagating errors ».
    """
    X, x, h, z = cache["X"], cache["x"], cache["h"], cache["z"]
    dz = torch.softmax(z, dim=1)  # (B, V)
    dz[torch.arange(len(Y)), Y] -= 1
    dz /= len(Y)
    dh = dz @ params["W2"].T  # (B, V) @ (V, H) -> (B, H)
    da = dh * (1 - h**2)  # (B, H)
    dx = da @ params["W1"].T  # (B, H) @ (H, k E) -> (B, k E)
    rows = dx.view(X.numel(), -1)  # (B k, E) one row for each symbol of each context
    dC = torch.zeros_like(params["C"]).index_add(0, X.flatten(), rows)  # (V, E) a symbol met twice adds up twice
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}


def batch_norm_backward(
    dy: torch.Tensor, x: torch.Tensor, gamma: torch.Tensor, eps: float = 1e-5
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Passe arrière de la normalisation par lot en mode entraînement, calculée à la main, sans autograd.

    La passe avant est y = gamma * (x - moyenne) / racine(variance + eps) + beta, où moyenne et variance (divisée par B)
    sont celles de chaque colonne de x : elles dépendent donc de x, elles aussi.

    Paramètres
        dy : tenseur réel de forme (B, C), la dérivée de la perte par rapport à y.
        x : tenseur réel de forme (B, C), l'entrée de la passe avant ; B vaut au moins 1.
        gamma : tenseur réel de forme (C,).
        eps : petit nombre ajouté à la variance.

    Renvoie
        dx (B, C), dgamma (C,), dbeta (C,) : les dérivées de la perte par rapport à x, gamma et beta, dans la précision
        de x.

    Exemple
        >>> x, dy = torch.tensor([[1.0], [3.0]]), torch.tensor([[1.0], [0.0]])
        >>> dx, dgamma, dbeta = batch_norm_backward(dy, x, gamma=torch.ones(1), eps=1.0)
        >>> [round(value, 4) for value in dx.flatten().tolist()]  # racine(2)/8, de signes contraires
        [0.1768, -0.1768]
        >>> round(dgamma.item(), 4), dbeta.item()  # x normalisé vaut -0,7071 et 0,7071
        (-0.7071, 1.0)

    Source : Ioffe et Szegedy (2015), « Batch Normalization », § 3.
    """
    std = torch.sqrt(x.var(0, correction=0) + eps)  # (C,)
    xhat = (x - x.mean(0)) / std  # (B, C)
    dxhat = dy * gamma  # (B, C)
    # The mean of dxhat goes back through the mean of x, the mean of dxhat * xhat through its variance.
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std  # (B, C)
    return dx, (dy * xhat).sum(0), dy.sum(0)
