"""Talking to a large model: prompts as messages, one call on either vendor's client, retries, and what it costs."""

import time
from collections.abc import Callable
from typing import Any


def few_shot(task: str, examples: list[tuple[str, str]], x: str) -> list[dict[str, str]]:
    """Messages qui posent une question à un modèle, après quelques exemples de questions et de réponses.

    D'abord la consigne, dans un message du rôle « system ». Puis, pour chaque exemple, dans l'ordre, un message
    « user » avec la question et un message « assistant » avec la réponse. Enfin la question `x`, du rôle « user ».
    Un exemple dont la question est exactement `x` est laissé de côté.

    Paramètres
        task : la consigne.
        examples : couples (question, réponse) ; la liste peut être vide (« zero-shot »). Elle n'est pas modifiée.
        x : la question.

    Renvoie
        Une liste de dictionnaires {"role": ..., "content": ...}, dont les contenus sont les textes reçus, tels quels.

    Exemple
        >>> few_shot("Réponds par oui ou non.", [("Un chat vole-t-il ?", "non")], "Un merle vole-t-il ?")[1:]
        ... # doctest: +NORMALIZE_WHITESPACE
        [{'role': 'user', 'content': 'Un chat vole-t-il ?'}, {'role': 'assistant', 'content': 'non'},
         {'role': 'user', 'content': 'Un merle vole-t-il ?'}]

    Source : Brown et al. (2020), « Language Models are Few-Shot Learners », § 2.
    """
    messages = [{"role": "system", "content": task}]
    for question, answer in examples:
        if question != x:
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return [*messages, {"role": "user", "content": x}]


def chat(
    client: Any, messages: list[dict[str, Any]], model: str, temperature: float = 0.0, max_tokens: int = 200
) -> tuple[str, dict[str, Any]]:
    """Une question à un modèle, et sa réponse, chez OpenAI comme chez Mistral.

    Le client de Mistral a une méthode `client.chat.complete`, celui d'OpenAI `client.chat.completions.create` ; chacun
    n'a que la sienne. Les deux prennent les arguments nommés model, messages, temperature et max_tokens. Une seule
    demande est faite, et les erreurs ne sont pas attrapées.

    Paramètres
        client : un client d'OpenAI ou de Mistral.
        messages : la conversation ; elle n'est pas modifiée.
        model : nom du modèle.
        temperature : température du tirage.
        max_tokens : nombre maximal de jetons de la réponse.

    Renvoie
        text : le texte de la première réponse (`choices[0].message.content`), "" s'il n'y en a pas (None).
        usage : dictionnaire {"input": jetons de la demande, "output": jetons de la réponse, "truncated": booléen, vrai
        si la réponse a été coupée, c'est-à-dire si `finish_reason` vaut "length"}.

    Exemple
        >>> chat(client, [{"role": "user", "content": "2 + 2 ?"}], "gpt-4")  # doctest: +SKIP
        ('4', {'input': 6, 'output': 1, 'truncated': False})

    Source : documentation de l'interface « Chat Completions » d'OpenAI, et de celle de Mistral.
    """
    ask = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
    reply = ask(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    choice = reply.choices[0]
    usage = {
        "input": reply.usage.prompt_tokens,
        "output": reply.usage.completion_tokens,
        "truncated": choice.finish_reason == "length",
    }
    return choice.message.content or "", usage


def with_retries(
    call: Callable[[], Any], attempts: int = 5, base: float = 1.0, sleep: Callable[[float], Any] = time.sleep
) -> Any:
    """Appelle une fonction, et recommence après une panne passagère, en attendant de plus en plus longtemps.

    Une panne est passagère si l'attribut `status_code` de l'erreur vaut 429 ou 503, ou si le nom de la classe de
    l'erreur contient « Timeout ». Après la première panne, on attend `base` secondes, puis 2 · base, puis 4 · base, et
    ainsi de suite. Toute autre erreur, et la panne du dernier essai, sont relancées aussitôt, sans attendre.

    Paramètres
        call : fonction sans argument.
        attempts : nombre maximal d'appels, au moins 1.
        base : première attente, en secondes.
        sleep : fonction qui attend le nombre de secondes qu'on lui donne.

    Renvoie
        Ce que `call()` renvoie.

    Exemple
        >>> with_retries(lambda: "réponse")
        'réponse'

    Source : OpenAI, « How to handle rate limits » ; RFC 6585 (429) et RFC 9110 (503).
    """
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            passing = getattr(error, "status_code", None) in (429, 503) or "Timeout" in type(error).__name__
            if not passing or attempt == attempts - 1:
                raise
        sleep(base * 2**attempt)
    raise ValueError("attempts doit valoir 1 au moins")


def cost(usages: list[dict[str, int]], price: dict[str, float]) -> float:
    """Prix de plusieurs demandes.

    Paramètres
        usages : pour chaque demande, un dictionnaire avec "input" et "output", les jetons envoyés et reçus ; d'autres
            clés sont permises, et sans effet. La liste peut être vide.
        price : prix d'un million de jetons envoyés ("input") et d'un million de jetons reçus ("output").

    Renvoie
        Le prix total, dans la monnaie de `price`, sans arrondi.

    Exemple
        >>> cost([{"input": 1000, "output": 500}, {"input": 3000, "output": 0}], {"input": 2.0, "output": 8.0})
        0.012

    Source : les tarifs publics d'OpenAI et de Mistral, donnés par million de jetons.
    """
    total = sum(usage["input"] * price["input"] + usage["output"] * price["output"] for usage in usages)
    return total / 1_000_000
