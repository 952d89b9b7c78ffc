"""Un service de modèles de langue dans votre carnet, et de quoi lui parler, avec ou sans réseau.

    service = Service({"perroquet": lambda request: {"text": request["messages"][-1]["content"]}})
    client, where = local("openai", service)
    reply = client.chat.completions.create(model="perroquet", messages=[{"role": "user", "content": "Bonjour"}])
    reply.choices[0].message.content     # "Bonjour"

- `Service` répond comme les serveurs d'OpenAI et de Mistral : mêmes demandes, mêmes réponses, mêmes erreurs.
- `local` donne un client officiel relié à ce service par HTTP (voir `llm_server.py`). Sans les bibliothèques nécessaires, ou
  là où le réseau est interdit (pendant la correction), c'est un client simplifié, qui s'emploie de la même manière.
- `connect` donne le vrai service si une clé se trouve dans l'environnement, et sinon `local`.
- `Spy` est une fonction qui note ses appels ; `attempt` dit comment un appel s'est terminé.

Seule la bibliothèque standard de Python est nécessaire.
"""

from __future__ import annotations

import copy
import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Step = dict[str, Any]
Request = dict[str, Any]
Play = Callable[[Request], Step]

# La variable d'environnement où chaque fournisseur cherche la clé, et le modèle demandé si aucun n'est nommé.
KEYS = {"openai": "OPENAI_API_KEY", "mistral": "MISTRAL_API_KEY"}
MODELS = {"openai": ("OPENAI_MODEL", "gpt-4"), "mistral": ("MISTRAL_MODEL", "mistral-small-latest")}
ROLES = ("system", "user", "assistant", "tool")


class ServiceError(Exception):
    """Le service refuse une demande, comme `openai.APIStatusError` ou `mistralai` le disent : `status_code` dit pourquoi."""

    def __init__(self, status_code: int, message: str = "") -> None:
        super().__init__(f"{status_code} {message}".strip())
        self.status_code = status_code


class ServiceTimeout(Exception):
    """Le service n'a pas répondu à temps ; une telle erreur n'a pas de `status_code`."""


def count_tokens(text: str) -> int:
    """Estimation du nombre de jetons d'un texte : un jeton pour quatre caractères, arrondi vers le haut.

    >>> count_tokens("Bonjour !")
    3
    """
    return math.ceil(len(text) / 4)


def script(steps: Iterable[Step]) -> Play:
    """Un modèle qui joue des réponses écrites d'avance, l'une après l'autre, quelle que soit la demande.

    Une réponse est un dictionnaire :
        {"text": "Oui."}, et si l'on veut "finish" ("stop" ou "length") et "usage" (jetons de la demande, de la réponse) ;
        {"calls": [["météo", '{"ville": "Bienne"}']]} : le modèle demande d'appeler des outils ;
        {"status": 429} : une erreur ; {"timeout": True} : pas de réponse ; {"broken": True} : une réponse illisible.
    """
    left = iter([dict(step) for step in steps])
    return lambda request: next(left, {"status": 400, "message": "le scénario est terminé"})


class Service:
    """Un service de modèles de langue.

    Paramètres
        models : pour chaque nom de modèle, une fonction qui reçoit la demande (un dictionnaire : "messages",
            "temperature", "max_tokens", "tools", ...) et renvoie une réponse, sous une des formes de `script`, ou
            {"pieces": itérateur de bouts de texte} pour un modèle qui écrit jeton par jeton.

    Attributs
        requests : les demandes reçues, dans l'ordre.
    """

    def __init__(self, models: dict[str, Play]) -> None:
        self.models = models
        self.requests: list[Request] = []
        self._numbers = itertools.count(1)

    def step(self, request: Request) -> Step:
        """Ce que le modèle répond à une demande, erreurs comprises."""
        request = plain(request)
        self.requests.append(request)
        mistake = mistake_in(request)
        if mistake:
            return {"status": 400, "message": mistake}
        if request["model"] not in self.models:
            return {"status": 404, "message": f"aucun modèle ne s'appelle {request['model']!r}"}
        return self.models[request["model"]](copy.deepcopy(request))

    def events(self, request: Request, step: Step) -> Iterator[dict[str, Any]]:
        """Une réponse en morceaux, comme elle part au client qui demande `stream=True`."""
        for piece in _pieces(step, request):
            yield self._reply(request, "chat.completion.chunk", [{"delta": {"content": piece}, "finish_reason": None}])
        yield self._reply(
            request, "chat.completion.chunk", [{"delta": {"content": ""}, "finish_reason": step["finish"]}]
        )

    def completion(self, request: Request, step: Step) -> dict[str, Any]:
        """Une réponse entière."""
        pieces = list(_pieces(step, request))
        calls = [
            {"id": f"call{next(self._numbers):05d}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in step.get("calls", ())
        ]  # fmt: skip
        content = "".join(pieces) if pieces or not (calls or step.get("text", "") is None) else None
        message = {"role": "assistant", "content": content, "tool_calls": calls or None}
        finish = "tool_calls" if calls else step["finish"]
        asked = sum(count_tokens(message.get("content") or "") for message in request["messages"])
        written = len(pieces) if "pieces" in step else count_tokens(content or "")
        asked, written = step.get("usage", (asked, written))
        reply = self._reply(request, "chat.completion", [{"message": message, "finish_reason": finish}])
        usage = {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written}
        return reply | {"usage": usage}

    def _reply(self, request: Request, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        numbered = [{"index": n} | choice for n, choice in enumerate(choices)]
        return {"id": "local", "object": kind, "created": 0, "model": request["model"], "choices": numbered}


def _pieces(step: Step, request: Request) -> Iterator[str]:
    """Les bouts de texte d'une réponse ; ensuite, step["finish"] dit si elle est finie ou coupée."""
    step.setdefault("finish", "stop")
    if "pieces" not in step:
        if step.get("text"):
            yield str(step["text"])
        return
    limit = request.get("max_tokens") or 100
    for number, piece in enumerate(step["pieces"]):
        if number == limit:
            step["finish"] = "length"
            return
        yield piece


def mistake_in(request: Request) -> str:
    """Ce qu'un vrai service reprocherait à une demande ; un texte vide si rien."""
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages doit être une liste non vide"
    if request.get("max_tokens") is not None and request["max_tokens"] < 1:
        return "max_tokens doit valoir 1 au moins"
    waiting: list[str] = []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            return f"le rôle d'un message est l'un de {', '.join(ROLES)}"
        calls = message.get("tool_calls") or []
        if not isinstance(message.get("content"), str) and not (message["role"] == "assistant" and calls):
            return "le contenu d'un message est un texte"
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return "un message du rôle tool répond à un appel d'outil du message assistant qui précède"
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return "un appel d'outil est resté sans réponse"
        else:
            waiting = [call["id"] for call in calls]
    return "un appel d'outil est resté sans réponse" if waiting else ""


class Reply:
    """Une réponse, ou une partie : ses champs se lisent comme des attributs, `reply.choices[0].message.content`."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, _wrapped(value))

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Les mêmes champs dans un dictionnaire."""
        return {name: plain(value) for name, value in vars(self).items()}

    def __repr__(self) -> str:
        return f"Reply({self.model_dump()})"


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return Reply(value)
    return [_wrapped(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """La même valeur, copiée, en dictionnaires, listes, textes et nombres : un message peut être un objet d'une réponse."""
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(exclude_none=True))
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


class _Chat:
    def __init__(self, service: Service) -> None:
        self._service = service

    def _ask(self, stream: bool, request: Request) -> Any:
        request = plain(request)
        step = self._service.step(request)
        if step.get("timeout"):
            raise ServiceTimeout("le service n'a pas répondu à temps")
        if step.get("broken"):
            raise ValueError("la réponse du service n'est pas du JSON")
        if "status" in step:
            raise ServiceError(step["status"], step.get("message", ""))
        if stream:
            return (Reply(event) for event in self._service.events(request, step))
        return Reply(self._service.completion(request, step))


class _Completions(_Chat):
    def create(self, *, stream: bool = False, **request: Any) -> Any:
        return self._ask(stream, request)


class _OpenAIChat:
    def __init__(self, service: Service) -> None:
        self.completions = _Completions(service)


class _MistralChat(_Chat):
    def complete(self, **request: Any) -> Any:
        return self._ask(False, request)

    def stream(self, **request: Any) -> Any:
        return (Reply({"data": event.model_dump()}) for event in self._ask(True, request))


class StandIn:
    """Client simplifié, sans réseau : `client.chat.completions.create` (OpenAI) ou `client.chat.complete` (Mistral).

    Attributs
        service : le service appelé ; `requests` : les demandes qu'il a reçues.
    """

    def __init__(self, provider: str, service: Service) -> None:
        self.service, self.requests = service, service.requests
        self.chat = {"openai": _OpenAIChat, "mistral": _MistralChat}[provider](service)


def scripted(provider: str, steps: Iterable[Step]) -> StandIn:
    """Client sans réseau dont tous les modèles jouent le même scénario, quel que soit leur nom.

    >>> client = scripted("mistral", [{"text": "Oui."}])
    >>> client.chat.complete(model="m", messages=[{"role": "user", "content": "?"}]).choices[0].message.content
    'Oui.'
    """

    class AnyModel(dict[str, Play]):
        def __contains__(self, name: object) -> bool:
            return True

        def __missing__(self, name: str) -> Play:
            return play

    play = script(steps)
    return StandIn(provider, Service(AnyModel()))


def local(provider: str, service: Service) -> tuple[Any, str]:
    """Client de ce service : par HTTP si c'est possible, et sinon sans réseau. Renvoie le client et un mot qui le dit."""
    try:
        from llm_server import official_client, start

        url = start(service)
        return official_client(provider, url, key="locale"), f"serveur local, {url}"
    except (ImportError, OSError):
        return StandIn(provider, service), "client simplifié, sans réseau"


def connect(provider: str, service: Service, model: str) -> tuple[Any, str, str]:
    """Le vrai service si sa clé est dans l'environnement, et sinon `local`. Renvoie client, nom du modèle, et où il est.

    La clé n'est lue qu'ici, dans l'environnement ; elle n'est ni affichée ni rangée dans le carnet.
    """
    key = os.environ.get(KEYS[provider], "").strip()
    if key:
        from llm_server import official_client

        variable, usual = MODELS[provider]
        chosen = os.environ.get(variable, usual)
        return official_client(provider, None, key=key), chosen, f"{provider}, par le réseau, avec votre clé"
    client, where = local(provider, service)
    return client, model, where


class Spy:
    """Une fonction qui note ses appels dans `calls` : une paire [arguments, arguments nommés] par appel.

    Elle joue des réponses : {"value": ...}, {"status": 429}, {"timeout": True} ou {"error": "texte"}. Au lieu de True, le
    nom de la classe d'un délai dépassé : {"timeout": "ReadTimeout"}. La dernière se répète ; sans aucune, elle renvoie None.
    """

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps = list(steps)
        self.calls: list[Any] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        step: Step = self.steps[min(len(self.calls), len(self.steps) - 1)] if self.steps else {}
        self.calls.append([plain(args), plain(kwargs)])
        if step.get("timeout"):
            raise _timeout(step["timeout"])
        if "status" in step:
            raise ServiceError(step["status"])
        if "error" in step:
            raise ValueError(step["error"])
        return step.get("value")


def _timeout(name: Any) -> Exception:
    """Un délai dépassé, de la classe que nomme un client ou un autre."""
    return ServiceTimeout("trop tard") if name is True else type(str(name), (Exception,), {})("trop tard")


def attempt(function: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Comment un appel se termine : {"value": ...}, ou {"error": nom de l'erreur, "status": son status_code ou None}."""
    try:
        return {"value": function(*args, **kwargs)}
    except Exception as problem:
        return {"error": type(problem).__name__, "status": getattr(problem, "status_code", None)}
