"""How well a table of transition probabilities predicts names: log-probability, mean NLL, perplexity."""

import math

import torch


def log_probability(name: str, P: torch.Tensor, stoi: dict[str, int]) -> float:
    """Logarithme naturel de la probabilité d'un prénom, début et fin compris.

    C'est la somme des log P[i, j] sur les bigrammes du prénom entouré de « . ». On additionne des logarithmes au
    lieu de multiplier des probabilités : le produit d'un long prénom serait arrondi à zéro.

    Paramètres
        name : un prénom, éventuellement vide.
        P : tenseur réel de forme (V, V) ; la ligne i est la loi du symbole qui suit le symbole i.
        stoi : numéro de chaque symbole.

    Renvoie
        Un nombre de type `float`, négatif ou nul ; -inf si le prénom est impossible selon P.

    Erreurs
        KeyError : un symbole du prénom n'est pas dans stoi.

    Exemple
        >>> P = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
        >>> round(log_probability("aa", P, {".": 0, "a": 1}), 4)  # log(1 × 0,5 × 0,5)
        -1.3863
        >>> log_probability("", P, {".": 0, "a": 1})
        -inf

    Source : Jurafsky et Martin, « Speech and Language Processing » (3e éd.), chap. 3 (calcul en logarithmes).
    """
    ids = torch.tensor([stoi[symbol] for symbol in "." + name + "."])  # (T + 2,)
    return P[ids[:-1], ids[1:]].log().sum().item()  # (T + 1,) then a number


def mean_nll(names: list[str], P: torch.Tensor, stoi: dict[str, int]) -> float:
    """Log-vraisemblance négative moyenne par caractère prédit, en nats (« negative log-likelihood », NLL).

    Un prénom de T lettres compte T + 1 caractères prédits : ses lettres et le « . » final. La moyenne porte sur
    tous les caractères prédits de la liste, et non sur les moyennes des prénoms.

    Paramètres
        names : liste de prénoms, non vide.
        P : tenseur réel de forme (V, V) ; la ligne i est la loi du symbole qui suit le symbole i.
        stoi : numéro de chaque symbole.

    Renvoie
        Un nombre de type `float`, positif ou nul ; inf si un seul prénom est impossible selon P.

    Erreurs
        KeyError : un symbole d'un prénom n'est pas dans stoi.
        ValueError : la liste est vide.

    Exemple
        >>> P = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
        >>> round(mean_nll(["a", "aa"], P, {".": 0, "a": 1}), 4)  # -3 log(0,5) / 5
        0.4159

    Sources : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2 ; Shannon (1948), § 7.
    """
    if not names:
        raise ValueError("mean_nll : la liste de prénoms est vide")
    text = "." + "".join(name + "." for name in names)
    ids = torch.tensor([stoi[symbol] for symbol in text])  # (n + 1,)
    return -P[ids[:-1], ids[1:]].log().mean().item()  # (n,) then a number


def perplexity(nll: float) -> float:
    """Perplexité : exponentielle de la NLL moyenne (en nats).

    Un modèle de perplexité k hésite autant que s'il choisissait au hasard entre k symboles équiprobables.

    Paramètres
        nll : NLL moyenne par caractère, en nats ; elle peut valoir inf.

    Renvoie
        Un nombre de type `float`, au moins 1 pour une NLL positive ou nulle ; inf si nll vaut inf.

    Exemple
        >>> round(perplexity(math.log(37)), 6)
        37.0

    Sources : Bengio et al. (2003), § 2 ; Jurafsky et Martin (3e éd.), chap. 3 (perplexité).
    """
    return math.exp(nll)
