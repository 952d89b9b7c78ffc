"""What a chat sends: a system message and as many of the latest turns as fit."""

from collections.abc import Callable


class Conversation:
    """Mémoire d'une conversation, dont on n'envoie que ce qui tient dans un budget de jetons.

    Un **tour** est un message « user » et tout ce qui le suit, jusqu'au message « user » d'après. `messages()` donne le
    message « system », puis les derniers tours entiers, du plus ancien au plus récent : on en garde autant qu'il se peut
    sans que la somme des jetons de tous les messages, « system » compris, dépasse `max_tokens`. Le dernier tour est
    toujours gardé, même s'il dépasse le budget à lui seul. Un tour n'est jamais gardé sans ceux qui le suivent.

    Rien n'est oublié pour autant : `add` range tout, et `messages()` ne change rien à la mémoire.

    Paramètres
        system : texte du message « system ».
        max_tokens : budget de jetons.
        count : fonction qui donne le nombre de jetons d'un texte ; un message en prend autant que son contenu.

    Méthodes
        add(role, content) : ajoute un message à la fin. Le premier ajouté est du rôle « user ».
        messages() : une nouvelle liste de dictionnaires {"role": ..., "content": ...}.

    Exemple
        >>> conversation = Conversation("Sois bref.", 11, count=len)
        >>> for content in ("Ça va ?", "Oui."):
        ...     conversation.add("user", content)
        >>> [message["content"] for message in conversation.messages()]
        ['Sois bref.', 'Oui.']

    Source : OpenAI, « Conversation state » (« managing context »).
    """

    def __init__(self, system: str, max_tokens: int, count: Callable[[str], int]) -> None:
        self.first = {"role": "system", "content": system}
        self.max_tokens = max_tokens
        self.count = count
        self.turns: list[list[dict[str, str]]] = []

    def add(self, role: str, content: str) -> None:
        if role == "user" or not self.turns:
            self.turns.append([])
        self.turns[-1].append({"role": role, "content": content})

    def messages(self) -> list[dict[str, str]]:
        left = self.max_tokens - self.count(self.first["content"])
        kept: list[dict[str, str]] = []
        for turn in reversed(self.turns):
            left -= sum(self.count(message["content"]) for message in turn)
            if kept and left < 0:
                break
            kept = turn + kept
        return [dict(message) for message in [self.first, *kept]]
