"""Weights to start from: random, but of a size that neither saturates tanh nor makes the first predictions absurd."""

import math

import torch


def kaiming_std(fan_in: int, gain: float = 5 / 3) -> float:
    """Écart-type des poids d'une couche pour que ses sorties gardent la taille de ses entrées : gain / racine(fan_in).

    Paramètres
        fan_in : nombre d'entrées de chaque neurone, au moins 1.
        gain : facteur qui compense la non-linéarité ; 5/3 pour tanh, 1 pour une couche sans non-linéarité.

    Renvoie
        L'écart-type, un nombre de type `float`.

    Exemple
        >>> kaiming_std(100, gain=1.0)
        0.1
        >>> round(kaiming_std(30), 4)
        0.3043

    Source : He et al. (2015), « Delving Deep into Rectifiers », § 2.2 ; gains de `torch.nn.init.calculate_gain`.
    """
    return gain / math.sqrt(fan_in)


def saturation_share(h: torch.Tensor, limit: float = 0.99) -> float:
    """Part des activations de tanh qui sont saturées : celles dont la valeur absolue dépasse strictement `limit`.

    Paramètres
        h : tenseur réel de forme quelconque, non vide : des sorties de tanh, entre -1 et 1.
        limit : seuil, entre 0 et 1.

    Renvoie
        Un nombre de type `float` entre 0 (aucune n'est saturée) et 1 (toutes le sont).

    Exemple
        >>> saturation_share(torch.tensor([[0.5, -1.0], [0.995, 0.0]]))
        0.5

    Source : Glorot et Bengio (2010), « Understanding the difficulty of training deep feedforward networks », § 3.
    """
    return (h.abs() > limit).double().mean().item()


def scaled_params(V: int, k: int, E: int, H: int, generator: torch.Generator | None = None) -> dict[str, torch.Tensor]:
    """Tire les paramètres du modèle à trois couches, à la bonne échelle.

    Les tables de poids suivent une loi normale de moyenne 0 ; les biais sont nuls. Les écarts-types sont :
    1 pour C ; `kaiming_std(k * E)` pour W1, que suit tanh (gain 5/3) ; `kaiming_std(H, gain=0.1)` pour W2, afin que
    les premiers scores soient petits et que le modèle parte d'une NLL proche de log V.

    Paramètres
        V, k, E, H : nombre de symboles, longueur du contexte, taille des plongements, nombre de neurones cachés.
        generator : source de hasard de tous les tirages ; None désigne le générateur global de torch.

    Renvoie
        Un dictionnaire de tenseurs réels : C (V, E), W1 (k * E, H), b1 (H,), W2 (H, V), b2 (V,).

    Exemple
        >>> params = scaled_params(V=37, k=3, E=10, H=200)
        >>> [(name, tuple(p.shape)) for name, p in params.items()]
        [('C', (37, 10)), ('W1', (30, 200)), ('b1', (200,)), ('W2', (200, 37)), ('b2', (37,))]

    Source : He et al. (2015), § 2.2 ; A. Karpathy, « makemore », 3e partie.
    """
    return {
        "C": torch.randn(V, E, generator=generator),
        "W1": torch.randn(k * E, H, generator=generator) * kaiming_std(k * E),
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V, generator=generator) * kaiming_std(H, gain=0.1),
        "b2": torch.zeros(V),
    }
