"""A deeper model in the manner of WaveNet: neighbours are merged two by two until one vector stands for the context."""

import torch

from reference.batchnorm import Norm


def flatten_consecutive(x: torch.Tensor, n: int) -> torch.Tensor:
    """Met bout à bout les vecteurs de n positions voisines.

    Paramètres
        x : tenseur de forme (B, T, C) : B exemples, T positions, C canaux ; T est un multiple de n.
        n : nombre de positions voisines à réunir.

    Renvoie
        Un tenseur de forme (B, T / n, n * C) : sa position i contient les canaux des positions n * i à n * i + n - 1
        de x, dans l'ordre. S'il ne reste qu'une position (T = n), sa dimension disparaît : la forme est (B, n * C),
        même quand B vaut 1.

    Exemple
        >>> x = torch.tensor([[[1, 2], [3, 4], [5, 6], [7, 8]]])  # (1, 4, 2)
        >>> flatten_consecutive(x, 2).tolist()
        [[[1, 2, 3, 4], [5, 6, 7, 8]]]
        >>> flatten_consecutive(x, 4).tolist()
        [[1, 2, 3, 4, 5, 6, 7, 8]]

    Source : A. Karpathy, « makemore », 5e partie ; van den Oord et al. (2016), « WaveNet », § 2.1.
    """
    B, T, C = x.shape
    merged = x.reshape(B, T // n, n * C)  # (B, T / n, n C)
    return merged.squeeze(1) if n == T else merged


class WaveNet(torch.nn.Module):
    """Modèle à huit symboles de contexte, qui réunit les positions voisines deux par deux, en trois étages.

    Dans l'ordre : une table de plongements (V, E) ; puis trois étages, dont chacun réunit les positions voisines deux
    par deux (`flatten_consecutive`), applique une couche linéaire sans biais vers H canaux, une normalisation par lot
    (`Norm`) et tanh ; enfin une couche linéaire avec biais vers les V scores.

        (B, 8) -> (B, 8, E) -> (B, 4, 2 E) -> (B, 4, H) -> (B, 2, 2 H) -> (B, 2, H) -> (B, 2 H) -> (B, H) -> (B, V)

    Paramètres
        V : nombre de symboles.
        E : taille des plongements.
        H : nombre de canaux de chaque étage.

    Appel
        X : tenseur d'entiers de forme (B, 8), le symbole le plus ancien d'abord. Renvoie les scores (B, V).

    Exemple
        >>> model = WaveNet(V=37, E=4, H=6)
        >>> model(torch.zeros((5, 8), dtype=torch.int64)).shape
        torch.Size([5, 37])
        >>> sum(p.numel() for p in model.parameters())
        635

    Source : van den Oord et al. (2016), « WaveNet : A Generative Model for Raw Audio », § 2.1 et figure 3.
    """

    def __init__(self, V: int, E: int = 24, H: int = 128) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(V, E)
        self.linears = torch.nn.ModuleList(torch.nn.Linear(2 * fan, H, bias=False) for fan in (E, H, H))
        self.norms = torch.nn.ModuleList(Norm(H) for _ in range(3))
        self.output = torch.nn.Linear(H, V)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        x = self.embedding(X)  # (B, 8, E)
        for linear, norm in zip(self.linears, self.norms, strict=True):
            x = torch.tanh(norm(linear(flatten_consecutive(x, 2))))  # (B, 4, H), (B, 2, H), (B, H)
        scores: torch.Tensor = self.output(x)  # (B, V)
        return scores
