"""The three-layer model of Bengio et al. (2003): character embeddings, one hidden layer, a softmax over the symbols.

Its parameters are a plain dict of five tensors, for V symbols, a context of k symbols, embeddings of size E and H
hidden units: C (V, E), W1 (kE, H), b1 (H,), W2 (H, V), b2 (V,).
"""

import math

import torch


def embed(C: torch.Tensor, X: torch.Tensor) -> torch.Tensor:
    """Remplace chaque symbole d'un contexte par son vecteur, et met les vecteurs d'un contexte bout à bout.

    Paramètres
        C : tenseur réel de forme (V, E) ; la ligne i est le plongement (« embedding ») du symbole i.
        X : tenseur d'entiers (torch.int64) de forme (B, k) : B contextes de k symboles, de valeurs entre 0 et V - 1.

    Renvoie
        Un tenseur réel de forme (B, k · E) ; la ligne n contient les E nombres du symbole X[n, 0], puis les E nombres
        de X[n, 1], et ainsi de suite. PyTorch peut en calculer le gradient par rapport à C.

    Exemple
        >>> C = torch.tensor([[0.0, 0.5], [1.0, -1.0], [2.0, 3.0]])
        >>> embed(C, torch.tensor([[0, 2], [1, 1]])).tolist()
        [[0.0, 0.5, 2.0, 3.0], [1.0, -1.0, 1.0, -1.0]]

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2.
    """
    return C[X].flatten(start_dim=1)  # (B, k, E) -> (B, kE)


def mlp_parameters(symbols: int, context: int, embedding: int, hidden: int) -> int:
    """Nombre de paramètres du modèle à trois couches, sans connexions directes.

    Les paramètres sont C (V, E), W1 (k · E, H), b1 (H,), W2 (H, V) et b2 (V,).

    Paramètres
        symbols : nombre de symboles, V.
        context : longueur du contexte, k.
        embedding : taille des plongements, E.
        hidden : nombre de neurones de la couche cachée, H.

    Renvoie
        Un entier Python (`int`).

    Exemple
        >>> mlp_parameters(symbols=3, context=2, embedding=2, hidden=2)
        25

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2 (nombre de paramètres libres).
    """
    table = symbols * embedding
    first_layer = context * embedding * hidden + hidden
    second_layer = hidden * symbols + symbols
    return table + first_layer + second_layer


def init_mlp(
    symbols: int,
    context: int = 3,
    embedding: int = 10,
    hidden: int = 200,
    generator: torch.Generator | None = None,
) -> dict[str, torch.Tensor]:
    """Tire au hasard les paramètres de départ du modèle à trois couches.

    Chaque nombre de C, de W1 et de W2 est un tirage indépendant d'une loi normale de moyenne 0 et d'écart-type :

        C : 1        W1 : 1 / racine(k · E)        W2 : 0,01

    Les biais b1 et b2 sont nuls.

    Paramètres
        symbols : nombre de symboles, V.
        context : longueur du contexte, k.
        embedding : taille des plongements, E.
        hidden : nombre de neurones de la couche cachée, H.
        generator : source de hasard ; None désigne le générateur global de torch. La fonction n'en crée ni n'en
            réinitialise aucun.

    Renvoie
        Un dictionnaire de cinq tenseurs de type torch.float32 : « C » de forme (V, E), « W1 » de forme (k · E, H),
        « b1 » de forme (H,), « W2 » de forme (H, V) et « b2 » de forme (V,).

    Exemple
        >>> params = init_mlp(37, generator=torch.Generator().manual_seed(1))
        >>> {name: tuple(tensor.shape) for name, tensor in params.items()}
        {'C': (37, 10), 'W1': (30, 200), 'b1': (200,), 'W2': (200, 37), 'b2': (37,)}

    Source : Glorot et Bengio (2010), « Understanding the difficulty of training deep feedforward neural networks », § 2.3.
    """
    inputs = context * embedding
    return {
        "C": torch.randn(symbols, embedding, generator=generator),  # (V, E)
        "W1": torch.randn(inputs, hidden, generator=generator) / math.sqrt(inputs),  # (kE, H)
        "b1": torch.zeros(hidden),  # (H,)
        "W2": torch.randn(hidden, symbols, generator=generator) * 0.01,  # (H, V)
        "b2": torch.zeros(symbols),  # (V,)
    }


def n_params(params: dict[str, torch.Tensor]) -> int:
    """Compte les nombres que contient un dictionnaire de tenseurs.

    Paramètres
        params : dictionnaire de tenseurs, de noms et de formes quelconques.

    Renvoie
        Un entier Python (`int`).

    Exemple
        >>> n_params({"W": torch.zeros(4, 3), "b": torch.zeros(3)})
        15

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2 (nombre de paramètres libres).
    """
    return sum(tensor.numel() for tensor in params.values())


def forward(params: dict[str, torch.Tensor], X: torch.Tensor) -> torch.Tensor:
    """Passe avant du modèle à trois couches : des contextes aux scores du symbole suivant.

        x = plongements mis bout à bout        h = tanh(x W1 + b1)        z = h W2 + b2

    Paramètres
        params : dictionnaire des tenseurs C (V, E), W1 (k · E, H), b1 (H,), W2 (H, V) et b2 (V,). Il n'est pas modifié.
        X : tenseur d'entiers (torch.int64) de forme (B, k) : B contextes, le symbole le plus ancien d'abord.

    Renvoie
        z : tenseur réel de forme (B, V) ; z[n, j] est le score (« logit ») du symbole j après le contexte X[n]. Ce ne
        sont pas des probabilités : il n'y a pas de softmax. PyTorch peut en calculer le gradient.

    Exemple
        >>> params = {"C": torch.tensor([[0.0], [1.0]]), "W1": torch.tensor([[1.0]]), "b1": torch.tensor([0.0]),
        ...           "W2": torch.tensor([[2.0, 0.0]]), "b2": torch.tensor([0.0, 5.0])}
        >>> z = forward(params, torch.tensor([[0], [1]]))
        >>> [[round(score, 3) for score in row] for row in z.tolist()]  # tanh(0) = 0, tanh(1) = 0,7616
        [[0.0, 5.0], [1.523, 5.0]]

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2, sans connexions directes (W = 0).
    """
    x = embed(params["C"], X)  # (B, kE)
    h = torch.tanh(x @ params["W1"] + params["b1"])  # (B, H)
    return h @ params["W2"] + params["b2"]  # (B, V)


def mlp_loss(params: dict[str, torch.Tensor], X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    """Perte du modèle à trois couches : la NLL moyenne, en nats, des symboles qui ont vraiment suivi.

    C'est l'entropie croisée moyenne des scores de `forward(params, X)`. Elle est finie pour tous les scores finis.

    Paramètres
        params : dictionnaire des cinq tenseurs du modèle. Il n'est pas modifié.
        X : tenseur d'entiers (torch.int64) de forme (B, k) : B contextes.
        Y : tenseur d'entiers (torch.int64) de forme (B,) : le symbole qui suit chaque contexte.

    Renvoie
        Un tenseur de forme (), positif ou nul : un seul nombre, dont PyTorch peut calculer le gradient.

    Exemple
        >>> params = {"C": torch.zeros(4, 2), "W1": torch.zeros(6, 5), "b1": torch.zeros(5),
        ...           "W2": torch.zeros(5, 4), "b2": torch.zeros(4)}
        >>> loss = mlp_loss(params, torch.tensor([[0, 1, 2]]), torch.tensor([3]))
        >>> round(loss.item(), 4)  # log 4 : tous les symboles ont le même score
        1.3863

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2.
    """
    return torch.nn.functional.cross_entropy(forward(params, X), Y)  # (B, V), (B,) -> ()


def mlp_gradients(params: dict[str, torch.Tensor], X: torch.Tensor, Y: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradient de la perte du modèle à trois couches par rapport à chacun de ses paramètres.

    `params` et ses tenseurs restent comme ils étaient : ni leurs valeurs, ni leur `requires_grad`, ni leur `grad` ne
    changent. Deux appels de suite donnent donc le même résultat.

    Paramètres
        params : dictionnaire des cinq tenseurs du modèle.
        X : tenseur d'entiers (torch.int64) de forme (B, k) : B contextes.
        Y : tenseur d'entiers (torch.int64) de forme (B,) : le symbole qui suit chaque contexte.

    Renvoie
        grads : dictionnaire de cinq tenseurs, de mêmes clés et de mêmes formes que params ; grads["C"][i, j] est la
        dérivée de `mlp_loss(params, X, Y)` par rapport à params["C"][i, j], et de même pour les quatre autres.

    Exemple
        >>> params = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1),
        ...           "W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> mlp_gradients(params, torch.tensor([[0]]), torch.tensor([1]))["b2"].tolist()
        [0.5, -0.5]

    Source : Rumelhart, Hinton et Williams (1986), « Learning representations by back-propagating errors ».
    """
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in params.items()}
    grads = torch.autograd.grad(mlp_loss(leaves, X, Y), list(leaves.values()))
    return dict(zip(leaves, grads, strict=True))


def train_steps(
    params: dict[str, torch.Tensor], X: torch.Tensor, Y: torch.Tensor, batches: list[torch.Tensor], lr: float
) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Quelques pas de descente de gradient, chacun sur son lot d'exemples.

    Le pas t emploie les exemples X[batches[t]], Y[batches[t]], et eux seuls. Il remplace chaque tenseur p du modèle par
    p - lr × g, où g est le gradient de la perte de ce lot en p.

    Paramètres
        params : dictionnaire des cinq tenseurs de départ. Il n'est pas modifié, ses tenseurs non plus.
        X : tenseur d'entiers (torch.int64) de forme (n, k) : tous les contextes.
        Y : tenseur d'entiers (torch.int64) de forme (n,) : le symbole qui suit chacun.
        batches : liste de T tenseurs d'entiers de forme (B,) : les numéros des exemples de chaque lot, de 0 à n - 1.
        lr : taille d'un pas (« learning rate »).

    Renvoie
        params : dictionnaire des cinq tenseurs après T pas.
        losses : liste de T nombres ; losses[t] est la perte du lot t, juste avant le pas t.

    Exemple
        >>> params = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1),
        ...           "W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> X, Y = torch.tensor([[0], [1]]), torch.tensor([1, 1])
        >>> after, losses = train_steps(params, X, Y, [torch.tensor([0]), torch.tensor([1, 0])], lr=1.0)
        >>> [round(loss, 4) for loss in losses]  # log 2, puis log(1 + 1/e)
        [0.6931, 0.3133]
        >>> round(after["b2"][1].item(), 4)
        0.7689

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2 (descente de gradient stochastique).
    """
    losses = []
    for batch in batches:
        losses.append(mlp_loss(params, X[batch], Y[batch]).item())
        grads = mlp_gradients(params, X[batch], Y[batch])
        params = {name: tensor - lr * grads[name] for name, tensor in params.items()}  # new tensors at every step
    return params, losses
