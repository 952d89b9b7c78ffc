"""Alignment with preferences: log-probability of an answer, reward model, DPO, and one step of a policy."""

import torch


def sequence_logprob(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Logarithme de la probabilité de chaque suite : la somme des logarithmes de ses jetons qui comptent.

    Paramètres
        logits : tenseur réel de forme (B, T, V) : les scores de chaque position.
        ids : tenseur d'entiers de forme (B, T) : le jeton que la position t devait prédire (déjà décalé). Là où mask
        est faux, n'importe quel nombre, -100 par exemple. Il n'est pas modifié.
        mask : tenseur de booléens de forme (B, T) : les positions qui comptent.

    Renvoie
        Un tenseur réel de forme (B,), en nats, dans le graphe des gradients ; 0 pour une ligne où rien ne compte.

    Exemple
        >>> logits = torch.zeros(1, 3, 4)  # quatre jetons de même probabilité
        >>> mask = torch.tensor([[False, True, True]])
        >>> [round(x, 4) for x in sequence_logprob(logits, torch.tensor([[-100, 2, 0]]), mask).tolist()]  # 2 log(1/4)
        [-2.7726]

    Source : Rafailov et al. (2023), « Direct Preference Optimization », § 4 (le logarithme de π(y | x)).
    """
    logs = logits.log_softmax(dim=-1)  # (B, T, V)
    picked = logs.gather(2, ids.masked_fill(~mask, 0).unsqueeze(2)).squeeze(2)  # (B, T)
    return (picked * mask).sum(dim=1)  # (B,)


def reward_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """Perte d'un modèle de récompense : moyenne de -log σ(note de la préférée - note de l'autre).

    Paramètres
        chosen : tenseur réel de forme (n,) : notes des réponses préférées.
        rejected : tenseur réel de forme (n,) : notes des réponses écartées, dans le même ordre.

    Renvoie
        Un nombre, en nats (tenseur sans dimension, dans le graphe des gradients), sans infini ni NaN même pour des
        écarts de plusieurs milliers.

    Exemple
        >>> round(reward_loss(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 5.0])).item(), 4)  # log 2
        0.6931

    Source : Bradley et Terry (1952) ; Ouyang et al. (2022), équation 1.
    """
    return -torch.nn.functional.logsigmoid(chosen - rejected).mean()


def dpo_loss(
    policy_chosen: torch.Tensor,
    policy_rejected: torch.Tensor,
    reference_chosen: torch.Tensor,
    reference_rejected: torch.Tensor,
    beta: float,
) -> torch.Tensor:
    """Perte de l'optimisation directe des préférences (DPO), moyenne des n paires.

    Pour une paire : -log σ(beta · ((log π(p) - log π_réf(p)) - (log π(é) - log π_réf(é)))), où p est la réponse préférée
    et é celle qui est écartée.

    Paramètres
        policy_chosen, policy_rejected : tenseurs réels de forme (n,) : logarithmes des probabilités des deux réponses
        selon le modèle que l'on entraîne.
        reference_chosen, reference_rejected : les mêmes selon le modèle de référence. Aucun gradient ne doit remonter
        par eux, même s'ils en portent un : le modèle de référence est figé.
        beta : nombre plus grand que 0, la fidélité à la référence.

    Renvoie
        Un nombre, en nats (tenseur sans dimension, dans le graphe des gradients), sans infini ni NaN même pour des
        écarts de plusieurs milliers.

    Exemple
        >>> pc, pr = torch.tensor([-3.0]), torch.tensor([-9.0])
        >>> round(dpo_loss(pc, pr, pc, pr, beta=0.1).item(), 4)  # le modèle est encore la référence : log 2
        0.6931

    Source : Rafailov et al. (2023), équation 7.
    """
    chosen = policy_chosen - reference_chosen.detach()  # (n,)
    rejected = policy_rejected - reference_rejected.detach()  # (n,)
    return -torch.nn.functional.logsigmoid(beta * (chosen - rejected)).mean()


def policy_loss(logp: torch.Tensor, reference_logp: torch.Tensor, rewards: torch.Tensor, beta: float) -> torch.Tensor:
    """Perte dont le gradient fait un pas de REINFORCE, avec une amende pour qui s'éloigne de la référence.

    La récompense nette d'une réponse est rewards - beta · (logp - reference_logp) ; son avantage est ce qui la sépare
    de la moyenne du lot. La perte est la moyenne de -avantage · logp. Les avantages sont des nombres fixes : le
    gradient ne passe que par le second facteur, logp.

    Paramètres
        logp : tenseur réel de forme (n,) : logarithmes des probabilités de n réponses, tirées du modèle que l'on
        entraîne, selon ce modèle.
        reference_logp : tenseur réel de forme (n,) : les mêmes selon le modèle de référence.
        rewards : tenseur réel de forme (n,) : récompenses.
        beta : nombre positif ou nul, le prix de l'écart.

    Renvoie
        Un nombre (tenseur sans dimension, dans le graphe des gradients).

    Exemple
        >>> logp = torch.tensor([-2.0, -4.0])
        >>> policy_loss(logp, logp, torch.tensor([3.0, 1.0]), beta=0.5).item()  # avantages 1 et -1
        -1.0

    Source : Williams (1992), « Simple statistical gradient-following algorithms » (REINFORCE) ; Ouyang et al. (2022),
    équation 2 (l'amende).
    """
    net = rewards - beta * (logp - reference_logp)  # (n,)
    advantages = (net - net.mean()).detach()  # (n,)
    return -(advantages * logp).mean()
