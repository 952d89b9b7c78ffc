"""Hidden checks of chat: text and tokens from both vendors' clients, what is asked, answers that are cut or empty. All exact."""

from coursegrader.checks import CheckFailed, check, expect

PROVIDERS = ("openai", "mistral")


def parts(answer):
    """Text and usage of an answer."""
    expect.kind(answer, (tuple, list), what="chat")
    if len(answer) != 2:
        raise CheckFailed("`chat` renvoie deux valeurs : le texte, et le dictionnaire des jetons.")
    expect.kind(answer[1], dict, what="usage")
    return answer


@check(
    points=1,
    message="Comparez le texte et les jetons renvoyés avec ceux de la réponse, chez OpenAI puis chez Mistral.",
    misconceptions=["only-openai", "only-mistral", "tokens-swapped", "tokens-total", "tokens-counted-by-hand"],
)
def test_both_clients(llm, rng, words, ended):
    failed = {}
    for provider in PROVIDERS:
        text, sent, written = " ".join(words(3)), rng.randint(20, 90), rng.randint(2, 15)
        # Twice: who asks once for the text and once for the tokens is the next check's business.
        client = llm.scripted(provider, [{"text": text, "usage": [sent, written]}] * 2)
        result = ended("chat", client, [{"role": "user", "content": text[::-1]}], "m-" + provider)
        if "value" not in result:
            failed[provider] = result.get("error")
            continue
        answer, usage = parts(result["value"])
        expect.equal(answer, text, what="le texte")
        right = {"input": sent, "output": written}
        wrong = {
            "tokens-swapped": {"input": written, "output": sent},
            "tokens-total": {"input": sent, "output": sent + written},
            "tokens-counted-by-hand": {"input": len(text.split()), "output": len(text.split())},
        }
        expect.equal({key: usage.get(key) for key in right}, right, what="usage", misconceptions=wrong)
    if failed:
        name = {"openai": "only-mistral", "mistral": "only-openai"}[next(iter(failed))] if len(failed) == 1 else None
        first, kind = next(iter(failed.items()))
        raise CheckFailed(f"Avec un client de {first}, `chat` finit par une erreur ({kind}).", misconception=name)


@check(
    points=1,
    message="Regardez la demande que le client reçoit : modèle, messages, température et nombre de jetons, donnés ou non. "
    "Il ne doit y en avoir qu'une, et une erreur du service n'est pas attrapée.",
    misconceptions=[
        "temperature-not-sent", "max-tokens-not-sent", "model-fixed", "only-last-message", "asked-twice", "chat-catches",
    ],
)  # fmt: skip
def test_request(llm, words, ended):
    # A client that the student's function cannot use at all is the first check's business: one of the two is enough here.
    answered = False
    for provider in PROVIDERS:
        a, b, c, model = words(4)
        messages = [{"role": "system", "content": a}, {"role": "user", "content": b}]
        messages += [{"role": "assistant", "content": c}, {"role": "user", "content": a + b}]
        client = llm.scripted(provider, [{"text": c}] * 4)
        if "value" not in ended("chat", client, messages, model, 0.7, 13):
            continue
        ended("chat", client, messages, model)
        answered = True
        requests = client.get("requests")
        if len(requests) != 2:
            name = "asked-twice" if len(requests) == 4 else None
            raise CheckFailed(f"Deux appels de `chat` ont fait {len(requests)} demandes.", misconception=name)
        for request, temperature, most in zip(requests, (0.7, 0.0), (13, 200), strict=True):
            compare(request, {"model": model, "messages": messages, "temperature": temperature, "max_tokens": most})
        client = llm.scripted(provider, [{"status": 429}] * 3)
        result = ended("chat", client, messages, model)
        if "value" in result:
            raise CheckFailed("L'erreur du service a disparu dans `chat`.", misconception="chat-catches")
        if result["status"] != 429:
            raise CheckFailed("L'erreur du service devient une autre dans `chat`.", misconception="chat-catches")
        if len(client.get("requests")) != 1:
            raise CheckFailed("Après une erreur, `chat` demande encore une fois.", misconception="asked-twice")
    if not answered:
        raise CheckFailed("`chat` finit par une erreur.")


def compare(request, right):
    missing = {"temperature": "temperature-not-sent", "max_tokens": "max-tokens-not-sent"}
    for name in right:
        if name not in request:
            raise CheckFailed(f"La demande ne contient pas `{name}`.", misconception=missing.get(name))
    if request["messages"] == right["messages"][-1:]:
        raise CheckFailed("Seul le dernier message est envoyé.", misconception="only-last-message")
    expect.equal(request["messages"], right["messages"], what="messages")
    if request["model"] != right["model"]:
        raise CheckFailed("Le modèle demandé n'est pas celui que la fonction a reçu.", misconception="model-fixed")
    for name in ("temperature", "max_tokens"):
        if type(request[name]) not in (int, float) or request[name] != right[name]:
            raise CheckFailed(
                f"`{name}` n'a pas la valeur reçue, ou la valeur par défaut.", misconception=missing[name]
            )


@check(
    points=1,
    message="Essayez une réponse coupée (`finish_reason` vaut « length »), puis une réponse sans contenu (None).",
    misconceptions=[
        "finish-reason-ignored",
        "truncated-by-count",
        "content-none",
        "truncated-inverted",
        "truncated-unless-stop",
    ],
)
def test_finish(llm, words, ended):
    text = " ".join(words(2))
    answered = False
    for provider in PROVIDERS:
        steps = [
            {"text": text, "finish": "length", "usage": [4, 7]},
            {"text": text, "finish": "stop", "usage": [4, 9]},
            {"text": None, "finish": "stop", "usage": [4, 0]},
            {"calls": [[text, "{}"]], "usage": [4, 2]},  # ends with "tool_calls"
        ]
        question = [{"role": "user", "content": text}]
        results = [ended("chat", llm.scripted(provider, [step] * 2), question, "m", 0.0, 9) for step in steps]
        if "value" not in results[1]:
            continue
        answered = True
        if "value" not in results[2]:
            raise CheckFailed("Une réponse sans contenu finit par une erreur.", misconception="content-none")
        answers = [parts(result["value"]) for result in results]
        if answers[2][0] is None or answers[2][0] == "None":
            raise CheckFailed("Sans contenu, le texte est vide, et non None.", misconception="content-none")
        expect.equal(answers[2][0], "", what="le texte d'une réponse sans contenu")
        cut = [usage.get("truncated") for _, usage in answers]
        wrong = {
            "finish-reason-ignored": [False, False, False, False],
            "truncated-by-count": [False, True, False, False],
            "truncated-inverted": [False, True, True, True],
            "truncated-unless-stop": [True, False, False, True],
        }
        expect.equal(cut, [True, False, False, False], what="truncated, pour quatre réponses", misconceptions=wrong)
    if not answered:
        raise CheckFailed("`chat` finit par une erreur.")
