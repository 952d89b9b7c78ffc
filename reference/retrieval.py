"""What two trained towers are good for: finding one thing by another, and naming a class by its description alone."""

import torch


def recall_at_k(
    scores: torch.Tensor, query_labels: torch.Tensor, item_labels: torch.Tensor, k: int, rows: torch.Tensor
) -> float:
    """Part des requêtes qui trouvent, parmi leurs k meilleurs objets, au moins un objet de leur classe.

    Paramètres
        scores : tenseur réel de forme (N, M) : une requête par ligne, un objet par colonne.
        query_labels : tenseur d'entiers de forme (N,) : la classe de chaque requête.
        item_labels : tenseur d'entiers de forme (M,) : la classe de chaque objet.
        k : entier, au moins 1. S'il dépasse M, tous les objets comptent.
        rows : tenseur d'entiers de forme (n,), n au moins 1 : les numéros des requêtes que l'on note, par exemple
            celles qui n'ont pas servi à l'entraînement. Les autres ne comptent pas.

    Renvoie
        Un nombre réel de 0 à 1.

    Exemple
        >>> scores = torch.tensor([[0.9, 0.1, 0.3], [0.9, 0.1, 0.3], [0.2, 0.8, 0.1]])
        >>> query_labels, item_labels = torch.tensor([5, 6, 7]), torch.tensor([5, 7, 6])
        >>> [recall_at_k(scores, query_labels, item_labels, k, torch.tensor([0, 1])) for k in (1, 2)]
        [0.5, 1.0]

    Source : Manning, Raghavan et Schütze (2008), « Introduction to Information Retrieval », chap. 8 ; Radford et al.
    (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP), tableau 13.
    """
    best = scores[rows].topk(min(k, scores.shape[1]), dim=1).indices  # (n, k)
    found = item_labels[best] == query_labels[rows][:, None]  # (n, k)
    return float(found.any(dim=1).double().mean())


def zero_shot(images: torch.Tensor, phrases: torch.Tensor) -> torch.Tensor:
    """La classe de chaque image, d'après plusieurs phrases qui décrivent chaque classe.

    Le vecteur d'une classe est la moyenne de ceux de ses phrases, ramenée à la longueur 1. La classe d'une image est
    celle dont le vecteur fait avec le sien le plus grand cosinus.

    Paramètres
        images : tenseur réel de forme (N, d) : les vecteurs des images, de longueur 1.
        phrases : tenseur réel de forme (K, P, d) : les vecteurs, de longueur 1, de P phrases pour chacune des K
            classes. Aucune moyenne n'est nulle.

    Renvoie
        Un tenseur d'entiers de forme (N,) : des classes de 0 à K - 1.

    Exemple
        >>> phrases = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.6, 0.8]]])
        >>> zero_shot(torch.tensor([[0.6, 0.8], [0.9, 0.1]]), phrases).tolist()
        [1, 0]

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    § 3.1.2 et 3.1.4.
    """
    classes = torch.nn.functional.normalize(phrases.mean(dim=1), dim=-1)  # (K, d)
    return (images @ classes.T).argmax(dim=1)
