"""A neuron and what turns a layer of them into a classifier: one-hot labels, softmax, cross-entropy and its gradient."""

import torch


def one_hot(ids: torch.Tensor, V: int) -> torch.Tensor:
    """Transforme chaque numéro en un vecteur de V nombres : un 1 à la place du numéro, des 0 partout ailleurs.

    Paramètres
        ids : tenseur d'entiers (torch.int64) de forme quelconque (...), de valeurs entre 0 et V - 1.
        V : nombre de classes, c'est-à-dire longueur de chaque vecteur.

    Renvoie
        Un tenseur de forme (..., V) et de type réel (par exemple torch.float32), pour entrer dans un produit de matrices.

    Exemple
        >>> one_hot(torch.tensor([2, 0]), 4).tolist()
        [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
        >>> one_hot(torch.tensor([[1], [0]]), 2).shape
        torch.Size([2, 1, 2])

    Source : Bishop (2006), « Pattern Recognition and Machine Learning », § 4.1 (codage « 1 parmi K »).
    """
    return (ids.unsqueeze(-1) == torch.arange(V)).float()  # (..., 1) == (V,) -> (..., V)


def neuron(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor | float) -> torch.Tensor:
    """Score d'un neurone pour chaque exemple : la somme des entrées pondérées par les poids, plus le biais.

        s[n] = x[n, 0] w[0] + ... + x[n, D - 1] w[D - 1] + b

    Paramètres
        x : tenseur réel de forme (B, D) : B exemples de D entrées. Il n'est pas modifié.
        w : tenseur réel de forme (D,) : un poids par entrée.
        b : le biais, un nombre ou un tenseur de forme ().

    Renvoie
        Un tenseur réel de forme (B,) : un score par exemple, même si B = 1.

    Exemple
        >>> neuron(torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([10.0, -1.0]), 0.5).tolist()
        [8.5, -2.5]

    Source : Rosenblatt (1958), « The Perceptron » ; Bishop (2006), « Pattern Recognition and Machine Learning », § 4.1.
    """
    weighted_sum = x @ w  # (B,)
    return weighted_sum + b  # (B,)


def softmax(z: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Transforme des scores en probabilités, le long d'une dimension.

        p[i] = exp(z[i]) / somme sur k de exp(z[k])

    Le résultat reste fini et juste quelle que soit la taille des scores : on retire d'abord à chaque groupe de scores son
    maximum, ce qui ne change pas le quotient. `z` n'est pas modifié.

    Paramètres
        z : tenseur réel de forme quelconque : les scores.
        dim : dimension le long de laquelle les probabilités somment à 1 ; par défaut, la dernière.

    Renvoie
        p : tenseur réel de la forme de z, de valeurs entre 0 et 1.

    Exemple
        >>> p = softmax(torch.tensor([[0.0, 0.0], [1000.0, 0.0]]))
        >>> p.tolist()
        [[0.5, 0.5], [1.0, 0.0]]

    Source : Goodfellow, Bengio et Courville (2016), « Deep Learning », § 4.1 et 6.2.2.3.
    """
    weights = (z - z.amax(dim, keepdim=True)).exp()  # the shape of z; the largest weight is 1: no overflow, no 0 / 0
    return weights / weights.sum(dim, keepdim=True)


def cross_entropy(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Entropie croisée moyenne : la surprise moyenne, en nats, devant les bonnes réponses.

        L = -(1 / B) somme sur n de log p[n, y[n]],   où p = softmax(z) ligne par ligne

    Le résultat est fini pour tous les scores finis, même quand p[n, y[n]] est trop petit pour l'ordinateur.

    Paramètres
        z : tenseur réel de forme (B, V) : les scores de V classes pour B exemples.
        y : tenseur d'entiers (torch.int64) de forme (B,) : le numéro de la bonne classe de chaque exemple.

    Renvoie
        Un tenseur de forme (), positif ou nul : un seul nombre.

    Exemple
        >>> z = torch.tensor([[0.0, 0.0], [0.0, 1000.0]])
        >>> round(cross_entropy(z, torch.tensor([0, 1])).item(), 4)  # (log 2 + 0) / 2
        0.3466
        >>> cross_entropy(z, torch.tensor([0, 0])).item() > 500  # (log 2 + 1000) / 2
        True

    Source : Goodfellow, Bengio et Courville (2016), « Deep Learning », § 6.2.2.3.
    """
    right = z[torch.arange(len(y)), y]  # (B,) scores of the right classes
    return (z.logsumexp(dim=1) - right).mean()  # (B,) then ()


def grad_logits(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Gradient de l'entropie croisée moyenne par rapport aux scores, calculé à la main, sans autograd.

        g[n, j] = (p[n, j] - 1) / B   si j = y[n],   p[n, j] / B   sinon,   où p = softmax(z) ligne par ligne

    Paramètres
        z : tenseur réel de forme (B, V) : les scores. Il n'est pas modifié.
        y : tenseur d'entiers (torch.int64) de forme (B,) : le numéro de la bonne classe de chaque exemple.

    Renvoie
        g : tenseur réel de forme (B, V) ; g[n, j] est la dérivée de `cross_entropy(z, y)` par rapport à z[n, j]. Il est
        fini pour tous les scores finis.

    Exemple
        >>> grad_logits(torch.zeros(2, 2), torch.tensor([0, 1])).tolist()
        [[-0.25, 0.25], [0.25, -0.25]]

    Source : Bishop (2006), « Pattern Recognition and Machine Learning », § 4.3.4, équation (4.109).
    """
    return (softmax(z) - one_hot(y, z.shape[1])) / len(y)  # (B, V)
