"""A small GPT on names: the model, its batches, its loss, and drawing names from it."""

from collections.abc import Callable

import torch

from reference.attention import TorchBlock


class GPT(torch.nn.Module):
    """Un petit GPT : à chaque position, les scores du symbole suivant.

    Dans l'ordre : une table de plongements des symboles (V, d), à laquelle s'ajoute une table de plongements des
    positions (block_size, d) ; n_layers blocs (`TorchBlock(d, n_heads)`, ou votre `Block`) ; une normalisation
    `torch.nn.LayerNorm(d)` ; une couche linéaire vers les V scores, sans softmax.

    Paramètres
        V : nombre de symboles.
        block_size : nombre maximal de positions.
        d : nombre de canaux.
        n_layers : nombre de blocs.
        n_heads : nombre de têtes de chaque bloc.

    Appel
        ids : tenseur d'entiers de forme (B, T), avec T de 1 à block_size. Renvoie les scores (B, T, V) : ceux de la
        position t portent sur le symbole t + 1, et ne dépendent que des symboles 0 à t.

    Exemple
        >>> model = GPT(V=37, block_size=20)
        >>> model(torch.zeros((5, 7), dtype=torch.int64)).shape
        torch.Size([5, 7, 37])

    Source : Radford et al. (2019), « Language Models are Unsupervised Multitask Learners » (GPT-2), § 2.
    """

    def __init__(self, V: int, block_size: int, d: int = 32, n_layers: int = 2, n_heads: int = 4) -> None:
        super().__init__()
        self.symbols = torch.nn.Embedding(V, d)
        self.positions = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList(TorchBlock(d, n_heads) for _ in range(n_layers))
        self.norm = torch.nn.LayerNorm(d)
        self.output = torch.nn.Linear(d, V)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.symbols(ids) + self.positions(torch.arange(ids.shape[1]))  # (B, T, d) + (T, d)
        for block in self.blocks:
            x = block(x)  # (B, T, d)
        scores: torch.Tensor = self.output(self.norm(x))  # (B, T, V)
        return scores


def make_batch(names: list[str], stoi: dict[str, int], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Range des prénoms de longueurs différentes dans deux tableaux rectangulaires.

    Un prénom est d'abord écrit avec un point devant et un point derrière : « .léa. ». Les entrées sont cette suite
    sans son dernier symbole, les cibles la même suite sans le premier : la cible de la position t est le symbole
    t + 1. Les lignes sont complétées à droite : par des 0 dans `ids`, par -100 dans `targets`. D'une suite plus
    longue, seules les block_size premières positions sont gardées.

    Paramètres
        names : liste non vide de B prénoms.
        stoi : numéro de chaque symbole ; stoi["."] == 0.
        block_size : nombre de positions, au moins 1.

    Renvoie
        ids, targets : deux tenseurs d'entiers de forme (B, block_size).

    Exemple
        >>> ids, targets = make_batch(["ab", "b"], {".": 0, "a": 1, "b": 2}, block_size=4)
        >>> ids.tolist()
        [[0, 1, 2, 0], [0, 2, 0, 0]]
        >>> targets.tolist()
        [[1, 2, 0, -100], [2, 0, -100, -100]]

    Source : A. Karpathy, « makemore » (`CharDataset`).
    """
    ids = torch.zeros((len(names), block_size), dtype=torch.int64)
    targets = torch.full((len(names), block_size), -100)
    for row, name in enumerate(names):
        sequence = torch.tensor([0, *(stoi[symbol] for symbol in name), 0])
        n = min(len(name) + 1, block_size)
        ids[row, :n] = sequence[:n]
        targets[row, :n] = sequence[1 : n + 1]
    return ids, targets


def gpt_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Entropie croisée moyenne des positions dont la cible n'est pas -100.

    Chaque position comptée pèse autant, quelle que soit sa ligne : on divise par leur nombre dans tout le lot.

    Paramètres
        logits : tenseur réel de forme (B, T, V) : les scores de chaque position.
        targets : tenseur d'entiers de forme (B, T) : le numéro du symbole à prédire, ou -100. Une au moins n'est pas
        -100. Les cibles sont déjà décalées.

    Renvoie
        Un nombre, en nats (tenseur sans dimension, dans le graphe des gradients).

    Exemple
        >>> logits = torch.tensor([[[0.0, 0.0], [9.0, 9.0], [5.0, 1.0]]])
        >>> round(gpt_loss(logits, torch.tensor([[1, 0, -100]])).item(), 4)  # deux fois log 2, en moyenne
        0.6931

    Source : Radford et al. (2018), « Improving Language Understanding by Generative Pre-Training » (GPT), équation 1.
    """
    counted = targets != -100  # (B, T)
    logs = logits[counted].log_softmax(dim=-1)  # (n, V)
    return -logs.gather(1, targets[counted].unsqueeze(1)).mean()


def next_token_probabilities(logits: torch.Tensor, temperature: float = 1.0, top_k: int | None = None) -> torch.Tensor:
    """Probabilités du symbole suivant, selon une température, et limitées aux k meilleurs scores.

    Les scores sont divisés par la température avant la softmax. Avec top_k, les symboles qui ne sont pas parmi les k
    meilleurs scores de leur ligne ont la probabilité 0, et celles des autres ont pour somme 1. Si top_k dépasse V, tous
    restent.

    Paramètres
        logits : tenseur réel de forme (n, V), non modifié.
        temperature : nombre plus grand que 0.
        top_k : entier, au moins 1 ; None : pas de limite.

    Renvoie
        Un tenseur réel de forme (n, V), dont chaque ligne a pour somme 1.

    Exemple
        >>> next_token_probabilities(torch.tensor([[0.0, 0.0, -9.0]]), top_k=2).tolist()
        [[0.5, 0.5, 0.0]]

    Source : Fan et al. (2018), « Hierarchical Neural Story Generation », § 5.4 (top-k).
    """
    scores = logits / temperature
    if top_k is not None:
        least = scores.topk(min(top_k, scores.shape[-1])).values[..., -1:]  # (n, 1): the k-th best
        scores = scores.masked_fill(scores < least, float("-inf"))
    return scores.softmax(dim=-1)


def generate(
    model: torch.nn.Module,
    n: int,
    block_size: int,
    choose: Callable[[torch.Tensor], torch.Tensor] | None = None,
    generator: torch.Generator | None = None,
    max_len: int = 30,
) -> list[list[int]]:
    """Tire n prénoms, symbole après symbole, chacun d'après tout ce qui précède.

    Chaque prénom part de « . » (0) et s'arrête au premier « . » tiré, ou après max_len symboles. Le modèle ne reçoit
    jamais plus de block_size symboles : les derniers. Le symbole suivant se tire selon les scores de la dernière
    position. Le modèle est d'abord mis en mode évaluation, et aucun gradient n'est calculé.

    Paramètres
        model : modèle PyTorch ; reçoit des numéros (m, T), renvoie des scores (m, T, V).
        n : nombre de prénoms.
        block_size : nombre maximal de symboles que le modèle accepte.
        choose : fonction qui transforme des scores (m, V) en probabilités (m, V) ; None : la softmax.
        generator : source du hasard ; None : celle de PyTorch.
        max_len : nombre maximal de symboles d'un prénom.

    Renvoie
        Une liste de n listes d'entiers, sans le « . » du début ni celui de la fin.

    Exemple
        >>> model = torch.nn.Embedding(2, 2)
        >>> _ = model.load_state_dict({"weight": torch.tensor([[-99.0, 99.0], [99.0, -99.0]])})  # 0, puis 1, puis 0
        >>> generate(model, 3, block_size=8)
        [[1], [1], [1]]

    Source : A. Karpathy, « makemore » (`generate`).
    """
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            scores = model(ids[:, -block_size:])[:, -1]  # (n, V)
            probabilities = scores.softmax(dim=-1) if choose is None else choose(scores)
            ids = torch.cat([ids, torch.multinomial(probabilities, 1, generator=generator)], dim=1)
            if bool((ids[:, 1:] == 0).any(dim=1).all()):
                break
    rows = ids[:, 1:].tolist()
    return [row[: row.index(0)] if 0 in row else row for row in rows]
