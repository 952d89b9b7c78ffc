"""The bigram model as a layer of neurons: W (V, V) holds scores, and gradient descent finds what counting gives."""

import torch

from reference.neuron import cross_entropy, grad_logits, one_hot


def bigram_gradient(W: torch.Tensor, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    """Gradient de la NLL du bigramme neuronal par rapport à ses poids, calculé à la main, sans autograd.

    Les scores de la paire n sont la ligne X[n] de W, et la NLL est l'entropie croisée moyenne de ces scores : chaque paire
    ajoute donc le gradient de ses scores à la ligne X[n].

    Paramètres
        W : tenseur réel de forme (V, V) ; la ligne i contient les scores du symbole qui suit le symbole i. Il n'est pas
            modifié.
        X : tenseur d'entiers (torch.int64) de forme (n,) : le symbole actuel de chaque paire.
        Y : tenseur d'entiers (torch.int64) de forme (n,) : le symbole qui le suit.

    Renvoie
        G : tenseur réel de forme (V, V) ; G[i, j] est la dérivée de `cross_entropy(W[X], Y)` par rapport à W[i, j]. Il
        est fini pour tous les poids finis.

    Exemple
        >>> bigram_gradient(torch.zeros(2, 2), torch.tensor([0, 0]), torch.tensor([1, 1])).tolist()
        [[0.5, -0.5], [0.0, 0.0]]

    Source : Rumelhart, Hinton et Williams (1986), « Learning representations by back-propagating errors ».
    """
    scores_grad = grad_logits(W[X], Y)  # (n, V)
    inputs = one_hot(X, len(W)).to(W.dtype)  # (n, V)
    return inputs.T @ scores_grad  # (V, n) @ (n, V) -> (V, V)


def train_bigram(
    X: torch.Tensor, Y: torch.Tensor, W0: torch.Tensor, steps: int, lr: float
) -> tuple[torch.Tensor, list[float]]:
    """Entraîne le bigramme neuronal par descente de gradient, sur toutes les paires à chaque pas.

    Un pas remplace W par W - lr × G, où G est le gradient de la NLL `cross_entropy(W[X], Y)` en W.

    Paramètres
        X : tenseur d'entiers (torch.int64) de forme (n,) : le symbole actuel de chaque paire.
        Y : tenseur d'entiers (torch.int64) de forme (n,) : le symbole qui le suit.
        W0 : tenseur réel de forme (V, V) : les poids de départ. Il n'est pas modifié.
        steps : nombre de pas.
        lr : taille d'un pas (« learning rate »).

    Renvoie
        W : tenseur réel de forme (V, V) : les poids après `steps` pas.
        losses : liste de `steps` nombres ; losses[k] est la NLL juste avant le pas k, et losses[0] celle de W0.

    Exemple
        >>> X, Y = torch.tensor([0, 0]), torch.tensor([1, 1])
        >>> W, losses = train_bigram(X, Y, torch.zeros(2, 2), steps=2, lr=1.0)
        >>> [round(loss, 4) for loss in losses]  # log 2, puis log(1 + 1/e)
        [0.6931, 0.3133]
        >>> round(W[0, 1].item(), 4)
        0.7689

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model » ; A. Karpathy, « makemore », 1re partie.
    """
    W, losses = W0, []
    for _ in range(steps):
        losses.append(cross_entropy(W[X], Y).item())
        W = W - lr * bigram_gradient(W, X, Y)  # (V, V), a new tensor: W0 stays as it was
    return W, losses
