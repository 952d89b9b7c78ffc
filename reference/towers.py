"""Two towers that put images and phrases into one space: phrases as numbers, a tower for each, their similarities."""

import torch


def encode_phrases(phrases: list[str], stoi: dict[str, int], length: int) -> torch.Tensor:
    """Range des phrases dans un tableau de numéros, une phrase par ligne.

    Les numéros des caractères commencent à la première colonne, dans l'ordre de la phrase ; le reste de la ligne vaut
    0, le numéro du remplissage. Un caractère qui n'est pas dans `stoi` est sauté, sans laisser de trou. Ce qui dépasse
    `length` numéros est coupé.

    Paramètres
        phrases : liste de chaînes, au moins une.
        stoi : le numéro de chaque caractère, à partir de 1.
        length : nombre de colonnes, au moins 1.

    Renvoie
        Un tenseur d'entiers de forme (B, length), pour B phrases.

    Exemple
        >>> encode_phrases(["un", "une!"], {"e": 1, "n": 2, "u": 3}, length=4).tolist()
        [[3, 2, 0, 0], [3, 2, 1, 0]]

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    § 2.4 : des textes d'une longueur fixe, coupés ou complétés.
    """
    ids = torch.zeros((len(phrases), length), dtype=torch.int64)
    for row, phrase in enumerate(phrases):
        known = [stoi[symbol] for symbol in phrase if symbol in stoi][:length]
        ids[row, : len(known)] = torch.tensor(known, dtype=torch.int64)
    return ids


class TextTower(torch.nn.Module):
    """La tour des textes : des numéros de caractères, un vecteur de longueur 1 par phrase.

        m = moyenne des C[numéro], sur les numéros de la phrase qui ne sont pas 0
        y = out(tanh(hidden(m)))
        vecteur = y / longueur de y

    Une phrase où tout est 0 a pour m le vecteur nul.

    Paramètres
        n_symbols : nombre de numéros, remplissage compris : ils vont de 0 à n_symbols - 1.
        d : dimension de l'espace commun.
        e : dimension des plongements des caractères.
        h : nombre de neurones de la couche cachée.

    Attributs, de ces noms
        C : `torch.nn.Embedding(n_symbols, e)`.
        hidden, out : `torch.nn.Linear(e, h)` et `torch.nn.Linear(h, d)`.

    Appel
        ids : tenseur d'entiers de forme (B, T). Renvoie un tenseur réel de forme (B, d), dans le graphe des gradients,
        dont chaque ligne est de longueur 1.

    Exemple
        >>> tower = TextTower(12, d=5)
        >>> vectors = tower(torch.tensor([[3, 4, 0], [7, 0, 0]]))
        >>> vectors.shape, [round(length, 4) for length in vectors.norm(dim=1).tolist()]
        (torch.Size([2, 5]), [1.0, 1.0])

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    § 2.3 et 2.4 ; la moyenne des plongements : Iyyer et al. (2015), « Deep Unordered Composition Rivals Syntactic
    Methods for Text Classification ».
    """

    def __init__(self, n_symbols: int, d: int = 16, e: int = 16, h: int = 64) -> None:
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        real = (ids != 0).unsqueeze(-1)  # (B, T, 1)
        m = (self.C(ids) * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)  # (B, e)
        return torch.nn.functional.normalize(self.out(torch.tanh(self.hidden(m))), dim=-1)  # (B, d)


class ImageTower(torch.nn.Module):
    """La tour des images : des pixels, un vecteur de longueur 1 par image.

        y = out(tanh(hidden(x)))
        vecteur = y / longueur de y

    Paramètres
        n_pixels : nombre de pixels d'une image.
        d : dimension de l'espace commun.
        h : nombre de neurones de la couche cachée.

    Attributs, de ces noms
        hidden, out : `torch.nn.Linear(n_pixels, h)` et `torch.nn.Linear(h, d)`.

    Appel
        x : tenseur réel de forme (B, n_pixels). Renvoie un tenseur réel de forme (B, d), dans le graphe des gradients,
        dont chaque ligne est de longueur 1.

    Exemple
        >>> tower = ImageTower(64, d=5)
        >>> vectors = tower(torch.rand(3, 64))
        >>> vectors.shape, [round(length, 4) for length in vectors.norm(dim=1).tolist()]
        (torch.Size([3, 5]), [1.0, 1.0, 1.0])

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    § 2.3 et 2.4.
    """

    def __init__(self, n_pixels: int = 64, d: int = 16, h: int = 64) -> None:
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(self.out(torch.tanh(self.hidden(x))), dim=-1)  # (B, d)


def similarity(images: torch.Tensor, texts: torch.Tensor, temperature: float = 0.1) -> torch.Tensor:
    """Scores de toutes les paires : le cosinus de l'angle entre les deux vecteurs, divisé par la température.

    Paramètres
        images : tenseur réel de forme (N, d), de vecteurs de longueurs quelconques, aucun n'étant nul.
        texts : tenseur réel de forme (M, d), de même.
        temperature : nombre plus grand que 0.
        Les tenseurs reçus ne sont pas modifiés.

    Renvoie
        Un tenseur réel de forme (N, M) : la ligne i contient les scores de l'image i avec chacun des textes.

    Exemple
        >>> images, texts = torch.tensor([[2.0, 0.0]]), torch.tensor([[5.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
        >>> [[round(score, 4) for score in row] for row in similarity(images, texts, temperature=0.5).tolist()]
        [[2.0, 1.2, 0.0]]

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    figure 3.
    """
    unit = torch.nn.functional.normalize
    return unit(images, dim=-1) @ unit(texts, dim=-1).T / temperature  # (N, d) @ (d, M)
