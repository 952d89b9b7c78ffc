"""Longer contexts by counting: n-gram tables, their size, smoothing, its choice, and interpolation of several lengths.

A table is a dict from each context that was seen, a tuple of k symbol numbers, to the counts (V,) of what followed it.
"""

from collections import Counter

import torch

from reference.splits import windows
from reference.vocabulary import build_vocabulary


def table_size(V: int, k: int) -> tuple[int, int]:
    """Taille d'une table qui prédit le symbole suivant d'après les k symboles précédents.

    Paramètres
        V : nombre de symboles.
        k : longueur du contexte, au moins 1.

    Renvoie
        contexts : nombre de contextes possibles, c'est-à-dire de lignes de la table.
        cells : nombre de cases : une par contexte et par symbole suivant.
        Ce sont deux entiers Python (`int`), exacts même quand ils sont très grands.

    Exemple
        >>> table_size(40, 1)
        (40, 1600)
        >>> table_size(40, 2)
        (1600, 64000)

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 1 (fléau de la dimension).
    """
    return V**k, V ** (k + 1)


def ngram_counts(names: list[str], stoi: dict[str, int], k: int) -> dict[tuple[int, ...], torch.Tensor]:
    """Compte, pour chaque contexte de k symboles rencontré, les symboles qui l'ont suivi.

    Chaque prénom est précédé de k points et suivi d'un seul, comme dans `windows`. Seuls les contextes rencontrés
    au moins une fois figurent dans la table.

    Paramètres
        names : liste non vide de prénoms.
        stoi : numéro de chaque symbole ; V = len(stoi) et stoi["."] == 0.
        k : longueur du contexte, au moins 1.

    Renvoie
        counts : dictionnaire. Une clé est un contexte : un tuple de k entiers Python (`int`), le symbole le plus
        ancien d'abord. Sa valeur est un tenseur d'entiers de forme (V,) : `counts[contexte][j]` est le nombre de
        fois où le symbole j a suivi ce contexte.

    Erreurs
        KeyError : un symbole d'un prénom n'est pas dans stoi.

    Exemple
        >>> counts = ngram_counts(["ab", "aa"], {".": 0, "a": 1, "b": 2}, k=2)
        >>> {context: row.tolist() for context, row in counts.items()}
        {(0, 0): [0, 2, 0], (0, 1): [0, 1, 1], (1, 2): [1, 0, 0], (1, 1): [1, 0, 0]}

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (modèles n-grammes).
    """
    lines = ["." * k + name + "." for name in names]
    seen = Counter(line[t : t + k + 1] for line in lines for t in range(len(line) - k))  # a context and what follows it
    contexts = {context: i for i, context in enumerate(dict.fromkeys(gram[:-1] for gram in seen))}
    table = torch.zeros(len(contexts), len(stoi), dtype=torch.int64)  # (contexts, V)
    table[[contexts[gram[:-1]] for gram in seen], [stoi[gram[-1]] for gram in seen]] = torch.tensor([*seen.values()])
    return {tuple(stoi[symbol] for symbol in context): row for context, row in zip(contexts, table, strict=True)}


def ngram_probability(
    counts: dict[tuple[int, ...], torch.Tensor], context: tuple[int, ...], V: int, alpha: float = 0.0
) -> torch.Tensor:
    """Loi du symbole suivant, sachant un contexte, avec lissage.

        P[j] = (counts[context][j] + alpha) / somme sur i de (counts[context][i] + alpha)

    Un contexte absent de la table a des comptes nuls. Si de plus alpha vaut 0, rien n'est connu du symbole suivant :
    la loi est uniforme, 1 / V partout, jamais NaN. `counts` n'est pas modifié, et n'y gagne aucune clé.

    Paramètres
        counts : table de `ngram_counts` ; chaque valeur est un tenseur d'entiers de forme (V,).
        context : tuple de k numéros de symboles.
        V : nombre de symboles.
        alpha : nombre réel positif ou nul.

    Renvoie
        P : tenseur réel de forme (V,), de somme 1.

    Exemple
        >>> counts = {(0, 1): torch.tensor([3, 1, 0, 0])}
        >>> ngram_probability(counts, (0, 1), V=4).tolist()
        [0.75, 0.25, 0.0, 0.0]
        >>> ngram_probability(counts, (0, 1), V=4, alpha=1.0).tolist()
        [0.5, 0.25, 0.125, 0.125]
        >>> ngram_probability(counts, (2, 2), V=4).tolist()
        [0.25, 0.25, 0.25, 0.25]

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (lissage « add-k »).
    """
    row = counts.get(context, torch.zeros(V))  # (V,)
    weights = row.double() + alpha  # (V,)
    total = weights.sum()
    return weights / total if total > 0 else torch.full_like(weights, 1 / V)


def ngram_nll(
    counts: dict[tuple[int, ...], torch.Tensor], names: list[str], stoi: dict[str, int], k: int, alpha: float
) -> float:
    """NLL moyenne d'une liste de prénoms selon une table à k symboles de contexte, en nats.

    La moyenne porte sur tous les symboles prédits, « . » final compris. Les probabilités sont celles de
    `ngram_probability` : un contexte absent de la table compte comme les autres, avec une loi uniforme.

    Paramètres
        counts : table de `ngram_counts` pour ce k ; chaque valeur est un tenseur d'entiers de forme (V,).
        names : liste non vide de prénoms, qui peuvent être d'autres prénoms que ceux qui ont été comptés.
        stoi : numéro de chaque symbole ; V = len(stoi) et stoi["."] == 0.
        k : longueur du contexte, au moins 1.
        alpha : lissage, nombre réel positif ou nul.

    Renvoie
        Un nombre de type `float`, positif ou nul ; inf si un symbole à prédire a une probabilité nulle.

    Erreurs
        KeyError : un symbole d'un prénom n'est pas dans stoi.

    Exemple
        >>> stoi = {".": 0, "a": 1, "b": 2}
        >>> counts = ngram_counts(["ab", "aa"], stoi, k=2)
        >>> round(ngram_nll(counts, ["ab"], stoi, k=2, alpha=0.0), 4)  # -log(1 × 1/2 × 1) / 3
        0.231
        >>> ngram_nll(counts, ["b"], stoi, k=2, alpha=0.0)
        inf

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (évaluation des modèles).
    """
    X, Y = windows(names, stoi, k)  # (n, k), (n,)
    V = len(stoi)
    never_seen = torch.zeros(V, dtype=torch.int64)
    rows = torch.stack([counts.get(tuple(context), never_seen) for context in X.tolist()])  # (n, V)
    weights = rows.double() + alpha  # (n, V)
    totals = weights.sum(dim=1)  # (n,)
    P = torch.where(totals > 0, weights[torch.arange(len(Y)), Y] / totals, 1 / V)  # (n,)
    return -P.log().mean().item()


def choose_alpha(train: list[str], val: list[str], k: int, grid: list[float]) -> float:
    """Choisit dans une grille le lissage qui donne la plus petite NLL sur les prénoms de validation.

    Le vocabulaire et les comptes viennent de `train`, et de lui seul. Un prénom de `val` qui contient un symbole
    absent de `train` ne peut pas être lu par le modèle : il est laissé de côté. Aucune liste n'est modifiée.

    Paramètres
        train : prénoms d'entraînement, liste non vide.
        val : prénoms de validation ; au moins un n'a que des symboles de train.
        k : longueur du contexte, au moins 1.
        grid : lissages à essayer, réels strictement positifs, dans un ordre quelconque.

    Renvoie
        Un nombre de la grille.

    Exemple
        >>> choose_alpha(["ab", "ab", "aa"], ["bb", "ba"], k=1, grid=[0.01, 10.0])
        10.0
        >>> choose_alpha(["ab", "ab", "aa"], ["ab"], k=1, grid=[0.01, 10.0])
        0.01

    Source : Hastie, Tibshirani et Friedman (2009), « The Elements of Statistical Learning », § 7.2.
    """
    _, stoi = build_vocabulary(train)
    counts = ngram_counts(train, stoi, k)
    readable = [name for name in val if stoi.keys() >= set(name)]
    return min(grid, key=lambda alpha: ngram_nll(counts, readable, stoi, k, alpha))


def interpolated_probability(
    tables: list[dict[tuple[int, ...], torch.Tensor]], context: tuple[int, ...], V: int, beta: float
) -> torch.Tensor:
    """Loi du symbole suivant qui mêle des contextes de toutes les longueurs, de 1 à k.

    On part de la loi uniforme P_0 = 1 / V. Puis, pour m = 1, 2, …, k, avec N la ligne de `tables[m - 1]` pour les m
    derniers symboles du contexte (des zéros s'il n'a jamais été vu) :

        P_m[j] = (N[j] + beta · P_{m-1}[j]) / (somme de N + beta)

    Paramètres
        tables : liste de k tables de `ngram_counts` ; `tables[m - 1]` est celle des contextes de m symboles, et
            chacune de ses valeurs est un tenseur d'entiers de forme (V,). Aucune n'est modifiée.
        context : tuple de k numéros de symboles, le plus ancien d'abord.
        V : nombre de symboles.
        beta : poids de la loi plus courte, réel strictement positif.

    Renvoie
        P_k : tenseur réel de forme (V,), de somme 1.

    Exemple
        >>> tables = [{(1,): torch.tensor([2, 0])}, {(0, 1): torch.tensor([0, 2])}]
        >>> interpolated_probability(tables, (0, 1), V=2, beta=2.0).tolist()
        [0.375, 0.625]
        >>> interpolated_probability(tables, (1, 1), V=2, beta=2.0).tolist()
        [0.75, 0.25]

    Source : MacKay et Peto (1995), « A Hierarchical Dirichlet Language Model ».
    """
    P = torch.full((V,), 1 / V, dtype=torch.float64)  # (V,)
    for m, counts in enumerate(tables, start=1):
        row = counts.get(context[-m:])  # (V,)
        if row is not None:  # else there is nothing to add, and the shorter law stays as it is
            P = (row + beta * P) / (row.sum() + beta)  # (V,)
    return P
