"""Training for real: mini-batches, evaluation, learning rates, curves, choices by validation, weights on disk.

`params` is everywhere a dict from names to tensors, as `reference.mlp.init_mlp` makes it. No function writes into the
weights it is given: each returns new ones, so that every experiment can start again from the same point.
"""

import math

import torch

from reference.mlp import forward, mlp_loss, train_steps


def minibatches(n: int, batch_size: int, generator: torch.Generator | None = None) -> list[torch.Tensor]:
    """Mélange les numéros de n exemples et les distribue en lots : une époque.

    Chaque numéro de 0 à n - 1 se trouve dans un lot et un seul. Tous les ordres sont également probables.

    Paramètres
        n : nombre d'exemples, au moins 1.
        batch_size : taille d'un lot, au moins 1.
        generator : source de hasard ; None désigne le générateur global de torch. La fonction n'en crée ni n'en
            réinitialise aucun : deux appels de suite donnent des lots différents.

    Renvoie
        Une liste (ou un tuple) de tenseurs d'entiers à une dimension. Tous ont `batch_size` numéros, sauf le dernier,
        qui a ce qui reste si n n'est pas un multiple de `batch_size`.

    Exemple
        >>> lots = minibatches(5, 2)
        >>> [len(lot) for lot in lots]
        [2, 2, 1]
        >>> sorted(torch.cat(lots).tolist())
        [0, 1, 2, 3, 4]

    Source : Goodfellow, Bengio et Courville (2016), « Deep Learning », § 8.1.3 (« minibatch »).
    """
    order = torch.randperm(n, generator=generator)  # (n,)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


def evaluate(params: dict[str, torch.Tensor], X: torch.Tensor, Y: torch.Tensor, batch_size: int = 4096) -> float:
    """Perte moyenne du modèle sur tous les exemples, calculée par tranches et sans gradient.

    Les tranches de `batch_size` exemples ne servent qu'à économiser la mémoire : le résultat est la moyenne sur les n
    exemples, chacun avec le même poids, quelle que soit la taille des tranches.

    Paramètres
        params : les poids du modèle. Ils ne sont pas modifiés.
        X : tenseur d'entiers de forme (n, contexte), avec n au moins 1.
        Y : tenseur d'entiers de forme (n,).
        batch_size : nombre d'exemples d'une tranche, au moins 1 ; n n'en est pas forcément un multiple.

    Renvoie
        Un nombre, en nats, de type `float` ; il ne garde pas la trace des calculs (pas de `requires_grad`).

    Exemple
        >>> zeros = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1)}
        >>> zeros |= {"W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> round(evaluate(zeros, torch.zeros(5, 1, dtype=torch.int64), torch.zeros(5, dtype=torch.int64), 2), 4)
        0.6931

    Source : Goodfellow, Bengio et Courville (2016), « Deep Learning », § 5.2 et 5.3.
    """
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(Y), batch_size):
            x, y = X[start : start + batch_size], Y[start : start + batch_size]  # (b, k), (b,)
            total += mlp_loss(params, x, y).item() * len(y)
    return total / len(Y)


def try_learning_rates(
    params: dict[str, torch.Tensor],
    train: tuple[torch.Tensor, torch.Tensor],
    val: tuple[torch.Tensor, torch.Tensor],
    batches: list[torch.Tensor],
    rates: list[float],
) -> list[float]:
    """Essaie plusieurs tailles de pas dans les mêmes conditions, et note chacune sur les exemples de validation.

    Chaque essai part des mêmes poids `params` et parcourt les mêmes lots, une fois.

    Paramètres
        params : les poids de départ. Ils ne sont pas modifiés.
        train : couple (X, Y) des exemples d'entraînement, de formes (n, contexte) et (n,).
        val : couple (X, Y) des exemples de validation.
        batches : liste de tenseurs d'entiers à une dimension, les numéros des exemples d'entraînement de chaque lot.
        rates : tailles de pas à essayer, réels positifs, dans un ordre quelconque.

    Renvoie
        Liste de `len(rates)` nombres (`float`) : la perte moyenne de validation après l'entraînement avec chaque taille.

    Exemple
        >>> zeros = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1)}
        >>> zeros |= {"W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> train = val = (torch.tensor([[0]]), torch.tensor([1]))
        >>> losses = try_learning_rates(zeros, train, val, [torch.tensor([0])], [0.0, 1.0])
        >>> [round(loss, 4) for loss in losses]  # log 2 sans apprendre, log(1 + 1/e) après un pas
        [0.6931, 0.3133]

    Source : Bengio (2012), « Practical Recommendations for Gradient-Based Training of Deep Architectures », § 3.
    """
    losses = []
    for lr in rates:
        trained, _ = train_steps(params, *train, batches, lr)
        losses.append(evaluate(trained, *val))
    return losses


def train_model(
    params: dict[str, torch.Tensor],
    train: tuple[torch.Tensor, torch.Tensor],
    val: tuple[torch.Tensor, torch.Tensor],
    epochs: int,
    batch_size: int,
    lr: float,
    generator: torch.Generator | None = None,
) -> tuple[dict[str, torch.Tensor], list[float], list[float]]:
    """Entraîne le modèle pendant plusieurs époques et garde les poids de la meilleure, jugée sur la validation.

    À chaque époque, les exemples d'entraînement sont mélangés à nouveau et chaque lot fait un pas de taille `lr`. À la
    fin de l'époque, on note le modèle sur tous les exemples d'entraînement, puis sur tous ceux de validation ; ceux-ci
    ne servent à aucun pas.

    Paramètres
        params : les poids de départ. Ils ne sont pas modifiés.
        train : couple (X, Y) des exemples d'entraînement, de formes (n, contexte) et (n,).
        val : couple (X, Y) des exemples de validation.
        epochs : nombre d'époques, au moins 1.
        batch_size : taille d'un lot.
        lr : taille d'un pas.
        generator : source du hasard des lots ; None désigne le générateur global de torch.

    Renvoie
        best : les poids à la fin de l'époque de plus petite perte de validation (la première, en cas d'égalité).
        train_losses : liste de `epochs` nombres ; perte moyenne d'entraînement à la fin de chaque époque.
        val_losses : liste de `epochs` nombres ; perte moyenne de validation à la fin de chaque époque.

    Exemple
        >>> zeros = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1)}
        >>> zeros |= {"W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> train = (torch.tensor([[0]]), torch.tensor([1]))
        >>> val = (torch.tensor([[0], [0]]), torch.tensor([0, 1]))
        >>> best, train_losses, val_losses = train_model(zeros, train, val, epochs=2, batch_size=1, lr=1.0)
        >>> [round(loss, 4) for loss in train_losses], [round(loss, 4) for loss in val_losses]
        ([0.3133, 0.1946], [0.8133, 0.9635])
        >>> best["b2"].tolist()  # après la première époque
        [-0.5, 0.5]

    Source : Goodfellow, Bengio et Courville (2016), « Deep Learning », § 7.8 (« early stopping », algorithme 7.1).
    """
    best, train_losses, val_losses = params, [], []
    for _ in range(epochs):
        params, _ = train_steps(params, *train, minibatches(len(train[1]), batch_size, generator), lr)
        train_losses.append(evaluate(params, *train))
        val_losses.append(evaluate(params, *val))
        if val_losses[-1] == min(val_losses) and val_losses.count(val_losses[-1]) == 1:
            best = params
    return best, train_losses, val_losses


def best_epoch(val_losses: list[float], patience: int) -> int:
    """Époque retenue par l'arrêt anticipé : on lit la courbe de validation au fur et à mesure, sans voir l'avenir.

    On retient la meilleure époque rencontrée. Dès que `patience` époques de suite n'ont pas fait strictement mieux
    qu'elle, on s'arrête : les pertes qui suivent ne sont pas lues.

    Paramètres
        val_losses : liste non vide de nombres finis ; `val_losses[e]` est la perte de validation de l'époque e.
        patience : nombre d'époques sans progrès que l'on tolère, au moins 1.

    Renvoie
        Numéro de l'époque retenue, un entier Python à partir de 0.

    Exemple
        >>> courbe = [2.5, 2.3, 2.4, 2.4, 2.2]
        >>> best_epoch(courbe, patience=2)  # arrêt après l'époque 3 : la 4 n'est jamais lue
        1
        >>> best_epoch(courbe, patience=3)
        4

    Source : Prechelt (1998), « Early Stopping – But When? », critère UP.
    """
    best = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best


def select_model(
    candidates: dict[str, dict[str, torch.Tensor]],
    val: tuple[torch.Tensor, torch.Tensor],
    test: tuple[torch.Tensor, torch.Tensor],
) -> tuple[str, float]:
    """Choisit un modèle d'après la validation, puis le note une seule fois sur le test.

    Un candidat dont la perte de validation n'est pas un nombre (nan : il a divergé) n'est jamais choisi.

    Paramètres
        candidates : dictionnaire non vide, du nom d'un candidat à ses poids. Les poids peuvent différer de taille. L'un
            au moins n'a pas divergé.
        val : couple (X, Y) des exemples de validation, de formes (n, contexte) et (n,).
        test : couple (X, Y) des exemples de test ; ils ne servent pas au choix.

    Renvoie
        name : nom du candidat de plus petite perte moyenne de validation.
        test_loss : perte moyenne de test de ce candidat, un nombre (`float`).

    Exemple
        >>> def fixed(b2):  # un modèle qui ignore le contexte
        ...     zeros = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1)}
        ...     return zeros | {"W2": torch.zeros(1, 2), "b2": torch.tensor(b2)}
        >>> val = (torch.zeros(4, 1, dtype=torch.int64), torch.tensor([0, 0, 0, 1]))
        >>> test = (torch.zeros(2, 1, dtype=torch.int64), torch.tensor([0, 1]))
        >>> name, test_loss = select_model({"prudent": fixed([0.0, 0.0]), "décidé": fixed([1.0, 0.0])}, val, test)
        >>> name, round(test_loss, 4)
        ('décidé', 0.8133)

    Source : Hastie, Tibshirani et Friedman (2009), « The Elements of Statistical Learning », § 7.2.
    """
    losses = {name: evaluate(params, *val) for name, params in candidates.items()}
    best = min(losses, key=lambda name: math.inf if math.isnan(losses[name]) else losses[name])
    return best, evaluate(candidates[best], *test)


def sample_from_mlp(
    params: dict[str, torch.Tensor],
    itos: list[str],
    n: int,
    generator: torch.Generator | None = None,
    max_len: int | None = None,
) -> list[str]:
    """Invente n prénoms : à chaque pas, un symbole tiré selon la loi que le modèle donne au contexte.

    Le contexte de départ ne contient que des « . » (numéro 0). Après chaque tirage il glisse d'une place : le symbole le
    plus ancien sort à gauche, le nouveau entre à droite. Le « . » final ne fait pas partie du prénom.

    Paramètres
        params : les poids du modèle. Ils ne sont pas modifiés. La longueur du contexte se lit dans leurs formes : C est
            de forme (V, E) et W1 de forme (contexte · E, H).
        itos : liste des V symboles ; itos[0] == ".".
        n : nombre de prénoms à tirer.
        generator : source de hasard ; None désigne le générateur global de torch. La fonction n'en crée ni n'en
            réinitialise aucun.
        max_len : longueur maximale ; un prénom qui l'atteint est coupé là. Avec None, rien n'est coupé.

    Renvoie
        n chaînes de caractères ; une chaîne peut être vide.

    Exemple
        >>> params = {"C": torch.eye(2), "W1": torch.zeros(4, 1), "b1": torch.zeros(1)}  # deux symboles de contexte
        >>> params |= {"W2": torch.zeros(1, 2), "b2": torch.tensor([-1000.0, 0.0])}  # toujours « a »
        >>> sample_from_mlp(params, [".", "a"], 2, max_len=3)
        ['aaa', 'aaa']

    Source : Bengio et al. (2003), « A Neural Probabilistic Language Model », § 2.
    """
    context_size = params["W1"].shape[0] // params["C"].shape[1]
    names = []
    for _ in range(n):
        context, name = [0] * context_size, ""
        while max_len is None or len(name) < max_len:
            P = forward(params, torch.tensor([context])).softmax(dim=1)  # (1, V)
            i = int(torch.multinomial(P, num_samples=1, generator=generator))
            if i == 0:
                break
            context = [*context[1:], i]
            name += itos[i]
        names.append(name)
    return names


def save_weights(params: dict[str, torch.Tensor], path: str) -> None:
    """Enregistre des poids dans un fichier, avec `torch.save`.

    Paramètres
        params : dictionnaire de tenseurs. Il n'est pas modifié.
        path : chemin du fichier, remplacé s'il existe.

    Exemple
        >>> save_weights({"b2": torch.zeros(3)}, "poids.pt")  # doctest: +SKIP

    Source : documentation de PyTorch, « Saving and Loading Models ».
    """
    torch.save({name: weight.detach() for name, weight in params.items()}, path)


def load_weights(path: str) -> dict[str, torch.Tensor]:
    """Relit des poids enregistrés avec `torch.save`, sans jamais exécuter ce que le fichier contient.

    Paramètres
        path : chemin d'un fichier qui contient un dictionnaire de tenseurs.

    Renvoie
        Le dictionnaire : mêmes clés, formes, types et valeurs.

    Erreurs
        pickle.UnpicklingError : le fichier contient autre chose que des tenseurs et des types simples (un objet, une
        fonction) ; rien n'en est exécuté.

    Exemple
        >>> load_weights("poids.pt")["b2"]  # doctest: +SKIP
        tensor([0., 0., 0.])

    Source : documentation de PyTorch, « torch.load », paramètre weights_only.
    """
    return dict(torch.load(path, weights_only=True))
