"""Ratings that move with each vote: expected score and Elo's update, as on the Chatbot Arena.

A vote is (a, b, s): the numbers of two models, and the score s of the first one, 1 (it won), 0.5 (a tie) or 0. Many votes
are three tensors: A (n,) and B (n,) of integers, S (n,) of floats.
"""

import torch


def expected_score(ra: float, rb: float) -> float:
    """Score attendu du premier modèle contre le second, selon leurs cotes Elo.

        E = 1 / (1 + 10 ** ((rb - ra) / 400))

    Paramètres
        ra, rb : les deux cotes, nombres réels, en points Elo.

    Renvoie
        Un nombre réel entre 0 et 1 : la part des points que le premier devrait gagner, une égalité comptant 0,5.

    Exemple
        >>> expected_score(1200.0, 1200.0)
        0.5
        >>> round(expected_score(1400.0, 1000.0), 4)  # 1 / (1 + 1/10)
        0.9091

    Source : Elo (1978), « The Rating of Chessplayers, Past and Present », § 1.4 et 8.4 (courbe logistique).
    """
    return float(1 / (1 + 10 ** ((rb - ra) / 400)))


def elo_update(ra: float, rb: float, s: float, K: float = 4.0) -> tuple[float, float]:
    """Les deux cotes après un vote.

    Le premier gagne K fois son score moins son score attendu ; le second perd exactement autant.

    Paramètres
        ra, rb : les deux cotes avant le vote, en points Elo.
        s : score du premier modèle : 1 s'il a gagné, 0.5 en cas d'égalité, 0 s'il a perdu.
        K : pas de la mise à jour, en points Elo, réel positif.

    Renvoie
        (nouvelle cote du premier, nouvelle cote du second), deux nombres réels.

    Exemple
        >>> elo_update(1000.0, 1000.0, 1.0, K=32.0)
        (1016.0, 984.0)
        >>> elo_update(1000.0, 1000.0, 0.5)
        (1000.0, 1000.0)

    Source : Elo (1978), « The Rating of Chessplayers, Past and Present », § 1.6.
    """
    gain = K * (s - expected_score(ra, rb))
    return ra + gain, rb - gain


def online_elo(
    A: torch.Tensor, B: torch.Tensor, S: torch.Tensor, n_models: int, K: float = 4.0, start: float = 1000.0
) -> torch.Tensor:
    """Les cotes après une suite de votes, mises à jour vote par vote, dans l'ordre reçu.

    Paramètres
        A, B : entiers de forme (n,) : numéros des deux modèles de chaque vote, de 0 à n_models - 1, toujours
            différents l'un de l'autre.
        S : réels de forme (n,) : score du modèle de A : 1, 0.5 ou 0.
        n_models : nombre de modèles. Un modèle sans aucun vote garde sa cote de départ.
        K : pas de la mise à jour, en points Elo.
        start : cote de départ de tous les modèles, en points Elo.
        Les tenseurs reçus ne sont pas modifiés.

    Renvoie
        Les cotes, tenseur réel de forme (n_models,).

    Exemple
        >>> A, B, S = torch.tensor([0, 1]), torch.tensor([1, 2]), torch.tensor([1.0, 0.5])
        >>> [round(r, 3) for r in online_elo(A, B, S, n_models=3, K=32.0).tolist()]
        [1016.0, 984.736, 999.264]

    Source : Chiang et al. (2024), « Chatbot Arena », § 4 ; Boubdir et al. (2023), « Elo Uncovered » (l'ordre compte).
    """
    ratings = [start] * n_models
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist(), strict=True):
        ratings[a], ratings[b] = elo_update(ratings[a], ratings[b], s, K)
    return torch.tensor(ratings, dtype=torch.float64)  # (n_models,)
