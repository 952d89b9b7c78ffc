"""The bigram model by counting: transitions counted, then turned into probabilities."""

import torch


def count_bigrams(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    """Compte les bigrammes, c'est-à-dire les paires de symboles voisins, d'une liste de prénoms.

    Chaque prénom est entouré de « . » : « léa » compte pour les paires .l, lé, éa et a.

    Paramètres
        names : liste de prénoms, éventuellement vide.
        stoi : numéro de chaque symbole ; V = len(stoi) et stoi["."] == 0.

    Renvoie
        counts : tenseur de forme (V, V), de préférence d'entiers (torch.int64) ; `counts[i, j]` est le nombre de
        fois où le symbole j suit le symbole i.

    Erreurs
        KeyError : un symbole d'un prénom n'est pas dans stoi.

    Exemple
        >>> count_bigrams(["ab", "b"], {".": 0, "a": 1, "b": 2}).tolist()
        [[0, 1, 1], [0, 0, 1], [2, 0, 0]]

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (modèles n-grammes).
    """
    V = len(stoi)
    text = "." + "".join(name + "." for name in names)  # ".ab.b.": each '.' ends one name and starts the next
    ids = torch.tensor([stoi[symbol] for symbol in text])  # (n,)
    pairs = ids[:-1] * V + ids[1:]  # (n - 1,) cell (i, j) of the table, numbered row by row
    return torch.bincount(pairs, minlength=V * V).view(V, V)  # (V, V)


def normalize_rows(counts: torch.Tensor, alpha: float = 0.0) -> torch.Tensor:
    """Transforme des comptes en probabilités : chaque ligne devient une loi de somme 1.

        P[i, j] = (counts[i, j] + alpha) / somme sur k de (counts[i, k] + alpha)

    Le lissage alpha s'ajoute à chaque case avant la division. Une ligne de zéros sans lissage (alpha = 0)
    ne dit rien du symbole suivant : elle devient la loi uniforme 1 / V, jamais NaN. `counts` n'est pas modifié.

    Paramètres
        counts : tenseur de forme (V, V), nombres entiers ou réels positifs ou nuls.
        alpha : nombre réel positif ou nul.

    Renvoie
        P : tenseur de forme (V, V), de type réel (par exemple torch.float32).

    Exemple
        >>> normalize_rows(torch.tensor([[3, 1], [0, 0]])).tolist()
        [[0.75, 0.25], [0.5, 0.5]]
        >>> normalize_rows(torch.tensor([[3, 1], [0, 0]]), alpha=2.0).tolist()
        [[0.625, 0.375], [0.5, 0.5]]

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (lissage « add-k »).
    """
    weights = counts.float() + alpha  # (V, V)
    totals = weights.sum(dim=1, keepdim=True)  # (V, 1)
    return torch.where(totals > 0, weights / totals, 1 / len(counts))  # (V, V)
