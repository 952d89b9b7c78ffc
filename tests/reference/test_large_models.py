"""What assignment 11 teaches: against the official clients over HTTP, the stand-ins without a network, and independent formulas."""

from __future__ import annotations

import doctest
import importlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference.conversation import Conversation
from reference.documents import answer_with_sources, chunk, retrieve_passages
from reference.llm import chat, cost, few_shot, with_retries
from reference.privacy import mask_personal_data, restore
from reference.tool_calls import run_tools

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data" / "llm"))

import llm_server
import local_llm

ASK = [{"role": "user", "content": "2 + 2 ?"}]
PROVIDERS = ("openai", "mistral")


class Setting:
    """A service that plays scripts, and a client of it: the official one over HTTP, or the stand-in."""

    def __init__(self, provider: str, server: tuple[local_llm.Service, str] | None) -> None:
        self._service, url = server or (local_llm.Service({}), "")
        self._service.requests.clear()
        key = "cle-de-test"
        self.client: Any = (
            llm_server.official_client(provider, url, key=key, timeout=0.6)
            if server
            else local_llm.StandIn(provider, self._service)
        )

    def plays(self, *steps: dict[str, Any]) -> None:
        self._service.models["m"] = local_llm.script(steps)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self._service.requests


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[local_llm.Service, str]]:
    service = local_llm.Service({"m": local_llm.script([])})
    running = llm_server.LocalServer(service)
    yield service, running.url
    running.stop()


@pytest.fixture(params=[f"{provider}, {how}" for provider in PROVIDERS for how in ("HTTP", "stand-in")])
def setting(request: pytest.FixtureRequest, server: tuple[local_llm.Service, str]) -> Setting:
    provider, how = request.param.split(", ")
    return Setting(provider, server if how == "HTTP" else None)


def test_one_question_by_either_client(setting: Setting) -> None:
    setting.plays({"text": "4", "usage": (6, 1)}, {"text": "Il était", "finish": "length"}, {"text": None})
    assert chat(setting.client, ASK, "m", 0.5, 7) == ("4", {"input": 6, "output": 1, "truncated": False})
    sent = {key: setting.requests[0][key] for key in ("model", "messages", "temperature", "max_tokens")}
    assert sent == {"model": "m", "messages": ASK, "temperature": 0.5, "max_tokens": 7}
    assert chat(setting.client, ASK, "m")[1]["truncated"] is True
    assert chat(setting.client, ASK, "m")[0] == ""


def test_passing_faults_are_tried_again_and_others_are_not(setting: Setting) -> None:
    waits: list[float] = []
    setting.plays({"status": 429}, {"status": 503}, {"timeout": True}, {"text": "oui"})
    text, _ = with_retries(lambda: chat(setting.client, ASK, "m"), 4, 0.25, waits.append)
    assert (text, waits) == ("oui", [0.25, 0.5, 1.0])
    for fault in ({"status": 400}, {"status": 401}, {"broken": True}):
        setting.requests.clear()
        setting.plays(fault, {"text": "oui"})
        with pytest.raises(Exception) as caught:
            with_retries(lambda: chat(setting.client, ASK, "m"), 4, 0.25, waits.append)
        assert len(setting.requests) == 1
        if "status" in fault:
            assert caught.value.status_code == fault["status"]  # type: ignore[attr-defined]
    setting.requests.clear()
    setting.plays(*[{"status": 503}] * 9)
    with pytest.raises(Exception, match="503"):
        with_retries(lambda: chat(setting.client, ASK, "m"), 3, 0.25, waits.append)
    assert (len(setting.requests), waits[3:]) == (3, [0.25, 0.5])


@pytest.mark.parametrize("how", ["HTTP", "stand-in"])
def test_tools_are_called_and_what_goes_wrong_is_answered(how: str, server: tuple[local_llm.Service, str]) -> None:
    setting = Setting("openai", server if how == "HTTP" else None)
    calls = [
        ["add", '{"a": 2, "b": 3}'],
        ["add", '{"a": '],
        ["add", "[1]"],
        ["fly", "{}"],
        ["fail", "{}"],
        ["say", "{}"],
    ]
    setting.plays({"calls": calls}, {"text": "fini"})
    tools = {"add": lambda a, b: a + b, "fail": lambda: 1 / 0, "say": lambda: "é"}
    schema = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]
    assert run_tools(setting.client, ASK, schema, tools, "m") == "fini"
    messages = setting.requests[1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", *["tool"] * 6]
    results = [message["content"] for message in messages[2:]]
    assert (results[0], results[5]) == ("5", "é")
    assert all(result.startswith("Erreur") for result in results[1:5])
    assert setting.requests[0]["tools"] == schema
    assert len(ASK) == 1
    setting.requests.clear()
    setting.plays(*[{"calls": [["say", "{}"]]}] * 9)
    with pytest.raises(RuntimeError):
        run_tools(setting.client, ASK, schema, tools, "m", max_rounds=3)
    assert len(setting.requests) == 3


def test_a_message_of_a_reply_may_be_sent_back_as_it_is(setting: Setting) -> None:
    openai = hasattr(setting.client.chat, "completions")
    ask = setting.client.chat.completions.create if openai else setting.client.chat.complete
    setting.plays({"calls": [["add", "{}"]]}, {"text": "5"})
    message = ask(model="m", messages=ASK).choices[0].message
    answer = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "5"}
    assert ask(model="m", messages=[*ASK, message, answer]).choices[0].message.content == "5"


def test_what_a_service_would_refuse_is_refused(setting: Setting) -> None:
    openai = hasattr(setting.client.chat, "completions")
    ask = setting.client.chat.completions.create if openai else setting.client.chat.complete
    call = {"id": "call00001", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for messages in (
        [{"role": "tool", "tool_call_id": "call00001", "content": "5"}],
        [*ASK, {"role": "assistant", "content": None, "tool_calls": [call]}],
        [*ASK, {"role": "assistant", "content": None, "tool_calls": [call]}, *ASK],
        [],
    ):
        setting.plays({"text": "oui"})
        with pytest.raises(Exception) as caught:
            ask(model="m", messages=messages)
        assert caught.value.status_code == 400  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="404"):
        ask(model="inconnu", messages=ASK)


def test_a_model_that_writes_piece_by_piece_streams_and_is_cut(setting: Setting) -> None:
    setting._service.models["m"] = lambda request: {"pieces": iter("bonjour")}
    assert chat(setting.client, ASK, "m", max_tokens=3) == ("bon", {"input": 2, "output": 3, "truncated": True})
    assert chat(setting.client, ASK, "m", max_tokens=7)[1] == {"input": 2, "output": 7, "truncated": False}
    if hasattr(setting.client.chat, "completions"):
        events = list(setting.client.chat.completions.create(model="m", messages=ASK, stream=True, max_tokens=4))
    else:
        events = [event.data for event in setting.client.chat.stream(model="m", messages=ASK, max_tokens=4)]
    assert [event.choices[0].delta.content or "" for event in events] == ["b", "o", "n", "j", ""]
    assert events[-1].choices[0].finish_reason == "length"


def test_the_server_speaks_plain_http(server: tuple[local_llm.Service, str]) -> None:
    service, url = server
    service.models["m"] = local_llm.script([{"text": "é"}])
    with urllib.request.urlopen(f"{url}/v1/models") as reply:
        assert [model["id"] for model in json.load(reply)["data"]] == ["m"]

    def post(body: bytes, **headers: str) -> int:
        request = urllib.request.Request(f"{url}/v1/chat/completions", body, headers)
        try:
            with urllib.request.urlopen(request) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    good = json.dumps({"model": "m", "messages": ASK}).encode()
    assert post(good) == 401
    assert post(b"{", Authorization="Bearer x") == 400
    assert post(b"[]", Authorization="Bearer x") == 400
    assert post(good, Authorization="Bearer x") == 200


def test_a_key_chooses_the_real_service_and_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    service = local_llm.Service({"m": local_llm.script([{"text": "ici"}])})
    for provider, variable in local_llm.KEYS.items():
        monkeypatch.delenv(variable, raising=False)
        client, model, where = local_llm.connect(provider, service, "m")
        assert (model, "local" in where) == ("m", True)
        monkeypatch.setenv(variable, key := 8 * "q7Zz")
        client, model, where = local_llm.connect(provider, service, "m")
        assert model == local_llm.MODELS[provider][1]
        assert "réseau" in where
        assert key not in where + repr(client) + repr(client.chat)
    assert chat(local_llm.local("openai", service)[0], ASK, "m")[0] == "ici"


def test_where_sockets_are_refused_the_stand_in_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(llm_server.socket, "socket", refused)
    client, where = local_llm.local("openai", local_llm.Service({"m": local_llm.script([{"text": "ici"}])}))
    assert isinstance(client, local_llm.StandIn)
    assert where == "client simplifié, sans réseau"
    assert chat(client, ASK, "m")[0] == "ici"


def test_few_shot_and_cost_by_hand() -> None:
    messages = few_shot("c", [("q", "r"), ("x", "s")], "x")
    assert [(m["role"], m["content"]) for m in messages] == [
        ("system", "c"), ("user", "q"), ("assistant", "r"), ("user", "x"),
    ]  # fmt: skip
    usages = [{"input": 1000, "output": 500}, {"input": 3000, "output": 0}]
    assert cost(usages, {"input": 2.0, "output": 8.0}) == pytest.approx(0.012)


@pytest.mark.parametrize("budget", range(1, 40))
def test_no_other_choice_of_turns_is_larger_and_fits(budget: int) -> None:
    sizes = [[5, 6], [3, 4], [2, 2], [5]]
    conversation = Conversation("ssss", budget, count=len)
    for turn in sizes:
        for place, size in enumerate(turn):
            conversation.add("assistant" if place else "user", "x" * size)
    kept = [len(message["content"]) for message in conversation.messages()][1:]
    suffixes = [[n for turn in sizes[start:] for n in turn] for start in range(len(sizes))]
    fitting = [suffix for suffix in suffixes if 4 + sum(suffix) <= budget] or [suffixes[-1]]
    assert kept == max(fitting, key=len)
    assert conversation.messages() == conversation.messages()


@pytest.mark.parametrize("n", range(13))
@pytest.mark.parametrize(("size", "overlap"), [(4, 0), (4, 1), (4, 3), (1, 0)])
def test_passages_cover_every_word_and_none_lies_in_another(n: int, size: int, overlap: int) -> None:
    words = [f"m{i}" for i in range(n)]
    passages = [passage.split() for passage in chunk("  ".join(words), size, overlap)]
    rebuilt = [word for i, passage in enumerate(passages) for word in (passage if i == 0 else passage[overlap:])]
    assert rebuilt == words
    assert all(len(passage) == size for passage in passages[:-1])
    assert all(len(passage) > overlap for passage in passages[1:])


def test_scores_are_those_of_matrices() -> None:
    texts = ["le chat dort", "Le chien dort, le chien court.", "un chat mange", "", "le le le"]
    query = "Le chat court-il vite ?"
    split = [
        text.lower().replace(",", " ").replace(".", " ").replace("-", " ").replace("?", " ").split()
        for text in [query, *texts]
    ]
    vocabulary = sorted({word for words in split for word in words})
    tf = np.array([[words.count(word) for word in vocabulary] for words in split], dtype=float)
    df = (tf[1:] > 0).sum(axis=0)
    rows = tf * (np.log((1 + len(texts)) / (1 + df)) + 1)
    norms = np.maximum(np.linalg.norm(rows, axis=1), 1e-12)
    cosines = rows[1:] @ rows[0] / (norms[1:] * norms[0])
    order = [int(i) for i in np.argsort(-cosines, kind="stable") if cosines[i] > 0]
    found = retrieve_passages(query, texts, 9)
    assert [i for i, _ in found] == order
    assert [score for _, score in found] == pytest.approx([cosines[i] for i in order])
    assert retrieve_passages(query, texts, 2) == found[:2]


def test_sources_exist() -> None:
    text, sources = answer_with_sources(lambda messages: "a [2][9] b [1], [2], [0]", "?", ["un", "deux"])
    assert (text, sources) == ("a [2][?] b [1], [2], [?]", [2, 1])


def test_what_is_masked_comes_back() -> None:
    patterns = {"NOM": "Léa|Zoé", "CODE": r"\b\d{5}\b"}
    text = "Léa, 12345, Zoé, Léa, 54321 et 12345"
    masked, table = mask_personal_data(text, patterns)
    assert not any(datum in masked for datum in table.values())
    assert len(table) == 4
    assert restore(masked, table) == text


@pytest.mark.parametrize(
    "module", ["reference.llm", "reference.conversation", "reference.documents", "reference.privacy", "local_llm"]
)
def test_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert (result.failed, result.attempted > 0) == (0, True)
