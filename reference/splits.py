"""Training, validation and test names without leaks, and the (context, next symbol) pairs that models learn from."""

import random

import torch


def windows(names: list[str], stoi: dict[str, int], k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Découpe des prénoms en exemples : les k symboles qui précèdent, et le symbole à prédire.

    Chaque prénom est précédé de k points et suivi d'un seul. Les exemples viennent dans l'ordre de lecture, prénom
    après prénom ; un contexte ne contient jamais de lettre d'un autre prénom.

    Paramètres
        names : liste non vide de prénoms.
        stoi : numéro de chaque symbole ; stoi["."] == 0.
        k : longueur du contexte, au moins 1.

    Renvoie
        X : tenseur d'entiers de forme (n, k), où n est le nombre de lettres plus le nombre de prénoms ; `X[i]` est
        un contexte, le symbole le plus ancien d'abord.
        Y : tenseur d'entiers de forme (n,) ; `Y[i]` est le symbole qui suit le contexte `X[i]`.

    Erreurs
        KeyError : un symbole d'un prénom n'est pas dans stoi.

    Exemple
        >>> X, Y = windows(["ab"], {".": 0, "a": 1, "b": 2}, k=3)
        >>> X.tolist()
        [[0, 0, 0], [0, 0, 1], [0, 1, 2]]
        >>> Y.tolist()
        [1, 2, 0]

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2 (contexte de longueur fixe).
    """
    contexts, targets = [], []
    for name in names:
        ids = [0] * k + [stoi[symbol] for symbol in name] + [0]
        for t in range(len(name) + 1):
            contexts.append(ids[t : t + k])
            targets.append(ids[t + k])
    return torch.tensor(contexts), torch.tensor(targets)  # (n, k), (n,)


def split_names(
    names: list[str], seed: int, fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
) -> tuple[list[str], list[str], list[str]]:
    """Partage des prénoms au hasard en trois parties : entraînement, validation, test.

    Chaque prénom distinct de `names` va dans une partie et une seule, où il figure une seule fois. Le partage ne
    dépend que des prénoms distincts, de `seed` et de `fractions` : ni de l'ordre de la liste, ni du nombre de fois
    où un prénom s'y trouve. Une autre graine donne un autre partage. `names` n'est pas modifiée.

    Paramètres
        names : liste de n prénoms distincts, où certains peuvent se répéter, dans un ordre quelconque.
        seed : graine du hasard, entier positif ou nul.
        fractions : part de chaque partie, de somme 1.

    Renvoie
        train, val, test : trois listes de prénoms ; la partie i a environ fractions[i] · n prénoms (à 5 % de n près
        dès que n atteint 2 000).

    Exemple
        >>> train, val, test = split_names(["zoé", "léa", "léo", "noé", "ana", "léa"], seed=1, fractions=(0.6, 0.2, 0.2))
        >>> len(train), len(val), len(test)
        (3, 1, 1)
        >>> sorted(train + val + test)
        ['ana', 'léa', 'léo', 'noé', 'zoé']

    Source : Hastie, Tibshirani et Friedman (2009), « The Elements of Statistical Learning », § 7.2.
    """
    distinct = sorted(set(names))
    random.Random(seed).shuffle(distinct)
    first = round(fractions[0] * len(distinct))
    second = first + round(fractions[1] * len(distinct))
    return distinct[:first], distinct[first:second], distinct[second:]
