"""Supervised finetuning: the format of examples, batches whose prompts do not count, their loss, one step, answering."""

import torch


def format_example(example: dict[str, str]) -> tuple[str, str]:
    """Écrit un exemple annoté comme un début de texte et sa suite.

    Le début est fait de trois titres, chacun sur sa ligne, suivis d'une espace, de deux-points et d'une espace :
    « Consigne », « Entrée », « Réponse ». Si l'entrée est vide, sa ligne n'existe pas. Rien n'est ajouté après le
    dernier titre, et aucun texte n'est modifié.

    Paramètres
        example : dictionnaire de trois textes, "instruction", "input" et "output" ; "input" est "" s'il n'y a rien à
        dire de plus. Il n'est pas modifié.

    Renvoie
        (prompt, response) : deux textes ; le second est example["output"].

    Exemple
        >>> format_example({"instruction": "donne la dernière lettre", "input": "léa", "output": "a"})
        ('Consigne : donne la dernière lettre\\nEntrée : léa\\nRéponse : ', 'a')
        >>> format_example({"instruction": "donne un prénom en l", "input": "", "output": "léa"})
        ('Consigne : donne un prénom en l\\nRéponse : ', 'léa')

    Source : Taori et al. (2023), « Stanford Alpaca » (instruction, input, output).
    """
    lines = [f"Consigne : {example['instruction']}"]
    if example["input"]:
        lines.append(f"Entrée : {example['input']}")
    return "\n".join([*lines, "Réponse : "]), example["output"]


def collate(
    pairs: list[tuple[list[int], list[int]]], pad_id: int, ignore_index: int = -100
) -> tuple[torch.Tensor, torch.Tensor]:
    """Range des paires (début, réponse) de longueurs différentes dans deux tableaux, où seule la réponse est à prédire.

    Le texte d'une paire est son début suivi de sa réponse. Les entrées x sont ce texte sans son dernier jeton, les
    cibles y le même texte sans le premier : la cible de la position t est le jeton t + 1. Dans y, les jetons du début
    sont remplacés par ignore_index ; tous ceux de la réponse restent, du premier au dernier. Les lignes sont
    complétées à droite, jusqu'à la plus longue : par pad_id dans x, par ignore_index dans y. (Dans x, le dernier jeton
    d'un texte court peut aussi rester à sa place : il ne prédit rien qui compte.)

    Paramètres
        pairs : liste non vide de B paires de listes de jetons, aucune vide. Une réponse se termine par le jeton de
        fin, qui peut être le même nombre que pad_id. Les listes ne sont pas modifiées.
        pad_id : jeton de remplissage.
        ignore_index : ce qui veut dire, dans y, « cette position ne compte pas ».

    Renvoie
        x, y : deux tenseurs d'entiers de forme (B, T), où T est la longueur du plus long texte, moins un.

    Exemple
        >>> x, y = collate([([5, 6], [7, 0]), ([5], [8, 9, 4, 0])], pad_id=0)
        >>> x.tolist()
        [[5, 6, 7, 0], [5, 8, 9, 4]]
        >>> y.tolist()
        [[-100, 7, 0, -100], [8, 9, 4, 0]]

    Source : Ouyang et al. (2022), « Training language models to follow instructions with human feedback », § 3.5.
    """
    T = max(len(prompt) + len(response) for prompt, response in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)  # (B, T)
    y = torch.full((len(pairs), T), ignore_index)  # (B, T)
    for row, (prompt, response) in enumerate(pairs):
        text = torch.tensor([*prompt, *response])
        x[row, : len(text) - 1] = text[:-1]
        y[row, len(prompt) - 1 : len(text) - 1] = text[len(prompt) :]
    return x, y


def masked_loss(logits: torch.Tensor, y: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """Entropie croisée moyenne des positions qui comptent.

    On divise par le nombre de positions qui comptent, dans tout le lot. S'il n'y en a aucune, la perte est 0, et aucune
    pente n'est `nan`.

    Paramètres
        logits : tenseur réel de forme (B, T, V) : les scores de chaque position.
        y : tenseur d'entiers de forme (B, T) : le jeton à prédire, ou ignore_index. Les cibles sont déjà décalées. Il
        n'est pas modifié.
        ignore_index : marque des positions qui ne comptent pas ; ce n'est pas toujours -100.

    Renvoie
        Un nombre, en nats (tenseur sans dimension, dans le graphe des gradients).

    Exemple
        >>> logits = torch.tensor([[[0.0, 0.0], [9.0, 9.0], [5.0, 1.0]]])
        >>> round(masked_loss(logits, torch.tensor([[1, 0, -100]])).item(), 4)  # deux fois log 2, en moyenne
        0.6931
        >>> masked_loss(logits, torch.tensor([[-1, -1, -1]]), ignore_index=-1).item()
        0.0

    Source : Ouyang et al. (2022), § 3.5 ; `torch.nn.functional.cross_entropy`, pour ignore_index.
    """
    total = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), y, ignore_index=ignore_index, reduction="sum"
    )  # cross_entropy wants the classes second: (B, V, T)
    return total / (y != ignore_index).sum().clamp(min=1)


def train_step(model: torch.nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> float:
    """Un pas d'entraînement : la même fonction sert à la première phase et à la deuxième.

    Le modèle est mis en mode entraînement. La perte est l'entropie croisée moyenne des positions dont la cible n'est
    pas -100. L'optimiseur fait un seul pas, selon le gradient de cette perte et d'elle seule, tel quel.

    Paramètres
        model : modèle PyTorch ; reçoit des jetons (B, T), renvoie des scores (B, T, V). Ses poids sont modifiés.
        optimizer : optimiseur des poids du modèle. Il peut contenir encore d'anciens gradients.
        x, y : deux tenseurs d'entiers de forme (B, T), entrées et cibles.

    Renvoie
        La perte d'avant le pas, un nombre de Python.

    Exemple
        >>> model = torch.nn.Embedding(2, 2)
        >>> _ = torch.nn.init.zeros_(model.weight)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> round(train_step(model, optimizer, torch.tensor([[0, 1]]), torch.tensor([[1, -100]])), 4)
        0.6931
        >>> model.weight.tolist()  # après 0, le 1 devient plus probable ; rien n'est appris de ce qui suit 1
        [[-0.5, 0.5], [0.0, 0.0]]

    Source : Ouyang et al. (2022), § 3.1, étape 1.
    """
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def respond(model: torch.nn.Module, prompt: list[int], end_id: int, block_size: int, max_new: int = 12) -> list[int]:
    """Réponse du modèle à un début de texte : à chaque fois, le jeton de plus grand score.

    Le modèle reçoit tout ce qui est déjà écrit, mais jamais plus de block_size jetons : les derniers. Il est mis en
    mode évaluation, et aucun gradient n'est calculé. La réponse s'arrête au premier jeton de fin, ou après max_new
    jetons.

    Paramètres
        model : modèle PyTorch ; reçoit des jetons (1, T), renvoie des scores (1, T, V).
        prompt : liste non vide de jetons, dont peut-être end_id ; elle n'est pas modifiée.
        end_id : jeton de fin.
        block_size : nombre maximal de jetons que le modèle accepte.
        max_new : nombre maximal de jetons de la réponse.

    Renvoie
        La liste des jetons de la réponse, sans le début et sans le jeton de fin.

    Exemple
        >>> model = torch.nn.Embedding.from_pretrained(torch.tensor([[0.0, 0, 0], [0, 0, 1], [1, 0, 0]]))
        >>> respond(model, [2, 1], end_id=0, block_size=8)  # après 1 vient 2, après 2 la fin
        [2]

    Source : A. Karpathy, « makemore » (`generate`), ici sans tirage.
    """
    model.eval()
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(max_new):
            scores = model(torch.tensor([ids[-block_size:]]))[0, -1]  # (V,)
            best = int(scores.argmax())
            if best == end_id:
                break
            ids.append(best)
    return ids[len(prompt) :]
