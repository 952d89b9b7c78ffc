"""Le serveur HTTP d'un `Service` de local_llm.py, et les clients officiels qui lui parlent.

Le serveur écoute sur cette machine seulement (127.0.0.1), à un port libre, dans un fil d'exécution du carnet. Il faut
`starlette` et `uvicorn` ; pour les clients, `openai` et `mistralai`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from local_llm import Service, Step

if TYPE_CHECKING:
    from starlette.applications import Starlette

HELD_SECONDS = 20.0  # une demande restée sans réponse est gardée si longtemps, au plus
_servers: dict[int, LocalServer] = {}


def make_app(service: Service) -> Starlette:
    """L'application : POST /v1/chat/completions et GET /v1/models, comme chez OpenAI et Mistral."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    def refused(status: int, message: str) -> Response:
        return JSONResponse({"error": {"message": message, "type": "local", "code": status}}, status_code=status)

    async def complete(request: Request) -> Response:
        if not request.headers.get("authorization", "").removeprefix("Bearer").strip():
            return refused(401, "il manque une clé")
        try:
            body = await request.json()
        except ValueError:
            return refused(400, "la demande n'est pas du JSON")
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            return refused(400, "il manque le nom du modèle")
        step = service.step(body)
        if step.get("timeout"):
            await _client_gone(request)
            return refused(504, "trop tard")
        if step.get("broken"):
            return Response('{"choices": [', media_type="application/json")
        if "status" in step:
            return refused(step["status"], step.get("message", ""))
        if body.get("stream"):
            return StreamingResponse(_lines(service, body, step), media_type="text/event-stream")
        return JSONResponse(service.completion(body, step))

    async def models(request: Request) -> Response:
        names = [{"id": name, "object": "model", "created": 0, "owned_by": "vous"} for name in service.models]
        return JSONResponse({"object": "list", "data": names})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models, methods=["GET"]),
        ]
    )


async def _client_gone(request: Any) -> None:
    """Attend que le client renonce."""
    for _ in range(int(HELD_SECONDS / 0.05)):
        if await request.is_disconnected():
            return
        await asyncio.sleep(0.05)


def _lines(service: Service, body: dict[str, Any], step: Step) -> Iterator[str]:
    """Les morceaux d'une réponse, en « server-sent events »."""
    for event in service.events(body, step):
        yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


class LocalServer:
    """Le serveur, en marche dès qu'il est construit.

    Attributs
        url : son adresse, sans « /v1 ».

    Erreurs
        OSError : cette machine n'autorise pas de serveur.
        ImportError : starlette ou uvicorn manque.
    """

    def __init__(self, service: Service) -> None:
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM
        )  # d'abord : là où c'est interdit, rien n'est importé
        try:
            self._socket.bind(("127.0.0.1", 0))
            import uvicorn

            config = uvicorn.Config(make_app(service), log_level="error", access_log=False, lifespan="off")
        except BaseException:
            self._socket.close()
            raise
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(config)
        self._socket.listen()  # ce qui arrive avant que le serveur tourne attend
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Arrête le serveur."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def start(service: Service) -> str:
    """Adresse du serveur de ce service, qui est mis en marche s'il ne l'est pas encore."""
    if id(service) not in _servers:
        _servers[id(service)] = LocalServer(service)
    return _servers[id(service)].url


def official_client(provider: str, url: str | None, *, key: str, timeout: float = 60.0) -> Any:
    """Le client officiel d'OpenAI ou de Mistral, sans nouveaux essais de son propre chef.

    Paramètres
        provider : "openai" ou "mistral".
        url : adresse d'un serveur local ; None : le vrai service.
        key : la clé.
        timeout : secondes d'attente d'une réponse.
    """
    if provider == "openai":
        from openai import OpenAI

        return OpenAI(api_key=key, base_url=url and f"{url}/v1", timeout=timeout, max_retries=0)
    from mistralai.client import Mistral

    return Mistral(api_key=key, server_url=url, timeout_ms=int(1000 * timeout))
