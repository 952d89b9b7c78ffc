"""Batch normalisation, and evaluating a model whose training mode differs from its evaluation mode."""

import torch


class BatchNorm1d(torch.nn.Module):
    """Normalise chaque canal sur le lot, puis lui rend une échelle et un décalage appris.

        y = gamma * (x - moyenne) / racine(variance + eps) + beta

    En mode entraînement (`self.training` vaut True), moyenne et variance sont celles du lot, canal par canal, sur toutes
    les autres dimensions ; la variance y est divisée par n, le nombre de valeurs de chaque canal. Chaque appel met aussi
    à jour les statistiques glissantes, sans les relier au graphe des gradients :

        running_mean = (1 - momentum) * running_mean + momentum * moyenne
        running_var = (1 - momentum) * running_var + momentum * variance corrigée (divisée par n - 1)

    En mode évaluation, moyenne et variance sont `running_mean` et `running_var`, et rien n'est mis à jour.

    Paramètres
        dim : nombre de canaux C, la taille de la dernière dimension de l'entrée.
        eps : petit nombre ajouté à la variance.
        momentum : poids du lot dans les statistiques glissantes, entre 0 et 1.

    Attributs
        gamma, beta : `torch.nn.Parameter` de forme (C,), qui valent 1 et 0 au départ.
        running_mean, running_var : tenseurs de forme (C,), sans gradient, qui valent 0 et 1 au départ ; de préférence
        déclarés par `self.register_buffer`.

    Appel
        x : tenseur réel de forme (B, C) ou (B, T, C). Renvoie y, de la même forme ; x n'est pas modifié.

    Exemple
        >>> bn = BatchNorm1d(1, eps=0.0, momentum=0.5)
        >>> bn(torch.tensor([[1.0], [3.0]])).tolist()  # moyenne 2, variance 1
        [[-1.0], [1.0]]
        >>> bn.running_mean.tolist(), bn.running_var.tolist()  # la moitié du chemin vers 2, et de 1 vers 2
        ([1.0], [1.5])

    Source : Ioffe et Szegedy (2015), « Batch Normalization », § 3, algorithmes 1 et 2.
    """

    gamma: torch.nn.Parameter
    beta: torch.nn.Parameter
    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, dim: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            rows = x.reshape(-1, x.shape[-1])  # (n, C): every axis but the channels' counts as the batch
            mean, var = rows.mean(0), rows.var(0, correction=0)  # (C,), (C,)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(rows.var(0), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var  # (C,), (C,)
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta


class Norm(torch.nn.BatchNorm1d):
    """PyTorch's batch normalisation for (B, T, C), too, with the channels last as in this course.

    Given to students where a later exercise must not depend on their own `BatchNorm1d`.

    Example:
        >>> Norm(4)(torch.randn(5, 2, 4)).shape
        torch.Size([5, 2, 4])
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flatten(0, -2)).view_as(x)  # (B, T, C) -> (B T, C) -> (B, T, C)


def eval_nll(model: torch.nn.Module, X: torch.Tensor, Y: torch.Tensor, batch_size: int = 1024) -> float:
    """NLL moyenne d'un modèle en mode évaluation, lot par lot.

    Le résultat ne dépend pas de `batch_size` : la moyenne porte sur les n exemples, et le dernier lot peut être plus
    petit que les autres. Aucun gradient n'est calculé. Le modèle est rendu tel quel : dans le mode (`model.training`) où
    il a été reçu, et sans que ses paramètres ni ses statistiques aient changé.

    Paramètres
        model : modèle PyTorch qui renvoie les scores (b, V) d'un lot de contextes (b, k).
        X : tenseur d'entiers de forme (n, k).
        Y : tenseur d'entiers de forme (n,) : les symboles à prédire.
        batch_size : nombre d'exemples par lot, au moins 1.

    Renvoie
        La NLL moyenne par exemple, en nats, un nombre de type `float`.

    Exemple
        >>> X, Y = torch.tensor([[0], [1], [1]]), torch.tensor([1, 0, 1])
        >>> model = torch.nn.Sequential(torch.nn.Embedding(2, 2), torch.nn.Flatten())
        >>> _ = torch.nn.init.zeros_(model[0].weight)  # deux symboles équiprobables
        >>> round(eval_nll(model, X, Y, batch_size=2), 4)
        0.6931

    Source : Ioffe et Szegedy (2015), § 3.1 (inférence avec les statistiques de l'entraînement).
    """
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(Y), batch_size):
            x, y = X[start : start + batch_size], Y[start : start + batch_size]  # (b, k), (b,)
            total += torch.nn.functional.cross_entropy(model(x), y, reduction="sum").item()
    model.train(was_training)
    return total / len(Y)
