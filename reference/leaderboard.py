"""A leaderboard from all votes at once: counts of wins, the Bradley-Terry fit, bootstrap intervals, ranks.

Votes are three tensors, as in `reference.elo`: A (n,), B (n,) of integers, S (n,) of floats, the score of A.
"""

import math

import torch


def win_counts(A: torch.Tensor, B: torch.Tensor, S: torch.Tensor, n_models: int) -> torch.Tensor:
    """Tableau des points marqués par chaque modèle contre chaque autre.

    Une victoire vaut un point ; une égalité, un demi-point pour chacun des deux.

    Paramètres
        A, B : entiers de forme (n,) : numéros des deux modèles de chaque vote, toujours différents l'un de l'autre.
        S : réels de forme (n,) : score du modèle de A : 1, 0.5 ou 0.
        n_models : nombre de modèles.
        Les tenseurs reçus ne sont pas modifiés.

    Renvoie
        W : tenseur réel de forme (n_models, n_models) : `W[i, j]` est le nombre de points de i contre j, que i ait été
        nommé en premier ou en second. La somme de W vaut n, et sa diagonale est nulle.

    Exemple
        >>> A, B, S = torch.tensor([0, 1, 0]), torch.tensor([1, 0, 2]), torch.tensor([1.0, 1.0, 0.5])
        >>> win_counts(A, B, S, n_models=3).tolist()
        [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0], [0.5, 0.0, 0.0]]

    Source : Bradley et Terry (1952), « Rank Analysis of Incomplete Block Designs » (tableau des comparaisons).
    """
    W = torch.zeros(n_models, n_models, dtype=torch.float64)  # (n_models, n_models)
    W.index_put_((A.long(), B.long()), S.double(), accumulate=True)
    return W.index_put_((B.long(), A.long()), 1 - S.double(), accumulate=True)


def fit_bradley_terry(W: torch.Tensor, mean: float = 1000.0) -> torch.Tensor:
    """Cotes les plus vraisemblables selon le modèle de Bradley-Terry, en points Elo.

    Parmi toutes les cotes r, celles qui rendent la plus grande possible la log-vraisemblance

        somme sur i et j de W[i, j] · log(1 / (1 + 10 ** ((r[j] - r[i]) / 400)))

    Seules les différences de cotes comptent : on décale le tout pour que la moyenne des cotes soit `mean`.

    Paramètres
        W : tableau des points, réels positifs ou nuls, de forme (n_models, n_models), de diagonale nulle. On
            suppose que, de quelque façon qu'on partage les modèles en deux groupes, chacun des deux a pris des
            points à l'autre : le maximum existe alors, et il est unique. W n'est pas modifié.
        mean : moyenne des cotes renvoyées, en points Elo.

    Renvoie
        r : tenseur réel de forme (n_models,), juste à 0,1 point Elo près.

    Exemple
        >>> W = torch.tensor([[0.0, 10.0], [1.0, 0.0]])  # dix victoires contre une : 400 points d'écart
        >>> [round(r, 2) for r in fit_bradley_terry(W).tolist()]
        [1200.0, 800.0]

    Source : Zermelo (1929) ; Bradley et Terry (1952) ; Ford (1957), « Solution of a Ranking Problem from Binary
    Comparisons » (quand le maximum existe) ; Hunter (2004), « MM Algorithms for Generalized Bradley-Terry Models », § 3
    (l'itération employée ici).
    """
    W = W.double()
    games = W + W.T  # (n_models, n_models)
    points = W.sum(dim=1)  # (n_models,)
    strength = torch.ones(len(W), dtype=torch.float64)  # (n_models,), 10 ** (r / 400)
    for _ in range(10_000):
        updated = points / (games / (strength[:, None] + strength[None, :])).sum(dim=1)  # (n_models,)
        updated /= updated.log().mean().exp()
        moved = (updated / strength).log().abs().max()
        strength = updated
        if moved < 1e-10:
            break
    r = strength.log() * (400 / math.log(10))  # (n_models,)
    return r - r.mean() + mean


def bootstrap_votes(n: int, rounds: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """Numéros des votes tirés à chaque tour du bootstrap.

    À chaque tour, on tire au sort n votes parmi les n, avec remise : chaque tirage est indépendant des autres, et
    chaque vote a toujours la même chance de sortir. Un vote peut donc sortir plusieurs fois, un autre jamais.

    Paramètres
        n : nombre de votes, au moins 1.
        rounds : nombre de tours, au moins 1.
        generator : source du hasard ; None pour celle de torch. La même graine donne les mêmes numéros.

    Renvoie
        Entiers de 0 à n - 1, de forme (rounds, n) : une ligne par tour.

    Exemple
        >>> drawn = bootstrap_votes(5, rounds=2, generator=torch.Generator().manual_seed(0))
        >>> drawn.shape, bool(((0 <= drawn) & (drawn < 5)).all())
        (torch.Size([2, 5]), True)

    Source : Efron et Tibshirani (1993), « An Introduction to the Bootstrap », chap. 6.
    """
    return torch.randint(n, (rounds, n), generator=generator)  # (rounds, n)


def confidence_intervals(samples: torch.Tensor, level: float = 0.95) -> tuple[torch.Tensor, torch.Tensor]:
    """Intervalle de chaque modèle : les quantiles de ses cotes d'un tour à l'autre.

    On laisse de côté la même part (1 - level) / 2 des valeurs en bas et en haut. Entre deux valeurs, les
    quantiles s'interpolent linéairement, comme le font `torch.quantile` et `np.quantile`.

    Paramètres
        samples : réels de forme (rounds, n_models) : une cote par tour et par modèle.
        level : part des valeurs que l'intervalle doit contenir, entre 0 et 1.

    Renvoie
        (lo, hi) : les deux bornes de chaque modèle, deux tenseurs réels de forme (n_models,).

    Exemple
        >>> samples = torch.arange(101.0)[:, None] * torch.tensor([1.0, 10.0])  # 0 à 100, et 0 à 1000
        >>> lo, hi = confidence_intervals(samples, level=0.9)
        >>> [round(x, 4) for x in lo.tolist()], [round(x, 4) for x in hi.tolist()]
        ([5.0, 50.0], [95.0, 950.0])

    Source : Efron et Tibshirani (1993), « An Introduction to the Bootstrap », chap. 13 (intervalles par percentiles).
    """
    tail = (1 - level) / 2
    ordered = samples.double()
    return torch.quantile(ordered, tail, dim=0), torch.quantile(ordered, 1 - tail, dim=0)  # (n_models,), (n_models,)


def rank_by_bound(lo: torch.Tensor, hi: torch.Tensor) -> list[int]:
    """Rang de chaque modèle d'après les intervalles, comme sur le Chatbot Arena.

    Le rang d'un modèle est 1 plus le nombre de modèles qui lui sont sûrement supérieurs : ceux dont la borne
    inférieure dépasse strictement sa borne supérieure. Plusieurs modèles peuvent avoir le même rang.

    Paramètres
        lo, hi : bornes de chaque modèle, réels de forme (n_models,), dans un ordre quelconque de modèles.

    Renvoie
        Liste (ou tenseur) d'entiers, un rang par modèle, dans l'ordre reçu.

    Exemple
        >>> rank_by_bound(torch.tensor([1250.0, 1190.0, 1245.0]), torch.tensor([1260.0, 1200.0, 1252.0]))
        [1, 3, 1]

    Source : Chiang et al. (2024), « Chatbot Arena: An Open Platform for Evaluating LLMs by Human Preference », § 5.
    """
    above = lo[None, :] > hi[:, None]  # (n_models, n_models): row i, column j: is j surely better than i?
    return [1 + int(count) for count in above.sum(dim=1)]
