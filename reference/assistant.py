"""The small world of assignment 09: its tokens, drawing answers, its readers, and the loops of the phases.

All of it is given to students; the functions that they write come in as arguments.
"""

import math
import random
import re
from collections.abc import Callable

import torch

from reference.gpt import GPT


class Tokens:
    """Les jetons de notre petit assistant : titres et mots des consignes entiers, prénoms lettre par lettre.

    Le jeton 0, <fin>, termine tous les textes, et commence les phrases.
    """

    WHOLE = (
        "Consigne : ",
        "\nEntrée : ",
        "\nRéponse : ",
        "donne ",
        "la première lettre",
        "la dernière lettre",
        "le nombre de lettres",
        "un prénom en ",
        " du prénom ",
        " : ",
        "voici ",
    )

    def __init__(self, texts: list[str]) -> None:
        self.pattern = re.compile("|".join(map(re.escape, self.WHOLE)) + "|.", re.DOTALL)
        symbols = {piece for text in texts for piece in self.pattern.findall(text)} | set("0123456789")
        self.itos = ["<fin>", *self.WHOLE, *sorted(symbols - set(self.WHOLE))]
        self.stoi = {piece: i for i, piece in enumerate(self.itos)}

    def encode(self, text: str) -> list[int]:
        return [self.stoi[piece] for piece in self.pattern.findall(text)]

    def decode(self, ids: list[int]) -> str:
        return "".join(self.itos[i] for i in ids if i)


def train_phase(
    model: torch.nn.Module,
    batches: list[tuple[torch.Tensor, torch.Tensor]],
    step: Callable[..., float],
    lr: float,
) -> list[float]:
    """Une phase d'entraînement : un pas par lot (x, y), avec Adam, dont le taux descend en ligne droite vers zéro."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for i, (x, y) in enumerate(batches):
        optimizer.param_groups[0]["lr"] = lr * (1 - i / len(batches))
        losses.append(step(model, optimizer, x, y))
    return losses


class Perroquet(torch.nn.Module):
    """Un faux modèle : le jeton following[avant-dernier, dernier] a le score 1, les autres 0 ; avant le premier, un 0.

    Il refuse plus de block_size jetons, et en mode entraînement il répond exprès de travers.
    """

    def __init__(self, following: torch.Tensor, block_size: int) -> None:
        super().__init__()
        self.following, self.block_size = torch.as_tensor(following), block_size  # (V, V)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        if ids.shape[1] > self.block_size:
            raise ValueError(f"{ids.shape[1]} jetons, mais ce modèle n'en lit que {self.block_size}")
        before = torch.cat([torch.zeros_like(ids[:, :1]), ids[:, :-1]], dim=1)  # (B, T)
        scores = torch.nn.functional.one_hot(self.following[before, ids], len(self.following)).float()  # (B, T, V)
        return scores.roll(1, dims=-1) if self.training else scores


def sample_answers(
    model: torch.nn.Module, prompts: torch.Tensor, generator: torch.Generator | None = None, max_new: int = 10
) -> list[list[int]]:
    """Tire une réponse par début, de forme (n, T) ; le jeton de fin, s'il est tiré, en fait partie.

    Une réponse finie n'est plus prolongée : le modèle ne calcule que pour les autres.
    """
    model.eval()
    ids, going = prompts, list(range(len(prompts)))
    rows: list[list[int]] = [[] for _ in going]
    with torch.no_grad():
        for _ in range(max_new):
            p = model(ids)[:, -1].softmax(dim=-1)  # (encore en cours, V)
            drawn = torch.multinomial(p, 1, generator=generator)
            for i, token in zip(going, drawn[:, 0].tolist(), strict=True):
                rows[i].append(token)
            ids = torch.cat([ids, drawn], dim=1)[drawn[:, 0] != 0]
            going = [i for i in going if rows[i][-1] != 0]
            if not going:
                break
    return rows


def liking(letter: str, answer: str) -> float:
    """Ce que nos lecteurs pensent d'une réponse à « donne un prénom en … » : le plus court est le mieux.

    Mais un prénom n'a que des lettres, trois au moins, et il commence par la bonne.
    """
    return -float(len(answer)) if answer.isalpha() and len(answer) >= 3 and answer[0] == letter else -10.0


def prefers_first(letter: str, first: str, second: str, chance: random.Random) -> bool:
    """Le vote d'un lecteur : le modèle de Bradley et Terry, sur ce qu'il pense des deux réponses."""
    gap = liking(letter, first) - liking(letter, second)
    return chance.random() < 1 / (1 + math.exp(-gap))


class RewardModel(torch.nn.Module):
    """Un GPT dont la dernière couche ne donne qu'un nombre, lu au dernier jeton : la note de la réponse."""

    def __init__(self, start: GPT) -> None:
        super().__init__()
        self.body = start
        self.body.output = torch.nn.Linear(start.output.in_features, 1)

    def forward(self, texts: list[list[int]]) -> torch.Tensor:
        lengths = torch.tensor([len(text) for text in texts])
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(text) for text in texts], batch_first=True)
        scores: torch.Tensor = self.body(ids)[torch.arange(len(texts)), lengths - 1, 0]  # (n,)
        return scores


def train_reward_model(
    model: RewardModel,
    votes: list[tuple[list[int], list[int], list[int]]],
    loss: Callable[..., torch.Tensor],
    steps: int,
    lr: float,
    seed: int = 0,
) -> list[float]:
    """Apprend à noter d'après des votes (début, préférée, écartée)."""
    chance = random.Random(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    model.train()
    for _ in range(steps):
        batch = chance.choices(votes, k=32)
        chosen, rejected = model([p + c for p, c, _ in batch] + [p + r for p, _, r in batch]).chunk(2)
        value = loss(chosen, rejected)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        losses.append(value.item())
    return losses


def answers_logprob(
    model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, logprob: Callable[..., torch.Tensor]
) -> torch.Tensor:
    """Logarithmes des probabilités des réponses d'un lot (x, y), par la fonction logprob."""
    return logprob(model(x), y, y != -100)


def align_dpo(
    policy: torch.nn.Module,
    reference: torch.nn.Module,
    votes: list[tuple[list[int], list[int], list[int]]],
    make_batch: Callable[..., tuple[torch.Tensor, torch.Tensor]],
    logprob: Callable[..., torch.Tensor],
    loss: Callable[..., torch.Tensor],
    beta: float,
    steps: int,
    lr: float,
    seed: int = 0,
) -> list[float]:
    """Entraîne policy par DPO sur des votes (début, préférée, écartée) ; reference ne change pas."""
    chance = random.Random(seed)
    optimizer = torch.optim.Adam(policy.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        batch = chance.choices(votes, k=32)
        x, y = make_batch([(p, c) for p, c, _ in batch] + [(p, r) for p, _, r in batch], 0)  # préférées, puis écartées
        mine = answers_logprob(policy, x, y, logprob).chunk(2)
        with torch.no_grad():
            theirs = answers_logprob(reference, x, y, logprob).chunk(2)
        value = loss(*mine, *theirs, beta)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        losses.append(value.item())
    return losses


def align_policy(
    policy: torch.nn.Module,
    reference: torch.nn.Module,
    prompts: torch.Tensor,
    reward: Callable[[list[list[int]]], torch.Tensor],
    make_batch: Callable[..., tuple[torch.Tensor, torch.Tensor]],
    logprob: Callable[..., torch.Tensor],
    loss: Callable[..., torch.Tensor],
    beta: float,
    steps: int,
    lr: float,
    seed: int = 0,
) -> list[float]:
    """Entraîne policy sur ses propres réponses : tirer, noter, faire un pas. Renvoie la récompense moyenne de chaque pas."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(policy.parameters(), lr=lr)
    means = []
    for _ in range(steps):
        batch = prompts[torch.randint(len(prompts), (32,), generator=generator)]
        answers = sample_answers(policy, batch, generator)
        pairs = list(zip(batch.tolist(), answers, strict=True))
        x, y = make_batch(pairs, 0)
        with torch.no_grad():
            rewards = reward([prompt + answer for prompt, answer in pairs])
            theirs = answers_logprob(reference, x, y, logprob)
        value = loss(answers_logprob(policy, x, y, logprob), theirs, rewards, beta)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        means.append(rewards.mean().item())
    return means


def slopes(loss: Callable[..., torch.Tensor], *values: torch.Tensor | float) -> tuple[float, list[torch.Tensor] | None]:
    """Valeur d'une perte, et sa pente par rapport à chacun des tenseurs de réels ; None si elle ne dépend d'aucun."""
    given = [v.detach().clone().requires_grad_() if torch.is_tensor(v) and v.is_floating_point() else v for v in values]
    leaves = [v for v in given if torch.is_tensor(v) and v.requires_grad]
    result = loss(*given)
    if not (torch.is_tensor(result) and result.requires_grad):
        return float(result), None
    found = torch.autograd.grad(result, leaves, allow_unused=True)
    return result.item(), [torch.zeros_like(v) if g is None else g for v, g in zip(leaves, found, strict=True)]
