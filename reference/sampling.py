"""Generating names from a table of transition probabilities."""

import torch


def sample_ids(
    P: torch.Tensor, n: int, generator: torch.Generator | None = None, max_len: int | None = None
) -> list[list[int]]:
    """Tire au hasard n prénoms, sous forme de numéros de symboles, selon la table de transitions P.

    Chaque prénom part de « . » (numéro 0) ; tant que le symbole tiré n'est pas « . », on tire le suivant selon
    la ligne P[i] du symbole courant i. Le « . » final ne fait pas partie du résultat.

    Paramètres
        P : tenseur réel de forme (V, V) ; la ligne i est la loi du symbole qui suit le symbole i.
        n : nombre de prénoms à tirer.
        generator : source de hasard ; None désigne le générateur global de torch. La fonction n'en crée ni n'en
            réinitialise aucun : deux appels de suite donnent des tirages différents.
        max_len : longueur maximale ; un prénom qui l'atteint est coupé là. Avec None, rien n'est coupé, et le
            tirage ne finit que si « . » peut être atteint.

    Renvoie
        n listes d'entiers Python compris entre 1 et V - 1 ; une liste peut être vide.

    Exemple
        >>> P = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
        >>> sample_ids(P, 2)
        [[1, 2], [1, 2]]
        >>> sample_ids(P, 2, max_len=1)
        [[1], [1]]

    Source : Shannon (1948), « A Mathematical Theory of Communication », § 3 (approximations de l'anglais).
    """
    sequences = []
    for _ in range(n):
        ids: list[int] = []
        i = 0
        while max_len is None or len(ids) < max_len:
            i = int(torch.multinomial(P[i], num_samples=1, generator=generator))  # P[i]: (V,)
            if i == 0:
                break
            ids.append(i)
        sequences.append(ids)
    return sequences


def decode(ids: list[int], itos: list[str]) -> str:
    """Recompose le texte d'une suite de numéros de symboles.

    Paramètres
        ids : liste de T numéros, éventuellement vide.
        itos : liste des V symboles ; `itos[i]` est le symbole numéro i.

    Renvoie
        Une chaîne de T symboles.

    Erreurs
        IndexError : un numéro dépasse V - 1.

    Exemple
        >>> decode([2, 3, 1], [".", "a", "l", "é"])
        'léa'

    Source : Shannon (1948), « A Mathematical Theory of Communication », introduction (le récepteur).
    """
    return "".join(itos[i] for i in ids)
