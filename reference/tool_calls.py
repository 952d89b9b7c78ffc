"""The loop in which a model asks for tools, gets their results, and answers."""

import json
from collections.abc import Callable
from typing import Any


def run_tools(
    client: Any,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    functions: dict[str, Callable[..., Any]],
    model: str,
    max_rounds: int = 5,
) -> str:
    """Laisse un modèle appeler des outils jusqu'à ce qu'il réponde par un texte.

    Une ronde est une demande `client.chat.completions.create(model=..., messages=..., tools=...)`. Si le message reçu,
    `choices[0].message`, n'a pas de `tool_calls` (None ou liste vide), son contenu est la réponse. Sinon, on ajoute à
    la conversation le message de l'assistant, avec ses `tool_calls`, puis, pour chaque appel et dans l'ordre, un message
    {"role": "tool", "tool_call_id": identifiant de l'appel, "content": résultat}, et l'on passe à la ronde suivante.

    Le nom de l'outil est `function.name` ; ses arguments nommés sont l'objet JSON que contient le texte
    `function.arguments`. Un résultat qui est un texte est envoyé tel quel, tout autre en JSON. Si l'outil n'existe pas,
    si les arguments ne sont pas un objet JSON, ou si l'outil lève une erreur, rien ne s'arrête : le contenu du message
    est un texte qui commence par « Erreur », et c'est au modèle de se corriger. Les arguments ne sont jamais exécutés.

    Paramètres
        client : un client d'OpenAI.
        messages : la conversation ; elle n'est pas modifiée.
        tools : descriptions des outils, telles qu'on les envoie.
        functions : nom de chaque outil et fonction à appeler, avec des arguments nommés.
        model : nom du modèle.
        max_rounds : nombre maximal de demandes.

    Renvoie
        Le texte de la réponse, "" s'il n'y en a pas (None).

    Erreurs
        RuntimeError : `max_rounds` demandes ont été faites, et le modèle veut encore des outils.

    Exemple
        >>> run_tools(client, messages, tools, {"add": lambda a, b: a + b}, "gpt-4")  # doctest: +SKIP
        'La somme vaut 5.'

    Source : OpenAI, « Function calling » ; Schick et al. (2023), « Toolformer ».
    """
    messages = list(messages)
    for _ in range(max_rounds):
        reply = client.chat.completions.create(model=model, messages=messages, tools=tools)
        message = reply.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        asked = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in message.tool_calls
        ]
        messages.append({"role": "assistant", "content": message.content, "tool_calls": asked})
        for call in message.tool_calls:
            try:
                arguments = json.loads(call.function.arguments)
                result = functions[call.function.name](**arguments)
                content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
            except Exception as error:
                content = f"Erreur : {type(error).__name__}, {error}"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
    raise RuntimeError(f"pas de réponse après {max_rounds} demandes")
