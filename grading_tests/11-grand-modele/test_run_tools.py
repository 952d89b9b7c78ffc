"""Hidden checks of run_tools: the rounds and their messages, calls that go wrong, a model that never ends. All exact.

The scripted client refuses, as the services do, a tool's message without its call and a call without its answer.
"""

import json

from coursegrader.checks import CheckFailed, check, expect

TOOLS = [{"type": "function", "function": {"name": "f", "description": "un outil"}}]


def start(word):
    return [{"role": "system", "content": "Sois bref."}, {"role": "user", "content": word}]


def requests_of(client):
    return client.get("requests")


def refused(client, result):
    """Why a call that raised did so, where it is a mistake in the messages."""
    requests = requests_of(client)
    if result.get("status") != 400 or len(requests) < 2:
        return None
    added = requests[-1]["messages"][2:]
    asked = [call["id"] for message in added for call in message.get("tool_calls") or ()]
    answered = [message.get("tool_call_id") for message in added if message.get("role") == "tool"]
    if answered and not asked:
        return "call-message-missing"
    if asked and not answered:
        told = any(message.get("role") == "user" for message in added)
        return "results-as-user" if told else "tool-result-missing"
    return "only-first-call" if set(answered) < set(asked) else "tool-id-wrong"


def text_of(client, result):
    """The text a call gave, or a failure that says why there is none."""
    if "value" in result:
        return result["value"]
    name = refused(client, result)
    raise CheckFailed(f"La fonction finit par une erreur ({result['error']}).", misconception=name)


@check(
    points=1.5,
    message="Écrivez la conversation d'une demande à la suivante : le message de l'assistant avec ses appels, puis un message "
    "par appel, avec son identifiant et son résultat.",
    misconceptions=[
        "call-message-missing", "tool-result-missing", "tool-id-wrong", "only-first-call", "arguments-evaluated", "tools-not-sent", "conversation-modified",
        "arguments-positional", "results-as-user", "history-not-sent", "call-incomplete",
        "result-not-json",
    ],
)  # fmt: skip
def test_rounds(student, llm, rng, words, ended):
    a, b, c, question, answer, model = words(6)
    n = rng.randint(10, 99)
    steps = [
        {"calls": [[a, json.dumps({"word": c, "n": n})], [b, "{}"]]},
        {"calls": [[b, json.dumps({"exact": True, "none": None})]]},
        {"text": answer},
    ]
    client = llm.scripted("openai", steps)
    given_back = {"n": n + 1, "exact": True}  # str() of it is no JSON
    one, other = llm.Spy([{"value": given_back}]), llm.Spy([{"value": "pluie"}, {"value": "neige"}])
    messages = start(question)
    result = ended("run_tools", client, messages, TOOLS, {a: one, b: other}, model)
    changed = "2" in student.last_call.modified_inputs  # of `attempt`: the function, the client, the messages
    text = text_of(client, result)
    expect.equal(text, answer, what="la réponse")
    requests = requests_of(client)
    expect.equal(len(requests), 3, what="le nombre de demandes")
    calls_a, calls_b = one.get("calls"), other.get("calls")
    if any(args for args, _ in [*calls_a, *calls_b]):
        raise CheckFailed("Les outils reçoivent des arguments nommés.", misconception="arguments-positional")
    expect.equal([kwargs for _, kwargs in calls_a], [{"word": c, "n": n}], what="les arguments du premier outil")
    given, right = [kwargs for _, kwargs in calls_b], [{}, {"exact": True, "none": None}]
    # Of the second call only JSON can be read: Python knows neither `true` nor `null`.
    expect.equal(given, right, what="ceux du second", misconceptions={"arguments-evaluated": right[:1]})
    for request in requests:
        if request.get("tools") != TOOLS:
            raise CheckFailed("La description des outils manque dans une demande.", misconception="tools-not-sent")
        expect.equal(request.get("model"), model, what="le modèle demandé")
    compare_messages(requests, messages, [given_back, "pluie", "neige"])
    compare_calls(requests[-1]["messages"][len(messages) :], [call for step in steps for call in step.get("calls", ())])
    if changed:
        raise CheckFailed("La conversation reçue a été modifiée.", misconception="conversation-modified")


def compare_messages(requests, messages, results):
    """The messages of the last request: the conversation, then each round's call and results."""
    sent = requests[-1]["messages"]
    if sent[: len(messages)] != messages:
        raise CheckFailed("Le début de la conversation n'est plus envoyé.", misconception="history-not-sent")
    added = sent[len(messages) :]
    roles = [message.get("role") for message in added]
    wrong = {"results-as-user": ["assistant", "user", "user", "assistant", "user"]}
    expect.equal(
        roles, ["assistant", "tool", "tool", "assistant", "tool"], what="les rôles ajoutés", misconceptions=wrong
    )
    ids = [call["id"] for message in added for call in message.get("tool_calls") or ()]
    answered = [message for message in added if message["role"] == "tool"]
    expect.equal([message.get("tool_call_id") for message in answered], ids, what="les identifiants")
    for message, result in zip(answered, results, strict=True):
        if not isinstance(result, str):
            if as_json(message["content"]) != result:
                raise CheckFailed(
                    "Un résultat qui n'est pas un texte n'est pas en JSON.", misconception="result-not-json"
                )
            continue
        if message["content"] not in (result, json.dumps(result), json.dumps(result, ensure_ascii=False)):
            expect.equal(message["content"], result, what="le contenu d'un message d'outil")


def as_json(content):
    """What a text of JSON says; None if it is none."""
    try:
        return json.loads(content) if isinstance(content, str) else None
    except ValueError:
        return None


def compare_calls(added, right):
    """The calls as the model made them: the scripted client looks at their identifiers only, a real service at all of it."""
    sent = []
    for call in (call for message in added for call in message.get("tool_calls") or ()):
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        sent.append([call.get("type"), function.get("name"), function.get("arguments")])
    if sent != [["function", name, arguments] for name, arguments in right]:
        raise CheckFailed(
            "Le message de l'assistant n'a plus ses `tool_calls` tels qu'il les a faits.",
            misconception="call-incomplete",
        )


@check(
    points=1.5,
    message="Essayez des arguments qui ne sont pas du JSON, ou pas un objet, un outil inconnu, un outil qui lève une erreur : chaque "
    "appel reçoit une réponse qui commence par « Erreur », et la conversation continue.",
    misconceptions=[
        "arguments-evaluated", "list-as-arguments", "bad-json-raised", "unknown-tool-raised", "tool-error-raised", "error-not-told", "bad-json-as-empty",
        "call-message-missing", "tool-result-missing", "tool-id-wrong", "results-as-user",
    ],
)  # fmt: skip
def test_faults(llm, words, ended):
    a, answer, question, unknown = words(4)
    cases = [
        ("bad-json-raised", a, '{"n": ', {}),
        ("arguments-evaluated", a, '{"n": 2 + 3}', {}),
        ("arguments-evaluated", a, "{'n': 5}", {}),
        ("bad-json-raised", a, "[1, 2]", {}),
        ("unknown-tool-raised", unknown, '{"n": 5}', {}),
        ("tool-error-raised", a, '{"n": 5}', {"error": "impossible"}),
    ]
    for name, tool, arguments, step in cases:
        client = llm.scripted("openai", [{"calls": [[tool, arguments]]}, {"text": answer}])
        spy = llm.Spy([step or {"value": 7}])
        result = ended("run_tools", client, start(question), TOOLS, {a: spy}, "m")
        calls = spy.get("calls")
        if calls and not step:
            known = "list-as-arguments" if arguments == "[1, 2]" else "arguments-evaluated"
            if all(not args and not kwargs for args, kwargs in calls):
                known = "bad-json-as-empty"
            raise CheckFailed("Un outil a été appelé malgré des arguments illisibles.", misconception=known)
        if "value" not in result:
            known = refused(client, result) or (name if name != "arguments-evaluated" else "bad-json-raised")
            raise CheckFailed(f"Un appel fautif arrête tout, par une erreur ({result['error']}).", misconception=known)
        expect.equal(result["value"], answer, what="la réponse, après une erreur")
        told = requests_of(client)[-1]["messages"][-1]
        if told.get("role") != "tool" or not str(told.get("content")).startswith("Erreur"):
            raise CheckFailed(
                "Le modèle n'apprend pas l'erreur : le message doit commencer par « Erreur ».",
                misconception="error-not-told",
            )


@check(
    points=1,
    message="Essayez un modèle qui redemande sans fin le même outil, avec `max_rounds` : combien de demandes, et que se passe-t-il "
    "ensuite ? Puis un modèle qui répond tout de suite, ou sans contenu, ou qui parle en demandant un outil.",
    misconceptions=[
        "call-message-missing",
        "tool-result-missing",
        "tool-id-wrong",
        "results-as-user",
        "endless-rounds",
        "one-round-too-many",
        "one-round-too-few",
        "gives-up-in-silence",
        "empty-answer-none",
        "max-rounds-fixed",
        "text-with-calls",
    ],
)
def test_bounds(llm, words, ended):
    a, answer, question = words(3)
    loop = {"calls": [[a, "{}"]]}
    client = llm.scripted("openai", [loop] * 2 + [{"text": answer}])
    result = ended("run_tools", client, start(question), TOOLS, {a: llm.Spy()}, "m", 3)
    if "value" not in result:
        name = refused(client, result) or "one-round-too-few"
        raise CheckFailed("La dernière demande permise apportait la réponse.", misconception=name)
    expect.equal(result["value"], answer, what="la réponse de la dernière demande permise")
    for rounds in (2, 4):
        client = llm.scripted("openai", [loop] * 12)
        result = ended("run_tools", client, start(question), TOOLS, {a: llm.Spy()}, "m", rounds)
        n = len(requests_of(client))
        if n != rounds:
            name = {rounds + 1: "one-round-too-many", 13: "endless-rounds", 5: "max-rounds-fixed"}.get(n)
            raise CheckFailed(f"{n} demandes, au lieu de {rounds} au plus.", misconception=name)
        if result.get("error") != "RuntimeError":
            name = "gives-up-in-silence" if "value" in result else None
            raise CheckFailed("Après la dernière demande permise, on attend une RuntimeError.", misconception=name)
    for step, right in (({"text": answer}, answer), ({"text": None}, "")):
        client = llm.scripted("openai", [step])
        text = text_of(client, ended("run_tools", client, start(question), TOOLS, {}, "m"))
        if text is None:
            raise CheckFailed("Sans contenu, le texte est vide, et non None.", misconception="empty-answer-none")
        expect.equal(text, right, what="la réponse, sans outil")
        expect.equal(len(requests_of(client)), 1, what="le nombre de demandes")
    client = llm.scripted("openai", [{"text": question, "calls": [[a, "{}"]]}, {"text": answer}])
    text = text_of(client, ended("run_tools", client, start(question), TOOLS, {a: llm.Spy()}, "m"))
    if text == question:
        raise CheckFailed(
            "Un message qui contient un texte et des appels est pris pour la réponse.", misconception="text-with-calls"
        )
    expect.equal(text, answer, what="la réponse, après un texte et un appel")
