"""Contrastive learning: which pairs belong together, the loss of both directions, training two towers at once."""

from collections.abc import Callable

import torch


def positive_targets(labels: torch.Tensor) -> torch.Tensor:
    """Ce que chaque image d'un lot devrait répondre : tous les textes de sa classe, à parts égales.

    Paramètres
        labels : tenseur d'entiers de forme (B,) : la classe de chaque paire du lot. Une classe peut y être plusieurs
        fois.

    Renvoie
        targets : tenseur réel de forme (B, B). `targets[i, j]` vaut 1 divisé par le nombre de paires du lot qui ont la
        classe de i, si j est de cette classe, et 0 sinon. Chaque ligne a pour somme 1.

    Exemple
        >>> positive_targets(torch.tensor([7, 2, 7])).tolist()
        [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]

    Source : Khosla et al. (2020), « Supervised Contrastive Learning », équation 2 ; Yang et al. (2022), « Unified
    Contrastive Learning in Image-Text-Label Space », § 3.2.
    """
    same = (labels[:, None] == labels[None, :]).float()  # (B, B)
    return same / same.sum(dim=1, keepdim=True)


def contrastive_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Entropie croisée dans les deux sens, en moyenne : chaque image choisit son texte, chaque texte son image.

        dans un sens : moyenne sur i de - somme sur j de targets[i, j] * log softmax(ligne i de scores)[j]
        dans l'autre : moyenne sur j de - somme sur i de targets[i, j] * log softmax(colonne j de scores)[i]

    Paramètres
        scores : tenseur réel de forme (B, B) : image en ligne, texte en colonne.
        targets : tenseur réel de forme (B, B), symétrique ; chaque ligne et chaque colonne a pour somme 1.

    Renvoie
        La moyenne des deux sens : un nombre, en nats (tenseur sans dimension, dans le graphe des gradients), juste même
        pour des scores de plusieurs milliers.

    Exemple
        >>> scores = torch.tensor([[2.0, 0.0], [0.0, 2.0]])  # deux fois log(1 + exp(-2))
        >>> round(contrastive_loss(scores, torch.eye(2)).item(), 4)
        0.1269

    Source : van den Oord et al. (2018), « Representation Learning with Contrastive Predictive Coding » (InfoNCE),
    équation 4 ; Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision »
    (CLIP), figure 3.
    """
    by_image = -(targets * scores.log_softmax(dim=1)).sum(dim=1)  # (B,): every row chooses among the texts
    by_text = -(targets * scores.log_softmax(dim=0)).sum(dim=0)  # (B,): every column chooses among the images
    return (by_image.mean() + by_text.mean()) / 2


def sigmoid_loss(images: torch.Tensor, texts: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Another loss of the same kind, pair by pair: is this text of this image's class, yes or no?

    Given to students where a later exercise must not depend on their own `contrastive_loss`. The vectors (B, d) are taken as
    they are; the result is a mean over the B * B pairs, in nats.

    Example:
        >>> round(sigmoid_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.tensor([0, 1])).item(), 4)  # log 2
        0.6931

    Source: Zhai et al. (2023), "Sigmoid Loss for Language Image Pre-Training".
    """
    sign = 2.0 * (labels[:, None] == labels[None, :]) - 1  # (B, B): 1 or -1
    return torch.nn.functional.softplus(-sign * (images @ texts.T)).mean()


def train_pair(
    image_tower: torch.nn.Module,
    text_tower: torch.nn.Module,
    images: torch.Tensor,
    ids: torch.Tensor,
    labels: torch.Tensor,
    train: torch.Tensor,
    steps: int,
    loss: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor],
    batch_size: int = 64,
    lr: float = 0.5,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Entraîne les deux tours ensemble, par descente de gradient sur des lots de paires tirées au sort.

    À chaque pas : tirer au sort `batch_size` numéros parmi ceux de `train`, tous différents (tous, s'il y en a moins) ;
    calculer les vecteurs de ces images et de ces phrases, puis la perte du lot ; retrancher de chaque paramètre des
    deux tours lr fois son gradient.

    Paramètres
        image_tower, text_tower : modules PyTorch ; ils sont entraînés sur place.
        images : tenseur réel de forme (N, n_pixels).
        ids : tenseur d'entiers de forme (N, T) : `ids[i]` est la phrase de l'image i.
        labels : tenseur d'entiers de forme (N,) : la classe de chaque paire.
        train : tenseur d'entiers de forme (n,) : les numéros des paires qui servent à l'entraînement, tous différents.
            Les autres paires ne doivent rien changer.
        steps : nombre de pas.
        loss : fonction ; `loss(vecteurs des images, vecteurs des phrases, classes)` d'un lot donne sa perte, un tenseur
            sans dimension.
        batch_size : nombre de paires d'un lot.
        lr : taille du pas.
        generator : source du hasard ; None : celle de PyTorch. La même graine donne le même entraînement.
        images, ids, labels et train ne sont pas modifiés.

    Renvoie
        Une liste de `steps` nombres : la perte de chaque lot, avant le pas.

    Exemple
        >>> towers = [torch.nn.Linear(2, 3, bias=False), torch.nn.EmbeddingBag(4, 3)]
        >>> images, ids = torch.eye(2), torch.tensor([[1, 2], [3, 3]])
        >>> labels, train = torch.tensor([0, 1]), torch.tensor([0, 1])
        >>> losses = train_pair(*towers, images, ids, labels, train, steps=50, loss=sigmoid_loss)
        >>> len(losses), losses[-1] < losses[0]
        (50, True)

    Source : Radford et al. (2021), « Learning Transferable Visual Models From Natural Language Supervision » (CLIP),
    figure 3.
    """
    optimizer = torch.optim.SGD([*image_tower.parameters(), *text_tower.parameters()], lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]  # (batch_size,)
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(value.item())
    return losses
